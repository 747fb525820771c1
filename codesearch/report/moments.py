"""Points in time, given as seconds since the epoch, for programs and for people."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def iso_time(seconds: float) -> str:
    """ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def shown_time(seconds: float, timezone: str = "UTC") -> str:
    """Date, hour and minute in a time zone, which is named behind them; in UTC where it is unknown."""
    zone: tzinfo
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone, timezone = UTC, "UTC"
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M} {timezone}"
