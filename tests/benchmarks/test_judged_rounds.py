from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from snippets import JAVA_COPY

from benchmarks.judged import decoys
from benchmarks.judged.command import draw_round, main
from benchmarks.judged.pairs import Drawing, DrawnPair, Origin, Text
from benchmarks.judged.score import Verdict, score_round, table
from benchmarks.plan import CHECKOUT
from codesearch.core.errors import CodesearchError, InputError

LONGER = JAVA_COPY.replace("    out.flush();\n", "    out.flush();\n    in.close();\n")
LOOK_ALIKE = """\
byte[] {name}(InputStream in) throws IOException {{
    byte[] buffer = new byte[4096];
    int count = in.read(buffer);
    if (count < 0) return null;
    byte[] head = Arrays.copyOf(buffer, count);
    Arrays.sort(head);
    return head;
}}
"""
RENAMED = JAVA_COPY.replace("buffer", "block")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def zipped(path: Path, values: Iterable[dict[str, object]]) -> None:
    with gzip.open(path, "wt") as stream:
        stream.writelines(json.dumps(value) + "\n" for value in values)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labelled data with clones and look-alikes in each set; two decoys of either answer are drawn."""
    monkeypatch.setenv("CODESEARCH_DATA", str(tmp_path))
    monkeypatch.setattr("benchmarks.judged.command.DECOYS", 2)
    for name in ("bcb", "femp"):
        code = {
            "a": JAVA_COPY,
            "b": LONGER,
            "c": LOOK_ALIKE.format(name=name),
            "d": JAVA_COPY.replace("flush", "close"),
        }
        zipped(
            tmp_path / f"{name}.jsonl.gz",
            ({"id": f"{name}:{key}", "lang": "java", "code": text} for key, text in code.items()),
        )
        clones = [{"a": f"{name}:a", "b": f"{name}:b", "label": 1, "type": "VST3"}]
        clones.append({"a": f"{name}:b", "b": f"{name}:d", "label": 1, "type": "ST3"})
        again = {"a": f"{name}:b", "b": f"{name}:a", "label": 1, "type": "MT3"}
        others = [{"a": f"{name}:{a}", "b": f"{name}:{b}", "label": 0} for a, b in ("ac", "bc", "cd")]
        zipped(tmp_path / f"{name}.pairs.jsonl.gz", [*clones, again, *others])
    return tmp_path


def audited(folder: Path, classes: int, kind: str = "T3") -> tuple[Path, Path]:
    """A document of an audit with some classes, and the folder that it is of."""
    folder.mkdir()
    found = []
    for number in range(classes):
        members = []
        for name, code in (("a", JAVA_COPY), ("b", RENAMED), ("c", LONGER)):
            path = f"{name}{number}.java"
            (folder / path).write_text(f"// head {number}\n" + code.replace("4096", str(number)))
            members.append(
                {
                    "corpus": "x",
                    "path": path,
                    "start_line": 2,
                    "end_line": 1 + len(code.splitlines()),
                    "language": "java",
                    "name": "copy",
                }
            )
        found.append({"clone_type": kind, "probability": 0.97, "members": members})
    document = folder.with_suffix(".json")
    document.write_text(json.dumps({"schema": "codesearch.audit/1", "classes": found}))
    return document, folder


def test_a_round_is_shuffled_and_shows_neither_score_nor_origin(tmp_path: Path, data: Path) -> None:
    document, folder = audited(tmp_path / "code", 6)
    output = tmp_path / "round"
    command = ["draw", "--audit", str(document), str(folder), "--output", str(output), "--pairs", "5"]
    main(command)
    sample, key = rows(output / "sample.jsonl"), rows(output / "key.jsonl")
    assert all(set(row) == {"pair", "languages", "a", "b"} for row in sample)
    origins = {row["pair"]: row["origin"] for row in key}
    assert Counter(origins.values()) == {"reported T3": 5, "known clone": 2, "known look-alike": 2}
    assert len({row["pair"] for row in sample} & set(origins)) == len(origins)
    assert [row["pair"] for row in key] == sorted(origins)


def test_the_seed_decides_the_round(tmp_path: Path, data: Path) -> None:
    audits = [audited(tmp_path / "code", 8)]
    first, again, other = (draw_round(audits, data, 4, seed) for seed in (1, 1, 2))
    assert first == again
    assert [pair.hash for pair in first] != [pair.hash for pair in other]


def test_renamed_copies_are_not_drawn_as_type_3(tmp_path: Path, data: Path) -> None:
    for pair in draw_round([audited(tmp_path / "code", 8)], data, 8, 0):
        if pair.origin is Origin.T3:
            assert sum("in.close" in side.code for side in pair.sides) == 1


def test_each_type_has_its_share_of_the_round(tmp_path: Path, data: Path) -> None:
    audits = [audited(tmp_path / "near", 6), audited(tmp_path / "semantic", 6, "T4")]
    origins = Counter(pair.origin for pair in draw_round(audits, data, 8, 0))
    assert (origins[Origin.T3], origins[Origin.T4]) == (4, 4)


@pytest.mark.parametrize("kind", ["T1", "T2"])
def test_copies_are_not_judged(kind: str, tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match="no class of type T3 or T4"):
        draw_round([audited(tmp_path / "code", 3, kind)], data, 2, 0)


def test_too_few_classes_are_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(
        InputError, match="only 3 of the classes hold a pair that is reported T3, 4 are wanted"
    ):
        draw_round([audited(tmp_path / "code", 3)], data, 4, 0)


def test_code_that_is_gone_is_refused(tmp_path: Path, data: Path) -> None:
    document, _ = audited(tmp_path / "code", 2)
    with pytest.raises(InputError, match="a member of a class"):
        draw_round([(document, tmp_path)], data, 2, 0)


def test_another_document_is_refused(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "query.json"
    path.write_text('{"schema": "codesearch.query/1", "classes": []}')
    with pytest.raises(InputError, match="another schema"):
        draw_round([(path, tmp_path)], data, 2, 0)


def test_a_look_alike_is_no_clone_by_the_textual_rule(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(decoys.draw_decoys(data, 2, random.Random(0), Drawing())) == 4  # noqa: S311
    monkeypatch.setattr(decoys, "ALIKE", 0.0)
    with pytest.raises(InputError, match="has only 2 of 4 decoys"):
        decoys.draw_decoys(data, 2, random.Random(0), Drawing())  # noqa: S311


def test_the_text_of_decoys_never_enters_the_repository(tmp_path: Path, data: Path) -> None:
    document, folder = audited(tmp_path / "code", 3)
    inside = str(CHECKOUT / "benchmarks" / "judged" / "sample")
    with pytest.raises(CodesearchError, match="lies in the repository"):
        main(["draw", "--audit", str(document), str(folder), "--output", inside])


def test_a_pair_has_one_name_in_either_order() -> None:
    one, two = Text("java", "f();"), Text("java", "g();")
    assert DrawnPair(Origin.T3, (one, two)).hash == DrawnPair(Origin.CLONE, (two, one)).hash


def labels(origin: Origin, clones: int, others: int) -> list[tuple[Origin, Verdict]]:
    return [(origin, Verdict.CLONE)] * clones + [(origin, Verdict.NOT_CLONE)] * others


def test_the_share_of_clones_has_an_interval_and_decoys_count_apart() -> None:
    judged = score_round(
        "first",
        labels(Origin.T3, 90, 10) + labels(Origin.CLONE, 24, 1) + labels(Origin.LOOK_ALIKE, 2, 23),
    )
    assert judged["reported"]["T3"]["share"] == 0.9
    assert judged["reported"]["T3"]["low"] == pytest.approx(0.8256, abs=1e-4)
    assert judged["decoys"] == {"pairs": 50, "right": 47, "accuracy": 0.94}
    assert judged["valid"]
    assert table({"rounds": [judged]})[-1] == "| first: T3 | 100 | 90.0 | 82.6 to 94.5 | 94 % of 50 |"


def test_a_round_whose_decoys_are_labelled_wrong_is_void() -> None:
    judged = score_round("first", labels(Origin.T3, 9, 1) + labels(Origin.LOOK_ALIKE, 2, 8))
    assert not judged["valid"]
    assert "first: T3 (void)" in table({"rounds": [judged]})[-1]


def scored(folder: Path, key: list[dict[str, str]], found: list[dict[str, str]]) -> bool:
    for name, values in (("key.jsonl", key), ("labels.jsonl", found)):
        (folder / name).write_text("".join(json.dumps(value) + "\n" for value in values))
    return main(["score", str(folder / "labels.jsonl"), "--key", str(folder / "key.jsonl")])


def test_labels_are_scored_without_publishing_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = [{"pair": "p", "origin": "reported T4"}, {"pair": "q", "origin": "known clone"}]
    found = [{"pair": "q", "verdict": "clone"}, {"pair": "p", "verdict": "not_clone"}]
    assert scored(tmp_path, key, found) is False
    assert "| labels: T4 | 1 | 0.0 | 0.0 to 79.3 | 100 % of 1 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([], "no verdict about 1 of 1 pairs"),
        ([{"pair": "p", "verdict": "clone"}] * 2, "labels the pair p twice"),
        ([{"pair": "x", "verdict": "clone"}], "not in"),
        ([{"pair": "p", "verdict": "maybe"}], "verdict is 'maybe'"),
        ([{"pair": "p"}], "not a row with pair, verdict"),
    ],
)
def test_labels_that_do_not_fit_the_round_are_refused(
    found: list[dict[str, str]], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=problem):
        scored(tmp_path, [{"pair": "p", "origin": "reported T3"}], found)
