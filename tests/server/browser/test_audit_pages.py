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


def expect_rows(page: Page, number: int) -> None:
    """Wait until the page lists so many classes: what a click asked for may still be on its way."""
    from playwright.sync_api import expect

    expect(page.locator("tr[data-card]")).to_have_count(number)


def test_an_audit_is_started_and_watched_to_its_end(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(f"{own_site.url}/audits")
    page.get_by_role("button", name="Start the audit").click()
    page.wait_for_url("**/jobs/*")
    to_classes = page.get_by_role("link", name="See the clone classes")
    expect(to_classes).to_be_visible(timeout=60_000)
    expect(page.locator(".page-head .badge")).to_have_text("done")
    to_classes.click()
    expect_rows(page, CLASSES)


def test_an_index_job_is_started_from_its_corpus(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(f"{own_site.url}/corpora")
    page.get_by_role("button", name="Re-index examples").click()
    page.wait_for_url("**/jobs/*")
    expect(page.get_by_role("link", name="Search the index")).to_be_visible(timeout=60_000)
    page.goto(f"{own_site.url}/jobs")
    expect(page.locator("tbody tr")).to_have_count(1)


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
    from playwright.sync_api import expect

    page = open_classes(site, reader)
    expect_rows(page, CLASSES)
    page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Show", exact=True).click()
    expect_rows(page, expected)
    expect(page.get_by_label(label)).to_have_value(value)


def test_classes_are_filtered_by_type_and_language(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    page.get_by_role("checkbox", name="T2").check()
    page.get_by_label("Language").select_option("java")
    page.get_by_role("button", name="Show", exact=True).click()
    expect_rows(page, 1)
    page.get_by_role("link", name="Clear").click()
    expect_rows(page, CLASSES)


def test_address_of_filtered_classes_can_be_shared(site: Site, reader: Reader) -> None:
    page = open_classes(site, reader)
    page.get_by_label("Language").select_option("javascript")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url(f"{site.url}/audits/classes?languages=javascript")
    expect_rows(reader.open(page.url), 1)


def test_classes_are_sorted_by_the_head_of_a_column(site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(site, reader)
    head = page.get_by_role("columnheader", name="Places")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.locator("tr[data-card] [data-name=places]").first).to_have_text(str(COPIES))


def test_keys_walk_to_a_class_and_open_it(site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(site, reader)
    title = page.locator("tr[data-card] .title a").nth(1).inner_text()
    for key in ("j", "j", "o"):
        page.keyboard.press(key)
    page.wait_for_url("**/audits/classes/*")
    expect(page.locator("h1")).to_have_text(title)


def test_a_class_is_rejected_with_a_reason(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(own_site, reader, "?text=tallier")
    page.locator("tr[data-card] .title a").click()
    page.get_by_label("Reason").fill("only looks alike")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#verdict")).to_contain_text("Rejected")
    page.reload()
    expect(page.locator("#verdict")).to_contain_text("only looks alike")


def test_a_class_is_accepted_with_one_key(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = open_classes(own_site, reader, "?text=tallier")
    page.locator("tr[data-card] .title a").click()
    page.wait_for_url("**/audits/classes/*")
    page.keyboard.press("a")
    expect(page.locator("#verdict")).to_contain_text("Accepted")
    # Whoever works with keys goes on from what was told, not from the top of the page.
    expect(page.locator("#verdict")).to_be_focused()


def test_a_class_is_judged_without_scripts(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(f"{own_site.url}/audits/classes?text=tallier", scripts=False)
    page.locator("tr[data-card] .title a").click()
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#verdict")).to_contain_text("Rejected")


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
    page.wait_for_url("**/audits/classes?*")
    page.wait_for_load_state()
    assert 0 < page.locator("tr[data-card]").count() < CLASSES


def test_ledger_says_what_was_skipped_and_why(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/corpora")
    page.get_by_role("link", name="List them").click()
    page.wait_for_url("**/skipped")
    page.wait_for_load_state()
    assert page.locator("tbody tr").all_inner_texts() == ["binary.py\tbinary", "linked.py\tsymlink"]
