"""Searches in the browser: code in, clones out, each looked at and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from audit_trees import java_class, java_method, script_function
from chromium import Reader
from commandline import tally
from served import Site

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

COPY = java_class("Reckoner", java_method("reckon", "term"))
COUNTER = "shop/Counter.java"
CARD = "[data-card]"
_CARRIED_FILE = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "Reckoner.java"));
  return data;
}"""


def search_for(page: Page, code: str) -> None:
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_selector("#answer")


def upload(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def places(page: Page) -> list[str]:
    return page.locator(f"{CARD} .card-head .place").all_inner_texts()


def test_pasted_code_is_found_and_its_language_detected(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    search_for(page, COPY)
    assert any(COUNTER in place for place in places(page))
    assert "java, detected" in page.locator(".answer-head").inner_text().lower()


def test_language_can_be_chosen(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    page.get_by_role("combobox", name="Language").select_option("javascript")
    search_for(page, script_function("heaps", "grain"))
    assert any("web/groups.js" in place for place in places(page))
    assert "detected" not in page.locator(".answer-head").inner_text()


def test_a_chosen_file_is_searched_for_by_the_language_of_its_name(site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(site.url)
    page.get_by_label("or a file").set_input_files(upload("Reckoner.java", COPY))
    expect(page.get_by_role("combobox", name="Language")).to_have_value("java")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_selector("#answer")
    assert any(COUNTER in place for place in places(page))


def test_a_dropped_file_is_searched_for(site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(site.url)
    carried = page.evaluate_handle(_CARRIED_FILE, COPY)
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": carried})
    expect(page.get_by_label("Code", exact=True)).to_have_value(COPY)
    expect(page.get_by_role("combobox", name="Language")).to_have_value("java")


def test_search_works_without_scripts(site: Site, reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "Reckoner.java").write_text(COPY, "utf-8")
    page = reader.open(site.url, scripts=False)
    page.get_by_label("or a file").set_input_files(tmp_path / "Reckoner.java")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_selector("#answer")
    page.wait_for_load_state()
    assert any(COUNTER in place for place in places(page))


def test_address_holds_the_search_and_its_filters(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Paths of matches").fill("**/part_0*.py")
    page.get_by_label("Matches at most").fill("3")
    search_for(page, tally("reckon"))
    found = places(page)
    assert 0 < len(found) <= 3
    assert all("part_0" in place for place in found)
    assert places(reader.open(page.url)) == found


@pytest.mark.parametrize(
    ("label", "value"), [("Languages of matches", "python"), ("Paths of matches", "examples/**")]
)
def test_filters_leave_out_what_does_not_fit(site: Site, reader: Reader, label: str, value: str) -> None:
    page = reader.open(site.url)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label(label).fill(value)
    search_for(page, COPY)
    assert not any(COUNTER in place for place in places(page))


def test_clone_types_leave_out_other_matches(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("T1", exact=True).check()
    search_for(page, COPY)
    assert page.get_by_role("heading", name="No clone found").is_visible()


def test_results_open_the_file_at_the_line(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    search_for(page, tally("reckon"))
    page.locator(f"{CARD} .card-head .place").first.click()
    page.wait_for_url("**/file?*")
    page.wait_for_load_state()
    assert page.locator(".line.aimed").first.get_attribute("id") == "L1"
    assert page.locator(".line.aimed").first.is_visible()


def test_both_sides_are_shown_with_what_was_renamed(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    search_for(page, tally("reckon"))
    both = page.locator(f"{CARD} details.both").first
    assert both.get_attribute("open") is not None
    assert "def reckon(" in both.inner_text()
    assert "def sum_" in both.inner_text()


def test_a_match_is_accepted_and_another_rejected_by_keys(own_site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(own_site.url)
    search_for(page, COPY)
    page.keyboard.press("j")
    page.keyboard.press("a")
    first = page.locator(CARD).first.locator(".say")
    expect(first).to_contain_text("accepted as a clone")
    page.keyboard.press("r")
    expect(first).to_contain_text("rejected as no clone")


def test_help_lists_the_keys(site: Site, reader: Reader) -> None:
    from playwright.sync_api import expect

    page = reader.open(site.url)
    search_for(page, COPY)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("accept: it is a clone")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_theme_is_switched_and_remembered(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)

    def background() -> object:
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = background()
    page.locator("[data-theme-switch]").click()
    dark = background()
    assert light != dark
    page.reload()
    assert background() == dark


def test_code_without_anything_to_compare_is_told(site: Site, reader: Reader) -> None:
    page = reader.open(site.url)
    page.get_by_label("Code", exact=True).fill("x")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_selector(".note, .empty")
    assert page.get_by_label("Code", exact=True).input_value() == "x"
    reader.complaints.clear()  # a refused search is a 400, which the browser logs


def test_two_pieces_of_code_are_compared(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/compare")
    page.locator("textarea").first.fill(tally("ours"))
    page.locator("textarea").last.fill(tally("theirs"))
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector("[data-panes]")
    page.wait_for_load_state()
    assert "T2" in page.locator("main").inner_text()
    assert page.locator("[data-bands] path").count() > 0


def test_panes_scroll_together(site: Site, reader: Reader) -> None:
    long = "def long(rows):\n" + "".join(f"    total = rows.step_{n}(total, {n})\n" for n in range(150))
    page = reader.open(f"{site.url}/compare")
    page.locator("textarea").first.fill(long)
    page.locator("textarea").last.fill(long.replace("total", "amount"))
    page.get_by_role("button", name="Compare").click()
    page.wait_for_selector("[data-pane=right]")
    page.wait_for_load_state()  # with its script, which hears what scrolls
    page.locator("[data-pane=left]").evaluate("(pane) => pane.scrollTo(0, 800)")
    right = page.locator("[data-pane=right]")
    for _ in range(200):  # asked from outside: the page's own policy lets no predicate be evaluated in it
        if right.evaluate("(pane) => pane.scrollTop") > 700:
            return
        page.wait_for_timeout(50)
    pytest.fail("the right pane did not follow the left one")


def test_judge_asks_about_a_pair_and_takes_a_verdict_by_key(own_site: Site, reader: Reader) -> None:
    page = reader.open(f"{own_site.url}/judge")
    page.wait_for_selector("article#pair")
    said = page.locator("#pair-why").inner_text()
    assert said
    page.keyboard.press("r")
    page.wait_for_selector("#pair[data-say^='Kept']")
    page.goto(f"{own_site.url}/judge/verdicts")
    assert page.locator("li.card").count() == 1
