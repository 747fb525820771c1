"""What a caller says of its own address does not let it ask more often."""

from __future__ import annotations

from pathlib import Path

import pytest
from guarded_site import OPEN_TO_OTHERS, Options, guarded_site

ALLOWED = 3
SPOOFS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")


@pytest.mark.parametrize("options", [Options(), OPEN_TO_OTHERS])
@pytest.mark.parametrize("header", SPOOFS)
def test_named_address_does_not_evade_the_rate(tmp_path: Path, header: str, options: Options) -> None:
    limits = {"rate_per_minute": ALLOWED, "rate_per_minute_local": ALLOWED}
    with guarded_site(tmp_path, options, **limits) as site:
        client = site.client()
        spoofed = ({header: f"for=10.0.0.{number}"} for number in range(2 * ALLOWED))
        statuses = [client.get("/api/v1/status", headers=headers).status_code for headers in spoofed]
    assert 429 not in statuses[:ALLOWED]
    assert statuses[ALLOWED:] == [429] * ALLOWED
