"""What libraries say of requests: anybody may have them say it without end, and some repeat what was sent."""

from __future__ import annotations

import logging
from collections import Counter

_PROTOCOL = "uvicorn.error"
_FORMS = "python_multipart"


class FewAlike(logging.Filter):
    """Lets warnings through that are the first, second, fourth, eighth ... of their kind, with their number.

    A flood of a million broken requests is twenty lines, and still one that an operator sees.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; one that stands for others says so."""
        if record.levelno != logging.WARNING:
            return True
        kind = str(record.msg)  # without its arguments: there are as many kinds as places that warn
        self._seen[kind] += 1
        number = self._seen[kind]
        if number & (number - 1):
            return False
        if number > 1:
            record.msg, record.args = f"{record.getMessage()} ({number:,} times)", ()
        return True


_FEW = FewAlike()


def bound_library_logs() -> None:
    """Bound what the protocol warns of, and have the parser of forms tell of defects alone.

    A second call changes nothing.
    """
    logging.getLogger(_PROTOCOL).addFilter(_FEW)
    # Its warnings show characters of the body.
    logging.getLogger(_FORMS).setLevel(logging.ERROR)
