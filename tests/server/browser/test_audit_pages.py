"""Audits in the browser: started and watched, their classes read and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chromium import Reader
from served import COPIES, Site

if TYPE_CHECKING:
    from playwright.sync_api import Page

CLASSES = 6
"""Clone classes of the code base."""


def open_classes(site: Site, reader: Reader, filters: str = "") -> Page:
    return reader.open(f"{site.url}/audits/classes{filters}")


def rows(page: Page) -> int:
    return page.locator("tr[data-card]").count()


def test_an_audit_is_started_and_watched_to_its_end(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(f"{own_site.url}/audits")
    page.get_by_role("button", name="Start the audit").click()
    page.wait_for_url("**/jobs/*")
    to_classes = page.get_by_role("link", name="See the clone classes")
    expect(to_classes).to_be_visible(timeout=60_000)
    assert page.locator(".page-head .badge").inner_text() == "done"
    to_classes.click()
    assert rows(page) == CLASSES


def test_an_index_job_is_started_from_its_corpus(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(f"{own_site.url}/corpora")
    page.get_by_role("button", name="Re-index examples").click()
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("link", name="Search the index")).to_be_visible(timeout=60_000)
    page.goto(f"{own_site.url}/jobs")
    assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize(
    ("label", "value", "expected"),
    [
        ("Name or path", "tallier", 1),
        ("Folder", "code/shop/legacy", 1),
        ("Lines at least", "13", 1),
        ("Name or path", "nothing of the kind", 0),
    ],
)
def test_classes_are_filtered_by_what_is_typed(
    site: Site, reader: Reader, label: str, value: str, expected: int
) -> None:
    page = open_classes(site, reader)
    assert rows(page) == CLASSES
    page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Show", exact=True).click()
    assert rows(page) == expected
    assert page.get_by_label(label).input_value() == value


def test_classes_are_filtered_by_type_and_language(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    page.get_by_role("checkbox", name="T2").check()
    page.get_by_label("Language").select_option("java")
    page.get_by_role("button", name="Show", exact=True).click()
    assert rows(page) == 1
    page.get_by_role("link", name="Clear").click()
    assert rows(page) == CLASSES


def test_address_of_filtered_classes_can_be_shared(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    page.get_by_label("Language").select_option("javascript")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.url == f"{site.url}/audits/classes?languages=javascript"
    assert rows(reader.open(page.url)) == 1


def test_classes_are_sorted_by_the_head_of_a_column(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    page.get_by_role("columnheader", name="Places").get_by_role("link").click()
    assert page.locator("tr[data-card] [data-name=places]").first.inner_text() == str(COPIES)
    assert page.get_by_role("columnheader", name="Places").get_attribute("aria-sort") == "descending"


def test_keys_walk_to_a_class_and_open_it(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    title = page.locator("tr[data-card] .title a").nth(1).inner_text()
    for key in ("j", "j", "o"):
        page.keyboard.press(key)
    page.wait_for_url("**/audits/classes/*")
    assert page.locator("h1").inner_text() == title


def test_a_class_is_rejected_with_a_reason(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(own_site, reader, "?text=tallier")
    page.locator("tr[data-card] .title a").click()
    page.get_by_label("Reason").fill("only looks alike")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#verdict")).to_contain_text("Rejected")
    page.reload()
    assert "only looks alike" in page.locator("#verdict").inner_text()


def test_a_class_is_accepted_with_one_key(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(own_site, reader, "?text=tallier")
    page.locator("tr[data-card] .title a").click()
    page.wait_for_url("**/audits/classes/*")
    page.keyboard.press("a")
    expect(page.locator("#verdict")).to_contain_text("Accepted")
    # Whoever works with keys goes on from what was told, not from the top of the page.
    assert page.evaluate("document.activeElement.id") == "verdict"


def test_a_class_is_judged_without_scripts(own_site: Site, reader: Reader) -> None:
    page = reader.open(f"{own_site.url}/audits/classes?text=tallier", scripts=False)
    page.locator("tr[data-card] .title a").click()
    page.get_by_role("button", name="Reject").click()
    assert "Rejected" in page.locator("#verdict").inner_text()


def test_report_is_downloaded_in_every_format(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/audits")
    page.get_by_text("Download the report").click()
    links = page.locator(".formats a").all()
    assert len(links) >= 7
    for link in links:
        answer = page.request.get(site.url + str(link.get_attribute("href")))
        assert answer.ok, link.inner_text()
        assert "attachment" in answer.headers["content-disposition"]


def test_tile_of_the_treemap_leads_to_the_classes_of_a_folder(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/audits")
    page.locator("svg a[href*='legacy'], svg a[href*='shop']").first.click()
    assert 0 < rows(page) < CLASSES


def test_ledger_says_what_was_skipped_and_why(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/corpora")
    page.get_by_role("link", name="List them").click()
    assert page.locator("tbody tr").all_inner_texts() == ["binary.py\tbinary", "linked.py\tsymlink"]
