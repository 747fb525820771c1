"""What did not run as configured, in words, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from indexer.parsing.languages import registry
from reranker.judge.stage import NOT_CONFIGURED


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that did not run as configured.

    Attributes:
        text: What it means for the answer.
        advice: What to do; empty where nothing need be done.
    """

    text: str
    advice: str = ""


def notes_of(degraded: Iterable[str], *, unsure: bool) -> tuple[Note, ...]:
    """One note for each entry that matters to a reader, in the order given.

    Args:
        degraded: As in every document.
        unsure: Whether the answer holds what is unsure: that no judge is set matters only then, because that
            is how it is out of the box.
    """
    return tuple(_note(entry) for entry in degraded if unsure or entry != NOT_CONFIGURED)


def _note(entry: str) -> Note:
    if (known := _KNOWN.get(entry)) is not None:
        return known
    what, _, detail = entry.partition(":")
    if what == "grammar-missing":
        return Note(
            f"No grammar for {_language(detail)} is installed, so its code is cut into windows of lines.",
            "Install the package with all grammars, then index again.",
        )
    if what == "empty":
        return Note(f"{detail} held no files and was left out.", "Look whether that is the folder you meant.")
    return Note(f"Did not run as configured: {entry}.", "codesearch doctor tells more.")


def _language(language_id: str) -> str:
    return next((language.name for language in registry() if language.id == language_id), language_id)


_BUDGET = "Raise the budget under [judge], or look at what is unsure yourself on the Judge page."
_KNOWN: Mapping[str, Note] = {
    NOT_CONFIGURED: Note(
        "No model is set to judge what is unsure.", "Set one under [judge], or accept and reject by hand."
    ),
    "rerank:left-out": Note(
        "Candidates were not compared with your code, as you asked: only equal and renamed copies are sure.",
        "Clear 'quick' under Filters to compare them.",
    ),
    "judge:left-out": Note("The judge was not asked, as you wished."),
    "dense:no-embeddings": Note(
        "The index has no embeddings: clones in other words or languages are not found.",
        "Index again without --no-embed.",
    ),
    "index:other-analysis": Note(
        "The index was made by another version, which cut code differently: some copies may be missed.",
        "Index again.",
    ),
    "packs:not-audited": Note("Mounted packs are searched, not audited."),
    "calibration:other-embedder": Note(
        "The probabilities were calibrated for another model and may be off.",
        "Use the model that comes with this version, then index again.",
    ),
    "judge:unreachable": Note(
        "The judge could not be reached; what it would have decided is unsure.",
        "Check its address under [judge], or whether it is running.",
    ),
    "judge:budget-exhausted": Note("The judge's budget is used up; the rest is unsure.", _BUDGET),
    "judge:token-budget-exhausted": Note(
        "The judge's budget of tokens is used up; the rest is unsure.", _BUDGET
    ),
    "judge:unusable-answer": Note(
        "The judge answered what cannot be read; those pairs are unsure.", "Try a larger model."
    ),
    "judge:not-asked": Note("Some pairs could not be put to the judge and are judged without it."),
    "judge:verdicts-not-kept": Note("The judge's verdicts could not be kept; they will be asked for again."),
}
