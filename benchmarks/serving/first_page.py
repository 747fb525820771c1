"""How soon a reader sees the first page, in headless Chromium with an empty cache."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median

from codesearch.core.errors import EnvironmentFailure, MissingExtra

_BINARIES = ("chromium", "chromium-browser", "google-chrome")
_MEASURE = """async () => {
  const paint = () => performance.getEntriesByName("first-contentful-paint")[0];
  while (!paint()) await new Promise((painted) => requestAnimationFrame(painted));
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    milliseconds: paint().startTime,
    bytes: loaded.reduce((total, entry) => total + entry.transferSize, 0),
  };
}"""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Medians over loads of the page, each with an empty cache.

    Attributes:
        milliseconds: From asking for it until its first content is painted.
        bytes: Of it and everything that it loads, headers included.
    """

    milliseconds: float
    bytes: float


def measure_first_page(url: str, runs: int) -> FirstPage:
    """Loads a page.

    Raises:
        MissingExtra: Playwright is not installed.
        EnvironmentFailure: There is no browser.
    """
    if find_spec("playwright") is None:
        raise MissingExtra("measuring the first page", "benchmarks")
    binary = next(filter(None, map(shutil.which, _BINARIES)), None)
    if binary is None:
        raise EnvironmentFailure("no browser to measure the first page with", "install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Containers run as root, for whom Chromium has no sandbox.
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        loads = []
        for _ in range(runs):
            with browser.new_context() as context:
                page = context.new_page()
                page.goto(url)
                loads.append(page.evaluate(_MEASURE))
    return FirstPage(median(load["milliseconds"] for load in loads), median(load["bytes"] for load in loads))
