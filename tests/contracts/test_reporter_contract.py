"""The contract of :class:`codesearch.core.protocols.Reporter`, over every format."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from xml.etree.ElementTree import fromstring

import pytest
from audit_reports import (
    HOSTILE_NAMES,
    FakeSources,
    audit,
    clone_class,
    hostile_audit,
    large_audit,
    member,
    small_audit,
)
from markdown_it import MarkdownIt

from codesearch.core.audit import AuditReport
from codesearch.report.audit_formats import FORMATS, reporter

MOST_CHARACTERS: Mapping[str, int] = {
    "text": 20_000,
    "json": 20_000_000,
    "sarif": 25_000_000,
    "html": 25_000_000,
    "markdown": 60_000,
    "csv": 12_000_000,
    "gitlab": 16_000_000,
    "junit": 8_000_000,
}
"""Of a report on 10,000 classes of four members."""

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

REPORTS: Mapping[str, Callable[[], AuditReport]] = {
    "empty": audit,
    "small": small_audit,
    "hostile": hostile_audit,
    "several-corpora": lambda: hostile_audit(corpora=3),
    "one-huge-class": lambda: audit(clone_class(1, *(member(f"p{n}.py") for n in range(500)))),
}

every_format = pytest.mark.parametrize("name", FORMATS)
every_report = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def written(name: str, report: AuditReport, sources: FakeSources | None = None) -> str:
    out = io.StringIO(newline="")
    reporter(name).write(report, sources or FakeSources(), out)
    return out.getvalue()


@every_format
def test_a_reporter_has_the_name_it_is_known_by_and_a_suffix(name: str) -> None:
    made = reporter(name)
    assert made.name == name
    assert made.suffix.startswith(".")


@every_format
@every_report
def test_every_report_is_valid_in_its_format(name: str, report: Callable[[], AuditReport]) -> None:
    text = written(name, report())
    match name:
        case "json" | "sarif" | "gitlab":
            json.loads(text)
        case "csv":
            assert len({len(row) for row in csv.reader(io.StringIO(text, newline=""))}) == 1
        case "junit":
            fromstring(text)  # noqa: S314 - our own output
        case "html":
            HTMLParser().feed(text)


@every_format
@every_report
def test_the_same_report_gives_the_same_text(name: str, report: Callable[[], AuditReport]) -> None:
    assert written(name, report()) == written(name, report())


@every_format
def test_names_cannot_control_a_terminal_or_break_the_encoding(name: str) -> None:
    sources = FakeSources(text=HOSTILE_NAMES[:-1])
    assert CONTROLS.search(written(name, hostile_audit(corpora=2), sources)) is None


@every_format
def test_sources_that_are_gone_do_not_stop_a_report(name: str) -> None:
    assert written(name, small_audit(), FakeSources(text=None))


@every_format
def test_ten_thousand_classes_stay_within_bounds(name: str) -> None:
    assert len(written(name, large_audit())) <= MOST_CHARACTERS[name]


@every_format
def test_a_class_of_many_members_does_not_grow_with_their_square(name: str) -> None:
    few, many = (
        len(written(name, audit(clone_class(1, *(member(f"p{n:05}.py") for n in range(count))))))
        for count in (300, 1_200)
    )
    assert many <= 5 * few


class Elements(HTMLParser):
    """The elements of a page and what could act in them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.active += [name for name, _ in attrs if name.startswith("on")]
        self.active += [value for _, value in attrs if value and re.match(r"\s*(javascript|https?):", value)]


@pytest.mark.parametrize("name", ["html", "markdown"])
@pytest.mark.parametrize("corpora", [1, 2])
def test_nothing_of_a_corpus_is_active_in_a_page(name: str, corpora: int) -> None:
    text = written(name, hostile_audit(corpora=corpora), FakeSources(text=HOSTILE_NAMES[:-1]))
    page = Elements()
    page.feed(MarkdownIt("commonmark").enable("table").render(text) if name == "markdown" else text)
    assert page.active == []
    assert page.tags.isdisjoint({"img", "iframe", "object", "embed", "base"})
    if name == "html":
        assert "<script>alert" not in text
    else:
        assert page.tags <= {
            "h2", "p", "strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
            "details", "summary", "b", "code", "pre",
        }  # fmt: skip
