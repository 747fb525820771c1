"""Settings of all tests; its place puts this folder on the path, for the modules that they share."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Chromium, Reader, chromium_running
from commandline import EXAMPLES, call
from hypothesis import settings

# No test asserts a clock time, and a busy machine is slow: examples have no deadline.
settings.register_profile("codesearch", deadline=None)
settings.load_profile("codesearch")

# A shell that runs the tests in the background has them ignore interrupts, and all processes that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, in an empty folder that comes back."""
    return _new_user(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def _examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        home = _new_user(folder, patch)
        shutil.copytree(EXAMPLES, home / "examples")
        assert call("index", "examples/corpus").code == 0
    return folder


@pytest.fixture
def indexed(_examples: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has indexed ``examples/corpus``, for tests that change nothing; the current folder."""
    return _new_user(_examples, monkeypatch)


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Chromium]:
    with chromium_running() as browser:
        yield browser


@pytest.fixture
def reader(_chromium: Chromium) -> Iterator[Reader]:
    """Somebody with a browser, which must not have complained about any page when the test ends."""
    with _chromium.reader() as reader:
        yield reader
        assert reader.complaints == []


def _new_user(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        patch.delenv(name)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    home = folder / "home"
    home.mkdir(exist_ok=True)
    patch.chdir(home)
    return home
