"""What a source may have at most to be parsed, and the refusals of what has more."""

from __future__ import annotations

from dataclasses import dataclass

from codesearch.core.errors import InputError


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What a source may have at most to be parsed.

    Attributes:
        depth: Nesting of brackets. Grammars survive 200,000, but some need time that grows with its square.
        seconds: Of processor time for its grammar: recovering from the errors of 277 bytes can take minutes.
            None in a process that may be killed, because looking at the clock costs a tenth.
    """

    depth: int = 1000
    seconds: float | None = 10.0


DEFAULT_LIMITS = ParseLimits()


class BeyondLimits(InputError):
    """A source that is not parsed."""


class TooDeep(BeyondLimits):
    """Brackets nest deeper than the limit.

    Attributes:
        depth: How deep they nest.
    """

    def __init__(self, depth: int, limit: int) -> None:
        super().__init__(
            f"brackets nest {depth} deep, more than the limit of {limit}", "raise parsing.max_depth"
        )
        self.args = (depth, limit)  # what unpickling passes back, on the way out of a parser process
        self.depth = depth


class TooSlow(BeyondLimits):
    """A grammar does not come to an end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"grammar takes longer than {seconds:g} s of processor time",
            "leave out what is no code, or raise parsing.timeout_seconds",
        )
        self.args = (seconds,)  # as above
