"""What holds for every page: whoever reads it, on whatever screen, with and without scripts."""

from __future__ import annotations

import os
import time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from chromium import Reader
from served import HOSTILE_CODE, HOSTILE_LABEL, HOSTILE_NAME, Site

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

SCREENSHOTS = "TESTS_SCREENSHOTS"
"""Environment variable: folder for pictures of all pages, for people to look at."""
PHONE = 360
SEARCH = f"/?code={quote(HOSTILE_CODE)}&language=python"
PAGES = {
    "search": "/",
    "results": SEARCH,
    "compare": "/compare",
    "compared": "/compare?a_path=code/shop/orders.py&a_lines=1-10&b_path=code/shop/returns.py&b_lines=1-11",
    "file": "/file?corpus=code&path=odd/first.py&line=3&end=5",
    "audits": "/audits",
    "classes": "/audits/classes",
    "class": "/audits/classes/{hostile_class}",
    "corpora": "/corpora",
    "ledger": "/corpora/code/skipped",
    "schedules": "/schedules",
    "jobs": "/jobs",
    "judge": "/judge",
}
SERIOUS = {"serious", "critical"}
_RUN_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
_OVERFLOWING = """() => [...document.querySelectorAll("body *")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""

each_page = pytest.mark.parametrize("name", PAGES)


def address(site: Site, name: str) -> str:
    return site.url + PAGES[name].format(hostile_class=site.code_base.hostile_class)


def violations(page: Page) -> list[str]:
    """Serious accessibility problems that axe-core finds, one for each element that has one."""
    page.evaluate(_axe())
    return [
        f"{found['id']}: {node['html']}: {node['failureSummary']}"
        for found in page.evaluate(_RUN_AXE)
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


@cache
def _axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get(SCREENSHOTS):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@each_page
def test_page_is_accessible_in_light_and_dark(site: Site, reader: Reader, name: str) -> None:
    page = reader.open(address(site, name))
    keep_picture(page, name)
    light = violations(page)
    page.emulate_media(color_scheme="dark")
    page.reload()  # colours that change slowly would be measured on their way
    keep_picture(page, f"{name}-dark")
    assert (light, violations(page)) == ([], [])


def test_sign_in_page_has_no_serious_problem_before_and_after_a_mistake(
    closed_site: Site, reader: Reader
) -> None:
    page = reader.open(closed_site.url, width=PHONE, height=740)
    assert page.locator("h1").inner_text() == "Sign in"
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.get_by_label("Access token").fill("csk_guessed")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("[role=alert]:visible")
    keep_picture(page, "login-dark-phone")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    reader.complaints.clear()  # a refused token is a 401, which the browser logs


@each_page
def test_page_fits_a_phone(site: Site, reader: Reader, name: str) -> None:
    page = reader.open(address(site, name), width=PHONE, height=740)
    keep_picture(page, f"{name}-phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, page.evaluate(_OVERFLOWING)


@each_page
def test_page_can_be_read_without_scripts(site: Site, reader: Reader, name: str) -> None:
    with_scripts = reader.open(address(site, name))
    without = reader.open(address(site, name), scripts=False)
    assert without.locator("h1").inner_text() == with_scripts.locator("h1").inner_text()
    assert without.locator("main").inner_text().strip()
    assert (
        without.locator("kbd:visible, [placeholder*=drop]").count() == 0
    )  # nobody would hear keys and drops


@each_page
def test_page_stands_still_while_it_loads(site: Site, reader: Reader, name: str) -> None:
    page = reader.open(address(site, name))
    page.route("**/*", come_late)
    page.reload()
    page.wait_for_load_state("networkidle")
    shifts = """() => new Promise((resolve) => new PerformanceObserver((list) => resolve(
      list.getEntries().reduce((total, entry) => total + entry.value, 0)
    )).observe({type: "layout-shift", buffered: true}) || setTimeout(() => resolve(0), 100))"""
    assert page.evaluate(shifts) < 0.01


def come_late(route: Route) -> None:
    """Let what a script asks for arrive when the page has long been painted, as on a busy server."""
    if route.request.resource_type in ("xhr", "fetch"):
        time.sleep(0.5)
    route.continue_()


@pytest.mark.parametrize("name", ["results", "file", "class"])
def test_hostile_code_is_shown_and_does_nothing(site: Site, reader: Reader, name: str) -> None:
    page = reader.open(address(site, name))
    text = page.locator("main").inner_text()
    assert HOSTILE_LABEL in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert page.title().endswith("codesearch")
    assert page.locator("main script, main img[src=x]").count() == 0


def test_name_of_a_hostile_file_is_shown_as_it_is(site: Site, reader: Reader) -> None:
    page = reader.open(address(site, "class"))
    assert HOSTILE_NAME in page.locator("main").inner_text()


def test_first_page_is_small(site: Site, reader: Reader) -> None:
    page = reader.open(address(site, "search"))
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(
        "['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))"
        ".map((entry) => [entry.name, entry.transferSize])"
    )
    assert sum(size for _, size in loaded) < 100_000, loaded
    assert {name.startswith(site.url) for name, _ in loaded} == {True}


def test_page_that_is_not_there_says_what_to_do(site: Site, reader: Reader) -> None:
    page = reader.open(f"{site.url}/nowhere")
    assert violations(page) == []
    page.get_by_role("main").get_by_role("link", name="Search").click()
    page.wait_for_url(f"{site.url}/")
    [complaint] = reader.complaints
    assert complaint.startswith(f"{site.url}/nowhere: ")
    reader.complaints.clear()
