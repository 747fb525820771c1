"""Rows of files, by key."""

from collections.abc import Iterable


def read_rows(lines: Iterable[str], separator: str, most: int) -> dict[str, list[str]]:
    """The rows by their first cell."""
    rows: dict[str, list[str]] = {}
    for number, line in enumerate(lines):
        if number >= most:
            break
        key, _, rest = line.strip().partition(separator)
        if not key or key.startswith("#"):
            continue
        rows.setdefault(key.lower(), []).append(rest)
    if not rows:
        raise ValueError("no rows")
    return dict(sorted(rows.items()))
