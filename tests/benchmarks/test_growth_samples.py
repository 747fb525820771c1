from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import main
from benchmarks.documents import Json
from benchmarks.growth import SourceFile, exponent, first_lines, sample_sizes, shuffled, table
from codesearch.core.errors import InputError


def files(*lines: int) -> list[SourceFile]:
    return [
        SourceFile("source", Path(f"/x/{number}.c"), Path(f"{number}.c"), count)
        for number, count in enumerate(lines)
    ]


def test_sizes_grow_by_one_factor_from_a_hundred_thousand_lines() -> None:
    assert sample_sizes(50_000_000, 1_000_000) == [100_000, 177_828, 316_228, 562_341, 1_000_000]
    wide = sample_sizes(50_000_000, 10_000_000)
    assert (len(wide), wide[0], wide[-1]) == (7, 100_000, 10_000_000)


def test_the_largest_sample_is_all_the_code_when_there_is_no_more() -> None:
    assert sample_sizes(400_000, 1_000_000)[-1] == 400_000


def test_too_little_code_is_refused() -> None:
    with pytest.raises(InputError, match="at least 200,000 lines, not 150,000"):
        sample_sizes(150_000, 1_000_000)


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(0, 3), st.integers(0, 200), st.integers(0, 200))
def test_a_sample_holds_every_smaller_one(lines: list[int], seed: int, small: int, large: int) -> None:
    order = shuffled(files(*lines), seed)
    small, large = sorted((small, large))
    sample = list(first_lines(order, small))
    assert list(first_lines(order, large))[: len(sample)] == sample
    assert sum(file.lines for file in sample) <= small


def test_the_order_depends_on_the_seed_alone() -> None:
    found = files(*range(20))
    assert shuffled(reversed(found), 7) == shuffled(found, 7)
    assert shuffled(found, 7) != shuffled(found, 8)


def test_the_exponent_of_a_power_is_found() -> None:
    samples = [{"lines": lines, "seconds": 3 * lines**1.1} for lines in (1e5, 3e5, 1e6)]
    assert exponent(samples, "seconds") == pytest.approx(1.1)


def test_a_figure_that_is_zero_has_no_exponent() -> None:
    assert exponent([{"lines": 10, "compared": 0}, {"lines": 20, "compared": 5}], "compared") is None


def test_the_table_says_what_was_sampled_and_how_it_grows() -> None:
    sample = {"lines": 99_000, "files": 300, "seconds": 4.26, "peak_bytes": 2e8, "compared": 12_345}
    figures: Json = {
        "seed": 3,
        "runs": 1,
        "types": "T1,T2,T3",
        "sources": {"linux-source 6.1": {"files": 30_000, "lines": 20_000_000}},
        "samples": [sample],
        "exponents": {"seconds": 1.04, "peak_bytes": 0.8, "compared": None},
    }
    lines = table(figures)
    assert "linux-source 6.1 (30,000 files, 20,000,000 lines)" in lines[0]
    assert lines[-2] == "| 99,000 | 300 | 4.3 | 200 | 12,345 |"
    assert lines[-1] == "| exponent |  | 1.04 | 0.80 | – |"


def test_a_source_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["growth", "--source", "/usr/src"])
    assert "'/usr/src' is not NAME=FOLDER" in capsys.readouterr().err


def test_a_source_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["growth", "--only", "nothing", "--source", f"linux={tmp_path / 'gone'}"]) == 2
    assert "no folder of code at" in capsys.readouterr().err
