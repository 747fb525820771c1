"""Training of the static embedder on a small file: it learns, resumes, repeats itself and refuses."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from codesearch.core.errors import InputError

pytest.importorskip("torch")
pytest.importorskip("matplotlib")

from codesearch.training.build_embedder import EmbedderPlan
from codesearch.training.embedder.run import CHECKPOINT, Recipe
from codesearch.training.embedder.runlog import RunLog
from codesearch.training.make import make_embedder
from codesearch.training.pack import pack
from codesearch.training.sets import TRAINING_SETS, embedder_sets
from indexer.embedding.static import FILES, ROWS, StaticEmbedder
from indexer.fragments import fragments_of
from indexer.parsing.languages import registry

# torch says so of sparse matrices in compressed rows, whose products are all that is used of them
pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta:UserWarning")

BODIES = (
    "for v in xs:\n        if v > r:\n            r = v",
    "for v in xs:\n        r += v * v",
    "while xs:\n        r = r * 10 + xs.pop()",
    "xs.sort()\n    r = xs[len(xs) // 2]",
    "r = ''.join(reversed(str(xs)))",
    "r = {v: xs.count(v) for v in set(xs)}",
    "try:\n        r = int(xs)\n    except ValueError:\n        r = None",
    "with open(xs) as f:\n        r = [line.strip() for line in f]",
)


def program(body: str, draw: random.Random) -> str:
    names = {old: draw.choice("abcdefghjk") + str(draw.randrange(100)) for old in ("xs", "r")}
    filler = draw.choice(["", "    print('debug')\n", "    assert {xs}\n"]).format(**names)
    code = body.replace("xs", names["xs"]).replace(" r ", f" {names['r']} ")
    return f"def solve({names['xs']}):\n    {names['r']} = 0\n{filler}    {code}\n    return {names['r']}\n"


def labelled_file(path: Path, groups: int = len(BODIES)) -> Path:
    draw = random.Random(3)  # noqa: S311  a reproducible sample, not a secret
    rows = [
        {
            "id": f"{group}-{copy}",
            "lang": "python",
            "group": f"g{group}",
            "code": program(body, draw),
            "split": split,
        }
        for group, body in enumerate(BODIES[:groups])
        for copy, split in enumerate(["train"] * 6 + ["valid"] * 2)
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


class Quiet:
    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        pass

    def advance(self, done: int) -> None:
        pass


class StopsAt(Quiet):
    """Ends the run at its n-th step, as a signal would."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        self._learning = False

    def stage(self, label: str, unit: str, total: int | None = None) -> None:
        self._learning = label == "learning"

    def advance(self, done: int) -> None:
        self._left -= done if self._learning else 0
        if self._left < 0:
            raise KeyboardInterrupt


def plan(steps: int = 30, seed: int = 0) -> EmbedderPlan:
    return EmbedderPlan(Recipe(steps=steps, batch=24, dim=16, every=10, seed=seed))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    make_embedder(labelled_file(folder / "mine.jsonl.gz"), folder / "model", plan(), Quiet())
    return folder


