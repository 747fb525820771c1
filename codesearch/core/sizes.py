"""Amounts of memory as people write them."""

from __future__ import annotations

import re

_UNITS = {
    "b": 1,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_SIZE = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+)\s*", re.IGNORECASE | re.ASCII)


def parse_size(text: str) -> int:
    """Bytes of ``4GB`` (a thousand to the third), ``512MiB`` (1,024 squared) or ``4g`` (short for ``4GiB``).

    Raises:
        ValueError: It is none of these; the message says what is.
    """
    found = _SIZE.fullmatch(text)
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None or float(found[1]) <= 0:
        raise ValueError(f"'{text}' is not a size: write one with its unit, such as 4GB or 512MiB")
    return round(float(found[1]) * unit)


def exact_size(size: int) -> str:
    """What :func:`parse_size` reads as just so many bytes, in the largest unit that fits."""
    names = ("TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "kB")
    units = (unit for unit in names if size % _UNITS[unit.lower()] == 0)
    unit = next(units, "B") if size else "B"
    return f"{size // _UNITS[unit.lower()]}{unit}"


def shown_size(size: int) -> str:
    """Bytes in whole MiB, rounded up: what :func:`parse_size` reads is enough."""
    return f"{-(-size // 2**20)}MiB"
