"""Untrusted text within GitHub and GitLab Markdown: it is read, never acted on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from codesearch.report.printable import printable, printable_code

# ASCII punctuation that may begin a construct of CommonMark or of GitHub's extensions.
_MARKS = re.compile(r"[!#$&()*+\-.:<=>?@\[\\\]^_`{|}~]")
# Mentions and references are found in the rendered text, where no backslash is left to stop them.
_CALLS = re.compile(r"([@#])")
_TICKS = re.compile("`+")
_LANGUAGE = re.compile("[a-z0-9_+#-]+")
_SPACE_OF_NO_WIDTH = "\u200b"


def prose(text: str) -> str:
    """Text for a paragraph or list item: no markup, link, mention or reference comes of it."""
    escaped = _MARKS.sub(r"\\\g<0>", printable(text))
    return _CALLS.sub(rf"\1{_SPACE_OF_NO_WIDTH}", escaped)


def code_span(text: str) -> str:
    """Text as inline code, whatever backticks it has; nothing for the empty text."""
    text = printable(text)
    if not text:
        return ""
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def code_block(lines: Sequence[str], language: str) -> str:
    """Lines of source between fences that none of them can close."""
    text = "\n".join(map(printable_code, lines))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language if _LANGUAGE.fullmatch(language) else ''}\n{text}\n{fence}"


def html_code(text: str) -> str:
    """Text as inline code within an HTML block, where Markdown is not read."""
    return f"<code>{escape(printable(text))}</code>"


def _longest_run(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
