"""The page in Chromium, as a reader uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from audit_html_samples import Sources, audit, clone_class, member, page_of, pair, run
from browser_page import BrowserPage, browser

from codesearch.core.audit import AuditReport
from codesearch.core.results import CloneType
from codesearch.report.audit_html.limits import Limits

pytestmark = pytest.mark.enable_socket  # the driver listens on the loopback interface

Show = Callable[..., BrowserPage]

MANY = audit(
    *(pair(number, CloneType.T2 if number % 2 else CloneType.T3, new=number == 7) for number in range(120)),
    clone_class("wide", *(member(f"deep/er/{n}.py", content="0b" if n == 9 else "0a") for n in range(10))),
)


@pytest.fixture(scope="module")
def _browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserPage]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def show(_browser: BrowserPage, tmp_path: Path) -> Iterator[Show]:
    """Opens an audit; at the end the browser must not have complained about anything."""

    def opened(
        report: AuditReport = MANY, fragment: str = "", width: int = 1280, limits: Limits | None = None
    ) -> BrowserPage:
        path = tmp_path / "audit.html"
        path.write_text(page_of(report, Sources(runs=[run(1, 80), run(2, 60)]), limits), "utf-8")
        _browser.resize(width, 900)
        _browser.open(path.as_uri() + fragment)
        return _browser

    _browser.console()
    yield opened
    assert _browser.console() == []


def status(page: BrowserPage) -> str:
    return page.one("#status").text


def titles(page: BrowserPage) -> list[str]:
    # In one step: the list may be replaced at any moment.
    code = "return [...document.querySelectorAll('.card .permalink')].map((link) => link.textContent)"
    return list(cast("list[str]", page.script(code)))


def overflows(page: BrowserPage) -> object:
    return page.script("return document.documentElement.scrollWidth > innerWidth")


def test_fifty_classes_are_on_a_page(show: Show) -> None:
    page = show()
    assert status(page) == "121 classes"
    assert len(page.all(".card")) == 50
    page.click("nav.pager button[data-step='1']")
    assert page.one("nav.pager .position").text == "Page 2 of 3"
    assert titles(page)[0] == "c00050"
    page.click("nav.pager button[data-step='1']")
    assert len(page.all(".card")) == 21
    assert not page.one("nav.pager button[data-step='1']").is_enabled()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("filter-type", "T2", "60 of 121 classes"),
        ("filter-role", "source", "121 classes"),
        ("filter-language", "python", "121 classes"),
        ("filter-path", "A11", "11 of 121 classes"),
        ("filter-path", "/src/a11.py", "1 of 121 classes"),
        ("filter-path", "/a11.py", "0 of 121 classes"),
        ("filter-lines", "5", "0 of 121 classes"),
    ],
)
def test_filters_narrow_the_list(show: Show, field: str, value: str, expected: str) -> None:
    page = show()
    page.one(f"#{field}").send_keys(value)
    page.until(lambda: status(page) == expected)


def test_new_classes_alone_and_back(show: Show) -> None:
    page = show()
    page.click("#filter-new")
    page.until(lambda: titles(page) == ["c00007"])
    assert page.one(".card .badge.new").text == "new"
    page.click("#filters button[type='reset']")
    page.until(lambda: status(page) == "121 classes")


def test_list_is_sorted_by_choice(show: Show) -> None:
    page = show()
    page.choose("#sort", "members")
    page.until(lambda: titles(page)[0] == "wide")


def test_source_stands_side_by_side_with_colours_and_signs(show: Show) -> None:
    page = show()
    page.click(".card .toggle")
    signs = [sign.text for sign in page.all(".comparison-table .sign span:first-child")]
    assert signs == ["~", "~", "=", "-", "+"]
    assert [row.text for row in page.all(".comparison-table .removed .code.left")] == ["    return data"]
    assert [row.text for row in page.all(".comparison-table .added .code.right")] == ["    log(data)"]
    assert page.one(".comparison-table .hl-k").text.strip() == "def"
    assert page.one(".toggle").get_attribute("aria-expanded") == "true"
    page.click(".card .toggle")
    assert not page.one(".comparison").is_displayed()


def test_source_that_was_cut_says_so(show: Show) -> None:
    page = show(limits=Limits(lines=3))
    page.click(".card .toggle")
    assert len(page.all(".comparison-table tr")) == 3
    assert page.one(".hint").text == "1 line at the end of a member is not in this file."


def test_any_other_member_can_be_compared(show: Show) -> None:
    page = show(fragment="#wide")
    assert {row.get_attribute("class") for row in page.all(".comparison-table tr")} == {"equal"}
    page.choose("#classes .card:last-child .chooser select", "deep/er/9.py:1-4")
    assert page.all(".comparison-table tr.renamed")
    card = "#classes .card:last-child"
    page.click(f"{card} .more")
    assert len(page.all(f"{card} .members li")) == 10
    page.click(f"{card} .members li:nth-child(2) .compare")
    assert not page.all(".comparison-table tr.renamed")


def test_address_names_a_class_on_any_page(show: Show) -> None:
    page = show(fragment="#c00077")
    assert page.one("nav.pager .position").text == "Page 2 of 3"
    assert page.script("return document.activeElement.querySelector('.permalink').textContent") == "c00077"
    assert page.one(".comparison-table").is_displayed()


def test_id_can_be_copied(show: Show) -> None:
    page = show()
    page.click(".card .copy")
    page.until(lambda: page.one(".card .copy").text in ("Copied", "Selected"))
    page.until(lambda: page.one(".card .copy").text == "Copy id")


def test_address_of_nothing_shows_the_list(show: Show) -> None:
    assert status(show(fragment="#%E0%A4%A")) == "121 classes"


def test_tile_of_the_treemap_filters_by_folder(show: Show) -> None:
    page = show()
    page.click(".treemap a[href='#/deep/er/'], .treemap a[href^='#/deep/']")
    page.until(lambda: titles(page) == ["wide"])


def test_keys_walk_through_the_classes(show: Show) -> None:
    page = show()

    def focused() -> object:
        return page.script("return document.activeElement.querySelector?.('.permalink')?.textContent")

    for key, expected in (("j", "c00000"), ("j", "c00001"), ("k", "c00000")):
        page.press(key)
        assert focused() == expected
    page.press("\n")
    assert page.one(".comparison-table").is_displayed()
    page.press("/")
    assert page.script("return document.activeElement.id") == "filter-path"
    page.press("j")
    assert page.one("#filter-path").get_attribute("value") == "j"


def test_walking_past_the_end_turns_the_page(show: Show) -> None:
    page = show(fragment="#c00049")
    page.press("j")
    assert titles(page)[0] == "c00050"
    page.press("k")
    assert titles(page)[0] == "c00000"


def test_phone_does_not_scroll_sideways(show: Show) -> None:
    long = clone_class(
        "x" * 90, member(f"{'folder/' * 40}{'y' * 90}.py", "n" * 200, "0a"), member("b.py", content="0b")
    )
    page = show(audit(long, *MANY.classes), width=360)
    assert not overflows(page)
    page.click(".card .toggle")
    assert page.one(".comparison-table").is_displayed()
    assert not overflows(page)


def test_without_javascript_the_first_classes_are_there(show: Show, _browser: BrowserPage) -> None:
    _browser.allow_scripts(False)
    try:
        page = show()
        assert len(page.all(".card")) == 50
        assert not page.one("#filters").is_displayed()
        assert "71 more classes" in page.one("#classes").text
    finally:
        _browser.allow_scripts(True)


def test_hostile_text_runs_nothing(show: Show) -> None:
    hostile = "<img src=x onerror='document.title=1'></script><script>document.title=2</script>"
    page = show(
        audit(
            clone_class(
                hostile, member(hostile, hostile, "0a"), member("b", content="0b"), explanation=hostile
            )
        )
    )
    page.click(".card .toggle")
    assert page.one(".explanation").text == hostile
    assert page.script("return document.title") == "Clone audit of corpus"
    assert not page.all("img")
