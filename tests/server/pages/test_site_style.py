"""The colours of the pages: readable in light and dark, wherever a text stands on a ground of its page."""

from __future__ import annotations

import re

import pytest

from codesearch.core.resources import resource_dir

READABLE = 4.5  # WCAG 2.2 AA, for text of any size
CODE = ("text", "keyword", "comment", "string", "number", "declared", "builtin")
CODE_GROUNDS = ("ground", "panel", "selected", "renamed", "changed", "added", "removed", "cited")
PAIRS = [
    *((text, ground) for text in CODE for ground in CODE_GROUNDS),
    *(("text", ground) for ground in ("passed", "closed", "notice")),
    *(("quiet", ground) for ground in ("ground", "panel", "selected", "notice")),
    *(("link", ground) for ground in ("ground", "panel", "selected", "passed", "notice", "closed")),
    *(("on-badge", kind) for kind in ("t1", "t2", "t3", "t4")),
    *(("on-light", shade) for shade in ("shade1", "shade2")),
    *(("on-dark", shade) for shade in ("shade3", "shade4")),
    ("on-link", "link"),
    ("good", "passed"),
    ("bad", "closed"),
    ("bad", "ground"),
    ("warn", "notice"),
]


each_theme = pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])


def style(name: str) -> str:
    return (resource_dir("web") / "static" / "site" / name).read_text(encoding="utf-8")


def named_colours(sheet: str, theme: int) -> list[tuple[str, str]]:
    """Names and values of the colours that a sheet defines, in its order."""
    named = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", sheet)
    return [(name, (light, dark)[theme]) for name, light, dark in named]


@each_theme
def test_every_text_is_readable_on_its_ground(theme: int) -> None:
    colours = dict(named_colours(style("site.css"), theme))
    poor = {
        (text, ground): round(ratio, 2)
        for text, ground in PAIRS
        if (ratio := contrast(colours[text], colours[ground])) < READABLE
    }
    assert not poor


@each_theme
def test_code_is_readable_where_words_are_marked(theme: int) -> None:
    colours = dict(named_colours(style("site.css"), theme))
    marks = [value for name, value in named_colours(style("side_by_side.css"), theme) if name == "mark"]
    assert len(marks) == 2  # of renamed and of changed words
    poor = {
        (text, mark): round(ratio, 2)
        for text in CODE
        for mark in marks
        if (ratio := contrast(colours[text], mark)) < READABLE
    }
    assert not poor


def test_every_class_of_the_templates_has_a_rule_or_a_script() -> None:
    static = resource_dir("web") / "static" / "site"
    known = "".join(file.read_text("utf-8") for file in static.iterdir() if file.suffix in {".css", ".js"})
    used = {
        (name, template.name)
        for template in (resource_dir("web") / "templates" / "site").rglob("*.html")
        for names in re.findall(r'class="([^"]*)"', _without_expressions(template.read_text("utf-8")))
        for name in names.split()
    }
    assert used
    assert not {(name, where) for name, where in used if not re.search(rf"\b{name}\b(?!-)", known)}


def _without_expressions(template: str) -> str:
    """A template without what is filled in; a class that is put together of both is left out as well."""
    return re.sub(r"[\w-]*(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", " ", template, flags=re.DOTALL)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of a colour such as ``#0a5c2e``."""
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(channel: float) -> float:
    """An sRGB channel without its gamma."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