def test_programs_of_one_group_are_nearest_to_each_other(trained: Path) -> None:
    draw = random.Random(99)  # noqa: S311  likewise
    fragments = fragments_of(
        [(program(body, draw), registry().get("python")) for body in BODIES for _ in range(2)]
    )
    vectors = StaticEmbedder("mine", trained / "model").embed(fragments)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1)
    assert (cosines.argmax(axis=1) // 2 == np.arange(len(fragments)) // 2).mean() >= 0.9


def test_the_same_seed_gives_the_same_files_and_another_one_others(trained: Path, tmp_path: Path) -> None:
    data = trained / "mine.jsonl.gz"
    make_embedder(data, tmp_path / "again", plan(), Quiet())
    make_embedder(data, tmp_path / "other", plan(seed=1), Quiet())
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (trained / "model" / name).read_bytes()
    assert (tmp_path / "other" / ROWS).read_bytes() != (trained / "model" / ROWS).read_bytes()


def test_a_run_that_was_stopped_goes_on_to_the_same_result(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make_embedder(trained / "mine.jsonl.gz", tmp_path, plan(), StopsAt(17))
    assert (tmp_path / CHECKPOINT).is_file()
    make_embedder(trained / "mine.jsonl.gz", tmp_path, plan(), Quiet())
    assert (tmp_path / ROWS).read_bytes() == (trained / "model" / ROWS).read_bytes()
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_damaged_checkpoint_costs_time_only(trained: Path, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"PK\x03\x04 cut off")
    make_embedder(trained / "mine.jsonl.gz", tmp_path, plan(), Quiet())
    assert (tmp_path / ROWS).read_bytes() == (trained / "model" / ROWS).read_bytes()


def test_the_checkpoint_of_another_run_is_not_gone_on_with(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        make_embedder(trained / "mine.jsonl.gz", tmp_path, plan(), StopsAt(17))
    with pytest.raises(InputError, match="belongs to a run with other settings"):
        make_embedder(trained / "mine.jsonl.gz", tmp_path, plan(seed=5), Quiet())


def test_the_page_shows_the_curves_and_the_log_every_validation(trained: Path) -> None:
    page = (trained / "model" / "run.html").read_text()
    assert page.count("<svg") == 1
    assert "<script" not in page
    assert [row["step"] for row in RunLog(trained / "model").rows()] == [10, 20, 30]


def test_a_pack_of_a_folder_is_read_like_the_folder(tmp_path: Path) -> None:
    for item in embedder_sets(tmp_path):
        labelled_file(tmp_path / f"{item.name}.jsonl.gz")
    counts = pack(tmp_path, embedder_sets(tmp_path), tmp_path / "all.zip")
    again = pack(tmp_path, embedder_sets(tmp_path), tmp_path / "again.zip")
    assert counts == again == {item.name: 8 * len(BODIES) for item in embedder_sets(tmp_path)}
    assert (tmp_path / "all.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()
    make_embedder(tmp_path, tmp_path / "a", plan(steps=4), Quiet())
    make_embedder(tmp_path / "all.zip", tmp_path / "b", plan(steps=4), Quiet())
    assert (tmp_path / "a" / ROWS).read_bytes() == (tmp_path / "b" / ROWS).read_bytes()


def test_a_zip_file_of_other_things_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a/../photo.jpg", b"...")
    with pytest.raises(InputError, match="so it is no pack"):
        make_embedder(tmp_path / "photos.zip", tmp_path / "model", plan(), Quiet())


def test_a_damaged_set_is_named_and_leaves_no_pack(tmp_path: Path) -> None:
    for item in embedder_sets(tmp_path):
        labelled_file(tmp_path / f"{item.name}.jsonl.gz")
    damaged = tmp_path / "leetcode.jsonl.gz"
    damaged.write_bytes(damaged.read_bytes()[:200])
    with pytest.raises(InputError, match=r"cannot read .*leetcode\.jsonl\.gz"):
        pack(tmp_path, embedder_sets(tmp_path), tmp_path / "all.zip")
    assert not list(tmp_path.glob("all.zip*"))


def test_data_without_splits_holds_some_groups_out(tmp_path: Path) -> None:
    rows = gzip.decompress(labelled_file(tmp_path / "mine.jsonl.gz").read_bytes()).decode().splitlines()
    (tmp_path / "plain.jsonl").write_text(
        "".join(json.dumps({**json.loads(row), "split": ""}) + "\n" for row in rows), encoding="utf-8"
    )
    document = make_embedder(tmp_path / "plain.jsonl", tmp_path / "model", plan(steps=4), Quiet())
    fragments = document["fragments"]
    assert isinstance(fragments, dict)
    assert 0 < fragments["plain"] <= 8 * len(BODIES)


def test_one_group_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fewer than two groups"):
        make_embedder(labelled_file(tmp_path / "one.jsonl.gz", groups=1), tmp_path / "model", plan(), Quiet())


def test_a_missing_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="poj104"):
        make_embedder(tmp_path, tmp_path / "model", plan(), Quiet())


def test_half_of_the_shipped_model_s_batches_are_licensed() -> None:
    shares = [(item.licensed, item.diet.share) for item in TRAINING_SETS if item.diet is not None]
    assert sum(share for licensed, share in shares if licensed) >= 0.5 * sum(share for _, share in shares)
