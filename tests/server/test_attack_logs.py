"""A flood of broken requests does not fill the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from python_multipart.multipart import MultipartParser

from codesearch.server.security.library_logs import FewAlike, bound_library_logs

BROKEN = "Invalid HTTP request received."


@pytest.fixture
def protocol() -> Iterator[logging.Logger]:
    """A logger whose messages are bounded."""
    logger = logging.getLogger("attack.protocol")
    few = FewAlike()
    logger.addFilter(few)
    yield logger
    logger.removeFilter(few)


def test_flood_of_warnings_is_a_few_lines_that_count(
    protocol: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1500):
        protocol.warning(BROKEN)
    assert len(caplog.messages) == 11
    assert caplog.messages[:2] == [BROKEN, f"{BROKEN} (2 times)"]
    assert caplog.messages[-1] == f"{BROKEN} (1,024 times)"


def test_warnings_of_another_kind_are_heard_in_a_flood(
    protocol: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(100):
        protocol.warning("request %d is broken", number)
    protocol.warning("the disk is full")
    assert caplog.messages[-1] == "the disk is full"
    assert caplog.messages[-2] == "request 63 is broken (64 times)"


def test_errors_are_all_told(protocol: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        protocol.error("it does not work")
    assert len(caplog.messages) == 100


def test_broken_form_is_not_repeated_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    bound_library_logs()
    parser = MultipartParser(b"edge")
    with pytest.raises(ValueError, match="boundary"):
        parser.write(b"--SECRET def f():\r\n\r\n")
    assert caplog.messages == []


def test_server_bounds_what_its_protocol_warns_of(caplog: pytest.LogCaptureFixture) -> None:
    bound_library_logs()
    bound_library_logs()
    for _ in range(1000):
        logging.getLogger("uvicorn.error").warning("only this test says so")
    assert len(caplog.messages) == 10
