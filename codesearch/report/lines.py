"""Lines as terminals like them: nothing after the last character, and places in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text


def unwrapped(text: str = "", style: str | Style = "") -> Text:
    """Text that is longer than the screen rather than broken, so that a path in it can be clicked and copied.

    Whoever prints it turns off cropping.
    """
    return Text(text, style, no_wrap=True, overflow="ignore")


@dataclass(frozen=True, slots=True)
class Indented:
    """Something that is moved right by ``columns``, without the blanks that tables leave at line ends."""

    content: RenderableType
    columns: int = 6

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(options.max_width - self.columns, 1))
        for line in console.render_lines(self.content, inner, pad=False):
            yield Segment(" " * self.columns)
            yield from _without_trailing_blanks(line)
            yield Segment.line()


def _without_trailing_blanks(line: Iterable[Segment]) -> Iterator[Segment]:
    blanks: list[Segment] = []
    for segment in line:
        if not segment.text.strip(" "):
            blanks.append(segment)
            continue
        yield from blanks
        blanks.clear()
        bare = segment.text.rstrip(" ")
        yield Segment(bare, segment.style)
        blanks.append(Segment(segment.text[len(bare) :], segment.style))
