"""The page in Chromium, as a reader uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from audit_html_samples import Sources, audit, clone_class, member, page_of, pair, run
from chromium import Reader

from codesearch.core.audit import AuditReport
from codesearch.core.results import CloneType
from codesearch.report.audit_html.limits import Limits

if TYPE_CHECKING:
    from playwright.sync_api import Page

Show = Callable[..., "Page"]

MANY = audit(
    *(pair(number, CloneType.T2 if number % 2 else CloneType.T3, new=number == 7) for number in range(120)),
    clone_class("wide", *(member(f"deep/er/{n}.py", content="0b" if n == 9 else "0a") for n in range(10))),
)
WIDE = "#classes .card:last-child"
"""The card of the class ``wide`` on the last page of the list."""


@pytest.fixture
def show(reader: Reader, tmp_path: Path) -> Show:
    """Opens an audit."""

    def opened(
        report: AuditReport = MANY,
        fragment: str = "",
        *,
        limits: Limits | None = None,
        width: int = 1280,
        scripts: bool = True,
    ) -> Page:
        path = tmp_path / "audit.html"
        path.write_text(page_of(report, Sources(runs=[run(1, 80), run(2, 60)]), limits), "utf-8")
        return reader.open(path.as_uri() + fragment, width=width, scripts=scripts)

    return opened


def status_is(page: Page, text: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#status")).to_have_text(text)


def titles_are(page: Page, *titles: str) -> None:
    """The list begins with these classes, sooner or later."""
    from playwright.sync_api import expect

    for number, title in enumerate(titles):
        expect(page.locator(".card .permalink").nth(number)).to_have_text(title)


def focused_class(page: Page) -> object:
    return page.evaluate("document.activeElement.querySelector?.('.permalink')?.textContent")


def overflows(page: Page) -> object:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_fifty_classes_are_on_a_page(show: Show) -> None:
    page = show()
    pager = page.get_by_role("navigation", name="Pages", exact=True)
    following = pager.get_by_role("button", name="Next")
    status_is(page, "121 classes")
    assert page.locator(".card").count() == 50
    following.click()
    assert pager.locator(".position").inner_text() == "Page 2 of 3"
    titles_are(page, "c00050")
    following.click()
    assert page.locator(".card").count() == 21
    assert following.is_disabled()


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("filter-path", "A11", "11 of 121 classes"),
        ("filter-path", "/src/a11.py", "1 of 121 classes"),
        ("filter-path", "/a11.py", "0 of 121 classes"),
        ("filter-lines", "5", "0 of 121 classes"),
    ],
)
def test_typed_filters_narrow_the_list(show: Show, field: str, value: str, expected: str) -> None:
    page = show()
    page.locator(f"#{field}").press_sequentially(value)
    status_is(page, expected)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("filter-type", "T2", "60 of 121 classes"),
        ("filter-role", "source", "121 classes"),
        ("filter-language", "python", "121 classes"),
    ],
)
def test_chosen_filters_narrow_the_list(show: Show, field: str, value: str, expected: str) -> None:
    page = show()
    page.locator(f"#{field}").select_option(value)
    status_is(page, expected)


def test_new_classes_alone_and_back(show: Show) -> None:
    page = show()
    page.click("#filter-new")
    status_is(page, "1 of 121 classes")
    titles_are(page, "c00007")
    assert page.locator(".card .badge.new").inner_text() == "new"
    page.click("#filters button[type='reset']")
    status_is(page, "121 classes")


def test_list_is_sorted_by_choice(show: Show) -> None:
    page = show()
    page.locator("#sort").select_option("members")
    titles_are(page, "wide")


def test_source_stands_side_by_side_with_colours_and_signs(show: Show) -> None:
    page = show()
    card = page.locator(".card").first
    card.locator(".toggle").click()
    table = card.locator(".comparison-table")
    assert table.locator(".sign span:first-child").all_inner_texts() == ["~", "~", "=", "-", "+"]
    assert table.locator(".removed .code.left").all_inner_texts() == ["    return data"]
    assert table.locator(".added .code.right").all_inner_texts() == ["    log(data)"]
    assert table.locator(".hl-k").first.inner_text().strip() == "def"
    assert card.locator(".toggle").get_attribute("aria-expanded") == "true"
    card.locator(".toggle").click()
    assert card.locator(".comparison").is_hidden()


def test_source_that_was_cut_says_so(show: Show) -> None:
    page = show(limits=Limits(lines=3))
    page.locator(".card .toggle").first.click()
    assert page.locator(".comparison-table tr").count() == 3
    assert page.locator(".hint").first.inner_text() == "1 line at the end of a member is not in this file."


def test_any_other_member_can_be_compared(show: Show) -> None:
    card = show(fragment="#wide").locator(WIDE)
    rows = card.locator(".comparison-table tr")
    renamed = card.locator(".comparison-table tr.renamed")
    assert {row.get_attribute("class") for row in rows.all()} == {"equal"}
    card.locator(".chooser select").select_option("deep/er/9.py:1-4")
    assert renamed.count()
    card.locator(".more").click()
    assert card.locator(".members li").count() == 10
    card.locator(".members li:nth-child(2) .compare").click()
    assert not renamed.count()


def test_address_names_a_class_on_any_page(show: Show) -> None:
    page = show(fragment="#c00077")
    assert page.locator("nav.pager .position").first.inner_text() == "Page 2 of 3"
    assert focused_class(page) == "c00077"
    assert page.locator(".comparison-table").is_visible()


def test_id_can_be_copied(show: Show) -> None:
    import re

    from playwright.sync_api import expect

    copy = show().locator(".card .copy").first
    copy.click()
    expect(copy).to_have_text(re.compile("Copied|Selected"))
    expect(copy).to_have_text("Copy id")


def test_address_of_nothing_shows_the_list(show: Show) -> None:
    status_is(show(fragment="#%E0%A4%A"), "121 classes")


def test_tile_of_the_treemap_filters_by_folder(show: Show) -> None:
    page = show()
    page.locator(".treemap a[href='#/deep/er/'], .treemap a[href^='#/deep/']").first.click()
    status_is(page, "1 of 121 classes")
    titles_are(page, "wide")


def test_keys_walk_through_the_classes(show: Show) -> None:
    page = show()
    for key, expected in (("j", "c00000"), ("j", "c00001"), ("k", "c00000")):
        page.keyboard.press(key)
        assert focused_class(page) == expected
    page.keyboard.press("Enter")
    assert page.locator(".comparison-table").is_visible()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "filter-path"
    page.keyboard.press("j")
    assert page.locator("#filter-path").input_value() == "j"


def test_walking_past_the_end_turns_the_page(show: Show) -> None:
    page = show(fragment="#c00049")
    page.keyboard.press("j")
    titles_are(page, "c00050")
    page.keyboard.press("k")
    titles_are(page, "c00000")


def test_phone_does_not_scroll_sideways(show: Show) -> None:
    long = clone_class(
        "x" * 90, member(f"{'folder/' * 40}{'y' * 90}.py", "n" * 200, "0a"), member("b.py", content="0b")
    )
    page = show(audit(long, *MANY.classes), width=360)
    assert not overflows(page)
    page.locator(".card .toggle").first.click()
    assert page.locator(".comparison-table").is_visible()
    assert not overflows(page)


def test_without_javascript_the_first_classes_are_there(show: Show) -> None:
    page = show(scripts=False)
    assert page.locator(".card").count() == 50
    assert page.locator("#filters").is_hidden()
    assert "71 more classes" in page.locator("#classes").inner_text()


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
    assert page.locator(".explanation").inner_text() == hostile
    assert page.title() == "Clone audit of corpus"
    assert not page.locator("img").count()
