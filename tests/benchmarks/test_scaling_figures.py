from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import scaling, scaling_lines, scaling_rows
from benchmarks.__main__ import main
from benchmarks.documents import Json
from benchmarks.scaling_rows import RowSource
from indexer.embedding.stored import as_stored
from indexer.embedding.unit import unit_rows


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> RowSource:
    monkeypatch.setattr(scaling_rows, "CLUSTERS", 8)
    monkeypatch.setattr(scaling_rows, "BLOCK", 256)
    random = np.random.default_rng(2)
    centres = random.normal(size=(8, 32))
    real = centres[random.integers(0, 8, 400)] + 0.4 * random.normal(size=(400, 32))
    return RowSource.fitted(as_stored(unit_rows(real.astype(np.float32))), seed=3)


def test_fewer_rows_are_the_first_of_more(source: RowSource, tmp_path: Path) -> None:
    source.write(tmp_path / "few.npy", 300)
    source.write(tmp_path / "many.npy", 700)
    few, many = np.load(tmp_path / "few.npy"), np.load(tmp_path / "many.npy")
    assert few.dtype == np.int8
    assert np.array_equal(few, many[:300])
    assert len(np.unique(many, axis=0)) > 690


def test_rows_have_the_length_and_the_clusters_of_real_ones(source: RowSource) -> None:
    rows = source.block(0).astype(np.float32) / 256
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=0.05)
    assert (rows @ source.centres.T).max(axis=1).mean() > 0.6


def sample(kind: str, rows: int) -> Json:
    return {
        "kind": kind, "rows": rows, "recall": 0.98, "structure_bytes": 41 * rows,
        "build_seconds": 9.0, "build_cpu_seconds": 2e-8 * rows**1.5, "build_anonymous_bytes": 300 * rows,
        "query_anonymous_bytes": 2 << 20, "query_cpu_ms": rows**0.5 / 1e3, "query_p95_ms": 2.0,
    }  # fmt: skip


def test_exponents_are_fitted_and_carried_to_larger_sizes() -> None:
    samples = [sample("ivf-pq", rows) for rows in (250_000, 500_000, 5_000_000)]
    slope, factor = scaling.fit(samples, "build_cpu_seconds")
    assert slope == pytest.approx(1.5)
    assert factor == pytest.approx(2e-8)
    figures: Json = {
        "dim": 256, "seed": 0, "queries": 3, "samples": samples,
        "exponents": {"ivf-pq": {key: scaling.fit(samples, key)[0] for key, _ in scaling.FITTED}},
    }  # fmt: skip
    text = "\n".join(scaling.table(figures))
    assert "| inverted file of codes | 1.50 | 1.00 | 1.00 | 0.50 |" in text
    assert "| 100,000,000 | 5.6 h | 30.0 GB | 4.1 GB | 10.0 ms |" in text


def test_two_sizes_make_no_curve() -> None:
    samples = [sample("ivf-pq", rows) for rows in (250_000, 500_000)]
    assert scaling.fit(samples, "query_cpu_ms")[0] is None


def test_lines_need_more_code_than_the_largest_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scaling_lines, "source_files", lambda sources: [])
    assert main(["scaling-lines"]) == 2
    assert "needs more than 1,000,000 lines, not 0" in capsys.readouterr().err
