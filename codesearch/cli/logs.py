"""Log messages on standard error, one line each, above any progress bar."""

from __future__ import annotations

import logging
import sys

from codesearch.report.printable import printable

PACKAGES = ("codesearch", "indexer", "retriever", "reranker")

log = logging.getLogger("codesearch")


class _StderrHandler(logging.Handler):
    """Writes to the standard error of the moment: a progress bar replaces it to stay below."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


class _OneLine(logging.Formatter):
    """``codesearch: warning: message``; a traceback follows where one was logged."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"codesearch: {record.levelname.lower()}: {printable(record.getMessage())}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logging(level: str) -> None:
    """Show our packages' messages from ``level`` on (``debug`` to ``error``); a later call changes it."""
    handler = _StderrHandler()
    handler.setFormatter(_OneLine())
    for name in PACKAGES:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())
