"""A page in a real browser: Chromium without a window, which may load nothing from the network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

_WAIT = 10
"""Seconds until a condition counts as never met; only a failing test waits so long."""
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserPage:
    """What a test does with a page."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        self._driver.get("about:blank")  # a new fragment alone would not load the page again
        self._driver.get(url)

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Sets the size of the view in CSS pixels, and the reader's colour scheme."""
        phone = width < 500
        self._command(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", {"features": [scheme]})

    def allow_scripts(self, allowed: bool) -> None:
        self._command("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def all(self, selector: str) -> list[WebElement]:
        return self._driver.find_elements("css selector", selector)

    def one(self, selector: str) -> WebElement:
        return self._driver.find_element("css selector", selector)

    def click(self, selector: str) -> None:
        self.script("arguments[0].scrollIntoView({block: 'center'})", self.one(selector))
        self.one(selector).click()

    def press(self, key: str) -> None:
        """Presses a key wherever the focus is."""
        self._driver.switch_to.active_element.send_keys(key)

    def choose(self, selector: str, text: str) -> None:
        """Chooses an option of a ``select`` by typing its text; the driver's own way sends no input event."""
        self.one(selector).send_keys(text)

    def script(self, code: str, *arguments: object) -> object:
        return self._driver.execute_script(code, *arguments)

    def until(self, condition: Callable[[], object]) -> None:
        """Waits until ``condition`` is true.

        Raises:
            TimeoutException: It never is.
        """
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self._driver, _WAIT, poll_frequency=0.05).until(lambda _: condition())

    def console(self) -> list[str]:
        """What the browser complained about since the last call."""
        entries: list[dict[str, object]] = self._driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [str(entry["message"]) for entry in entries]

    def screenshot(self, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    def _command(self, name: str, parameters: dict[str, object]) -> None:
        self._driver.execute_cdp_cmd(name, parameters)


@contextmanager
def browser(profile: Path) -> Iterator[BrowserPage]:
    """A fresh browser; the test is skipped where there is none.

    Args:
        profile: An empty folder for its state.
    """
    pytest.importorskip("selenium", reason="selenium is not installed")
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.chrome.webdriver import WebDriver

    binary = shutil.which("chromium") or shutil.which("google-chrome")
    service = shutil.which("chromedriver")
    if binary is None or service is None:
        pytest.skip("chromium and chromedriver are not installed")
    options = Options()
    options.binary_location = binary
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = WebDriver(options=options, service=Service(service))
    try:
        yield BrowserPage(driver)
    finally:
        driver.quit()
