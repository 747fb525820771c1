"""What is wrong with an answer: lines that are not there, names that nobody was shown, nothing cited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from codesearch.core.judge import Answer, CaseContext
from codesearch.core.results import Verdict
from indexer.normal.subtokens import split_identifier
from indexer.parsing.languages import registry
from reranker.judge.asking.prompting import PromptTemplate, Side
from reranker.judge.view.code import View

_WORD = re.compile(r"(?<!\w)[^\W\d]\w*")
_LONGEST_NAME = 80  # characters of a name that a problem repeats
# A name, a member or a call in backticks, a single word between quotes; what else is quoted may be data, such
# as `key=value`. Of 544 reasons of precedents one is refused; of 205 that belong to another pair, 193 are.
_MARKED = re.compile(
    r"`((?:[\w.:$@]|->)+(?:\([^`]*\))?)`|\"(\w+)(?:\(\))?\"|(?<!\w)'(\w+)(?:\(\))?'(?!\w)|[“‘](\w+)(?:\(\))?[”’]"
)
_CALL = re.compile(r"([^\W\d]\w*)\((?!e?s\))")  # but not "file(s)"
_SNAKE_OR_CAMEL = re.compile(r"\w*[^\W_]_+[^\W_]\w*|\w*[a-z]\d*[A-Z]\w*")
# Words of the prompt, of types and of styles that a reason may use as such.
_OWN_WORDS = frozenset(
    _WORD.findall(
        "a b t1 t2 t3 t4 clone not_clone unsure verdict clone_type evidence a_lines b_lines camelcase "
        "pascalcase snake_case int integer float double string char bool boolean byte list array dict map "
        "set tuple object void null nil none true false"
    )
)


def problem_with(
    answer: Answer | None, sides: tuple[Side, Side], context: CaseContext, template: PromptTemplate
) -> str:
    """Why an answer cannot be accepted, in words that follow "because" and can be sent back; empty if it can.

    Args:
        answer: What the model said; None where no parser understood it.
        sides: What it was shown as A and as B.
        context: What was retrieved; what the template does not use was not shown.
        template: What it was asked.
    """
    if answer is None:
        return "no verdict could be read from it"
    for place, (name, side) in enumerate(zip("AB", sides, strict=True)):
        for pair in answer.evidence:
            start, end = pair[place]
            if not side.view.has_lines(start, end):
                return f"it cites lines {start} to {end} of {name}, {_extent(side.view)}"
    if template.needs_evidence and answer.verdict is Verdict.CLONE and not answer.evidence:
        return "its verdict is clone and it cites no lines that correspond"
    if unknown := _unknown_name(answer.reason, _shown(sides, context, template)):
        return f"its reason names {unknown[:_LONGEST_NAME]}, which stands nowhere in the code shown"
    return ""


def retry_note(problem: str) -> str:
    """What is added to a prompt when it is asked once more.

    Args:
        problem: From :func:`problem_with`.
    """
    return (
        f"Your last answer was not accepted, because {problem}. "
        "Judge the pair once more and answer in the form that was asked for."
    )


def _extent(view: View) -> str:
    return f"whose lines are {view.lines[0][0]} to {view.height}" if view.lines else "which has no lines"


def _shown(sides: tuple[Side, Side], context: CaseContext, template: PromptTemplate) -> set[str]:
    """Every word of what the model was shown."""
    used = [item for item in context.items if item.kind in template.uses]
    texts = [*(side.view.text for side in sides), *(f"{item.title} {item.body}" for item in used)]
    return {word for text in texts for word in _WORD.findall(text)}


def _unknown_name(reason: str, shown: set[str]) -> str | None:
    """The first name in a reason that is none of the words shown, nor made of their parts."""
    unknown = [name for name in _names_in(reason) if name not in shown and not _is_ordinary(name)]
    if not unknown:
        return None
    folded = {_fold(word) for word in shown}
    parts = _parts(shown)
    return next((name for name in unknown if _fold(name) not in folded and not _parts([name]) <= parts), None)


def _names_in(reason: str) -> Iterator[str]:
    """What a reason names as an identifier: by quoting or calling it, or by the way it is written."""
    for marked in _MARKED.finditer(reason):
        yield from _WORD.findall(next(filter(None, marked.groups())))
    yield from _CALL.findall(reason)
    for word in _WORD.findall(reason):
        if _SNAKE_OR_CAMEL.fullmatch(word):
            yield word


def _is_ordinary(name: str) -> bool:
    return name.casefold() in _OWN_WORDS or name.casefold() in _language_words()


@cache
def _language_words() -> frozenset[str]:
    """Names of languages and the words that they reserve, in lower case."""
    words: set[str] = set()
    for language in registry():
        words.update(_WORD.findall(" ".join((language.id, language.name, *language.aliases)).casefold()))
        words.update(keyword.decode().casefold() for keyword in language.lexicon.keywords)
    return frozenset(words)


def _fold(name: str) -> str:
    return name.replace("_", "").casefold()


def _parts(names: Iterable[str]) -> set[bytes]:
    """The sub-tokens of names; those of a plural also without its ending."""
    parts = {part for name in names for part in split_identifier(name.encode(errors="replace"))}
    return parts | {part[:-1] for part in parts if part.endswith(b"s") and len(part) > 3}
