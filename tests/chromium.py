"""Pages in a real browser: Chromium without a window, driven by Playwright, which reaches this machine alone.

One Chromium serves all tests of a run; every test has a browsing context of its own, with its own cookies and
storage. On a machine without a browser such a test is skipped, and fails where :data:`REQUIRED` is set.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

REQUIRED = "TESTS_REQUIRE_BROWSER"
"""Environment variable by which a machine promises a browser: its absence is a failure then."""
BINARIES = ("chromium", "chromium-browser", "google-chrome")
_WAIT_MS = 30_000
"""Until something counts as never coming; only a failing test waits so long."""
_FLAGS = (
    "--no-sandbox",  # tests in containers run as root, for whom Chromium has no sandbox
    "--disable-gpu",
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a page that asks elsewhere is told off
)


class Reader:
    """Somebody with a browser.

    Attributes:
        complaints: What the browser said against any page so far: errors, warnings, refused resources.
    """

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open(
        self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True
    ) -> Page:
        """A loaded page in a fresh context.

        Args:
            url: Its address.
            width: Of the view in CSS pixels; under 500 it is a phone with a touch screen.
            height: Of the view in CSS pixels.
            dark: Whether the reader prefers dark colours.
            scripts: Whether pages may run scripts.
        """
        phone = width < 500
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=phone,
            has_touch=phone,
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        self._contexts.append(context)
        context.set_default_timeout(_WAIT_MS)
        context.on("console", self._note_message)
        context.on("weberror", self._note_error)
        page = context.new_page()
        page.goto(url)
        return page

    def close(self) -> None:
        """Closes all pages."""
        for context in self._contexts:
            context.close()

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.location['url']}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.complaints.append(str(error.error))


class Chromium:
    """A browser that one test after the other reads with."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._loop = asyncio._get_running_loop()

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """Somebody who reads until the block ends.

        Outside of these blocks Playwright's event loop does not count as running in this thread, so that
        other tests can have theirs.
        """
        asyncio._set_running_loop(self._loop)
        reader = Reader(self._browser)
        try:
            yield reader
        finally:
            reader.close()
            asyncio._set_running_loop(None)


@contextmanager
def chromium_running() -> Iterator[Chromium]:
    """The browser of this machine; without one the test is skipped, or fails where one is promised."""
    binary = next(filter(None, map(shutil.which, BINARIES)), None)
    if binary is None:
        _absent(f"no browser on this machine: none of {', '.join(BINARIES)} is on the path")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ModuleNotFoundError:
        _absent("playwright is not installed")
    expect.set_options(timeout=_WAIT_MS)
    playwright = sync_playwright().start()
    chromium = Chromium(playwright.chromium.launch(executable_path=binary, args=_FLAGS))
    asyncio._set_running_loop(None)
    yield chromium
    with chromium.reader():
        playwright.stop()  # ends the browser as well


def _absent(reason: str) -> NoReturn:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set")
    pytest.skip(reason)
