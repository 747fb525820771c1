"""What a study tries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from codesearch.core.judge import ContextKind
from reranker.judge.asking.prompting import PromptTemplate


class Variant(StrEnum):
    """What a pair is shown with."""

    NONE = "none"
    PRECEDENTS = "precedents"
    CALLEES = "callees"
    NEIGHBOURS = "neighbours"
    ALL = "all"


KINDS: Mapping[Variant, frozenset[ContextKind]] = {
    Variant.NONE: frozenset(),
    Variant.PRECEDENTS: frozenset({ContextKind.PRECEDENT}),
    Variant.CALLEES: frozenset({ContextKind.DEFINITION}),
    Variant.NEIGHBOURS: frozenset({ContextKind.CONTRAST}),
    Variant.ALL: frozenset(ContextKind),  # what stands around a fragment is shown here alone
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One way of asking."""

    prompt: PromptTemplate
    variant: Variant
    temperature: float

    @property
    def kinds(self) -> frozenset[ContextKind]:
        """The kinds of context that its prompts can hold."""
        return KINDS[self.variant] & self.prompt.uses

    @property
    def label(self) -> str:
        """How people read it."""
        return f"{self.prompt.name} · {self.variant} · {self.temperature:g}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A way of asking that would be ``none`` under another name.

    Attributes:
        prompt: With which prompt.
        variant: What pairs would have been shown with.
        reason: Why nothing would be shown, a clause for people.
    """

    prompt: PromptTemplate
    variant: Variant
    reason: str

    @property
    def label(self) -> str:
        """How people read it."""
        return f"{self.prompt.name} with {self.variant}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Prices:
    """Cost of a million tokens, in whatever money the user thinks."""

    read: float
    written: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a study tries; none of its lists is empty or holds anything twice.

    Attributes:
        prompts: In the order of the report.
        variants: Likewise.
        temperatures: Asked about one after the other.
        repeats: How often each pair is asked about in each cell.
        parsers: Names of parsers; the first one's figures head the report.
        budget: Calls of this run at most; None for as many as it takes.
        splits: Splits of the pairs; none for all.
        sample: Pairs drawn at random; None for all.
        seed: Of that draw.
        prices: None where nobody said.
    """

    prompts: tuple[PromptTemplate, ...]
    variants: tuple[Variant, ...]
    temperatures: tuple[float, ...]
    repeats: int
    parsers: tuple[str, ...]
    budget: int | None
    splits: tuple[str, ...]
    sample: int | None
    seed: int
    prices: Prices | None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The grid by temperature, prompt and variant, without :attr:`left_out`."""
        return tuple(
            Cell(prompt, variant, temperature)
            for temperature in self.temperatures
            for prompt, variant in self._ways()
            if not _shows_nothing(prompt, variant)
        )

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Prompts with a variant that they cannot show."""
        ways = (way for way in self._ways() if _shows_nothing(*way))
        return tuple(LeftOut(*way, "the prompt shows no such context") for way in ways)

    @property
    def kinds(self) -> frozenset[ContextKind]:
        """Everything that some cell shows."""
        return frozenset[ContextKind]().union(*(cell.kinds for cell in self.cells))

    def _ways(self) -> Iterator[tuple[PromptTemplate, Variant]]:
        return ((prompt, variant) for prompt in self.prompts for variant in self.variants)


def _shows_nothing(prompt: PromptTemplate, variant: Variant) -> bool:
    return variant is not Variant.NONE and KINDS[variant].isdisjoint(prompt.uses)
