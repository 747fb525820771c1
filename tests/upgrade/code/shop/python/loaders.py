"""Rows of files, by key, without what was cancelled."""

from collections.abc import Iterable


def load_rows(lines: Iterable[str], separator: str, most: int) -> dict[str, list[str]]:
    """The rows by their first cell."""
    rows: dict[str, list[str]] = {}
    for number, line in enumerate(lines):
        if number >= most:
            break
        key, _, rest = line.strip().partition(separator)
        if not key or key.startswith("#"):
            continue
        if rest.endswith("cancelled"):
            rows.pop(key.lower(), None)
            continue
        rows.setdefault(key.lower(), []).append(rest)
    if not rows:
        raise ValueError("no rows")
    return dict(sorted(rows.items()))
