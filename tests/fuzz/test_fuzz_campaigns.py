"""What campaigns leave: figures that add up, and an input that breaks a target again when it is run alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.__main__ import main
from fuzz.targets import all_targets

from benchmarks.fuzz import added, figures_of, table

SAID = """\
#2	INITED cov: 40 ft: 52 corp: 2/90b exec/s: 0 rss: 80Mb
#97	NEW    cov: 44 ft: 60 corp: 5/120b lim: 4 exec/s: 0 rss: 80Mb L: 4/40 MS: 1 EraseBytes-
#1500	DONE   cov: 45 ft: 61 corp: 6/130b lim: 12 exec/s: 300 rss: 80Mb
Done 1500 runs in 5 second(s)
stat::number_of_executed_units: 1500
"""


def test_figures_of_a_campaign_are_what_the_fuzzer_counted() -> None:
    assert figures_of(SAID) == {"executions": 1500, "edges": 45, "new_edges": 5, "inputs": 6}
    assert figures_of("broken before it began\n")["executions"] == 0


def test_campaigns_add_up_until_a_group_has_its_time() -> None:
    latest = {**figures_of(SAID), "seconds": 1800, "broken": False}
    once = added({}, latest)
    twice = added(once, {**latest, "edges": 44, "broken": True})
    assert (twice["seconds"], twice["executions"], twice["campaigns"]) == (3600, 3000, 2)
    assert (twice["edges"], twice["crashes"], twice["broken"]) == (45, 1, True)
    lines = {
        known["campaigns"]: "\n".join(
            table({"targets": {"decoding": {**known, "group": "decoding"}}, "wanted_seconds": 3600})
        )
        for known in (once, twice)
    }
    assert "0 of 1 groups" in lines[1]
    assert "None is broken now" in lines[1]
    assert "1 of 1 groups" in lines[2]
    assert "Broken in their latest campaign: decoding" in lines[2]


def test_an_input_can_be_run_alone(tmp_path: Path) -> None:
    target = next(all_targets())
    (tmp_path / "input").write_bytes(target.seeds[0])
    assert main([target.name, "--input", str(tmp_path / "input")]) == 0
    with pytest.raises(SystemExit, match="2"):
        main(["no-such-target", "--input", str(tmp_path / "input")])
