from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from codesearch.core.results import Place
from codesearch.core.store.contents import NewBlob, NewFragment, add_blobs, fragment_layouts, known_blobs
from codesearch.core.store.corpora import ensure_corpus, read_corpora, read_meta, write_meta
from codesearch.core.store.counts import count_snapshot
from codesearch.core.store.database import Database
from codesearch.core.store.files import (
    AnalysedFile,
    NewFile,
    add_files,
    analysed_file,
    files_at,
    remove_files,
)
from codesearch.core.store.history import begin_run, collect_garbage, finish_run, forget_after, read_runs
from codesearch.core.store.occurrences import live_keys, occurrences_in, occurrences_of
from codesearch.core.store.snapshot import Filters, Snapshot
from codesearch.core.types import ContentKey, FragmentKind, Role

POSTGRES = os.environ.get("CODESEARCH_TEST_POSTGRES", "")
"""URL of an empty PostgreSQL database that these tests may write to and clear."""


def key(number: int) -> ContentKey:
    return ContentKey(number.to_bytes(16, "big"))


def blob(number: int, *keys: int, language: str = "python") -> NewBlob:
    fragments = tuple(
        NewFragment(
            key(k), language, FragmentKind.FUNCTION, f"f{k}", "", 10 * i + 1, 10 * i + 8, bytes([k % 256])
        )
        for i, k in enumerate(keys)
    )
    return NewBlob(number.to_bytes(16, "little"), language, "utf-8", 100, 500, False, None, fragments)


def analysed(path: str, blob_id: int, role: Role = Role.SOURCE, language: str = "python") -> NewFile:
    return NewFile(path, 10, 20, blob_id, language, role, "default")


def two_runs(database: Database) -> tuple[int, int]:
    """Run 1: a.py (keys 1, 2), its copy.py, skipped.bin; run 2: a.py (keys 2, 3) without copy.py."""
    with database.write() as connection:
        first = begin_run(connection, "0.1.0")
        corpus = ensure_corpus(connection, "corpus", Path("/corpus"))
        (one,) = add_blobs(connection, [blob(1, 1, 2)])
        skipped = NewFile("skipped.bin", 5, 6, reason="binary", detail="NUL bytes")
        add_files(connection, first, corpus.id, [analysed("a.py", one), analysed("copy.py", one), skipped])
        finish_run(connection, first, {"files": 3})
    with database.write() as connection:
        second = begin_run(connection, "0.1.0")
        known = files_at(Snapshot(connection, first), corpus.id)
        remove_files(connection, second, [known["a.py"].id, known["copy.py"].id])
        (two,) = add_blobs(connection, [blob(2, 2, 3)])
        add_files(connection, second, corpus.id, [analysed("a.py", two)])
    return first, second


def places(snapshot: Snapshot, *numbers: int, filters: Filters | None = None) -> dict[int, list[str]]:
    found = occurrences_of(snapshot, map(key, numbers), filters or Filters())
    return {int.from_bytes(k, "big"): [o.place.path for o in occurrences] for k, occurrences in found.items()}


def test_snapshot_sees_its_own_run_and_not_the_next(database: Database) -> None:
    first, second = two_runs(database)
    with database.read() as connection:
        before, after = Snapshot(connection, first), Snapshot(connection, second)
        assert places(before, 1, 2, 3) == {1: ["a.py", "copy.py"], 2: ["a.py", "copy.py"]}
        assert places(after, 1, 2, 3) == {2: ["a.py"], 3: ["a.py"]}
        assert set(files_at(before, 1)) == {"a.py", "copy.py", "skipped.bin"}
        assert set(files_at(after, 1)) == {"a.py", "skipped.bin"}
        assert live_keys(before).tobytes() == key(1) + key(2)
        assert live_keys(after).tobytes() == key(2) + key(3)


def test_run_that_died_is_undone(database: Database) -> None:
    first, second = two_runs(database)
    with database.write() as connection:
        forget_after(connection, first)
    with database.read() as connection:
        snapshot = Snapshot(connection, second)
        assert places(snapshot, 1, 2, 3) == {1: ["a.py", "copy.py"], 2: ["a.py", "copy.py"]}
        assert [run.id for run in read_runs(connection)] == [first]
        assert known_blobs(connection, [blob(2).hash]), "what it parsed is kept for the next run"


def test_garbage_is_what_no_kept_snapshot_sees(database: Database) -> None:
    first, second = two_runs(database)
    with database.write() as connection:
        assert collect_garbage(connection, first) == 0
        assert collect_garbage(connection, second) == 1
    with database.read() as connection:
        assert places(Snapshot(connection, second), 1, 2, 3) == {2: ["a.py"], 3: ["a.py"]}
        assert not known_blobs(connection, [blob(1).hash])


def test_file_state_tells_what_a_refresh_needs(database: Database) -> None:
    first, _ = two_runs(database)
    with database.read() as connection:
        files = files_at(Snapshot(connection, first), 1)
    assert (files["a.py"].size, files["a.py"].modified_ns, files["a.py"].hash) == (10, 20, blob(1).hash)
    assert files["a.py"].role is Role.SOURCE
    assert (files["skipped.bin"].hash, files["skipped.bin"].reason) == (None, "binary")


def test_counts_add_up_over_analysed_and_skipped(database: Database) -> None:
    first, second = two_runs(database)
    with database.read() as connection:
        counts = count_snapshot(Snapshot(connection, first))
        later = count_snapshot(Snapshot(connection, second), corpus_id=1)
        nothing = count_snapshot(Snapshot(connection, second), corpus_id=99)
    assert (counts.seen, counts.analysed, counts.skipped) == (3, 2, {"binary": 1})
    assert (counts.fragments, counts.unique_fragments, counts.lines) == (4, 2, 200)
    assert (counts.by_role, counts.by_language, counts.by_encoding) == (
        {"source": 2},
        {"python": 2},
        {"utf-8": 2},
    )
    assert (later.seen, later.fragments, later.damaged) == (2, 2, 0)
    assert (nothing.seen, nothing.lines, nothing.fragments) == (0, 0, 0)


def test_filters_restrict_by_language_path_and_role(database: Database) -> None:
    with database.write() as connection:
        run = begin_run(connection, "0.1.0")
        corpus = ensure_corpus(connection, "corpus", Path("/corpus"))
        python, java = add_blobs(connection, [blob(1, 1), blob(2, 1, language="java")])
        files = [
            analysed("src/a.py", python),
            analysed("tests/a.py", python, Role.TEST),
            analysed("src/A.java", java, language="java"),
        ]
        add_files(connection, run, corpus.id, files)
        snapshot = Snapshot(connection, run)
        assert places(snapshot, 1) == {1: ["src/A.java", "src/a.py", "tests/a.py"]}
        assert places(snapshot, 1, filters=Filters(languages=frozenset({"java"}))) == {1: ["src/A.java"]}
        assert places(snapshot, 1, filters=Filters(roles=frozenset({Role.TEST}))) == {1: ["tests/a.py"]}
        assert places(snapshot, 1, filters=Filters(paths=("src/*.py", "*.java"))) == {
            1: ["src/A.java", "src/a.py"]
        }
        both = Filters(languages=frozenset({"java"}), paths=("tests/",))
        assert places(snapshot, 1, filters=both) == {}
        assert live_keys(snapshot, both).shape == (0, 16)
        assert live_keys(snapshot, Filters(roles=frozenset({Role.TEST}))).tobytes() == key(1)


def test_occurrences_come_by_corpus_path_and_line(database: Database) -> None:
    with database.write() as connection:
        run = begin_run(connection, "0.1.0")
        (twice,) = add_blobs(connection, [blob(1, 1, 1)])
        for name, path in (("b", "x.py"), ("a", "z.py"), ("a", "y.py")):
            add_files(
                connection, run, ensure_corpus(connection, name, Path("/") / name).id, [analysed(path, twice)]
            )
        (found,) = occurrences_of(Snapshot(connection, run), [key(1)]).values()
        assert [occurrence.place for occurrence in found] == [
            Place("a", "y.py", 1, 8),
            Place("a", "y.py", 11, 18),
            Place("a", "z.py", 1, 8),
            Place("a", "z.py", 11, 18),
            Place("b", "x.py", 1, 8),
            Place("b", "x.py", 11, 18),
        ]
        assert fragment_layouts(connection, [found[0].fragment_id]) == {found[0].fragment_id: b"\1"}


def test_fragments_of_a_file_come_by_line_outer_before_inner(database: Database) -> None:
    lines = [(5, 9), (1, 30), (5, 20)]
    nested = tuple(
        NewFragment(key(n), "python", FragmentKind.FUNCTION, f"f{n}", "", *span)
        for n, span in enumerate(lines)
    )
    with database.write() as connection:
        run = begin_run(connection, "0.1.0")
        corpus = ensure_corpus(connection, "corpus", Path("/corpus"))
        ids = add_blobs(connection, [replace(blob(1), fragments=nested), blob(2, 7)])
        add_files(connection, run, corpus.id, [analysed("a.py", ids[0]), analysed("b.py", ids[1])])
        snapshot = Snapshot(connection, run)
        found = occurrences_in(snapshot, "corpus", "a.py")
        assert occurrences_in(snapshot, "corpus", "c.py") == occurrences_in(snapshot, "other", "a.py") == ()
    assert [(one.place.start_line, one.place.end_line) for one in found] == [(1, 30), (5, 20), (5, 9)]


def test_an_analysed_file_is_known_by_its_names_and_a_skipped_one_is_not(database: Database) -> None:
    first, second = two_runs(database)
    with database.read() as connection:
        before, now = Snapshot(connection, first), Snapshot(connection, second)
        assert analysed_file(before, "corpus", "copy.py") == AnalysedFile(10, 20, Role.SOURCE)
        assert analysed_file(now, "corpus", "copy.py") is None
        assert analysed_file(before, "corpus", "skipped.bin") is None
        assert analysed_file(before, "other", "copy.py") is None


def test_many_keys_are_looked_up_in_one_call(database: Database) -> None:
    with database.write() as connection:
        run = begin_run(connection, "0.1.0")
        corpus = ensure_corpus(connection, "corpus", Path("/corpus"))
        ids = add_blobs(connection, [blob(n, n) for n in range(1, 1203)])
        add_files(connection, run, corpus.id, [analysed(f"{n}.py", n) for n in ids])
        snapshot = Snapshot(connection, run)
        assert len(occurrences_of(snapshot, [key(n) for n in range(1, 2000)])) == 1202
        assert len(known_blobs(connection, (blob(n).hash for n in range(1, 2000)))) == 1202
        assert live_keys(snapshot).shape == (1202, 16)


def test_empty_batches_are_fine(database: Database) -> None:
    with database.write() as connection:
        assert add_blobs(connection, []) == []
        add_files(connection, 1, 1, [])
        remove_files(connection, 1, [])
        assert occurrences_of(Snapshot(connection, 1), []) == {}


def test_corpus_is_added_once_and_names_stay_distinct(database: Database) -> None:
    with database.write() as connection:
        first = ensure_corpus(connection, "app", Path("/x/app"))
        assert ensure_corpus(connection, "app", Path("/x/app")) == first
        assert ensure_corpus(connection, "app", Path("/y/app")).name == "app-2"
    with database.read() as connection:
        assert [corpus.name for corpus in read_corpora(connection)] == ["app", "app-2"]


def test_facts_about_the_index_are_kept_replaced_and_forgotten(database: Database) -> None:
    for value in ("one", "two", None):
        with database.write() as connection:
            write_meta(connection, "settings", value)
        with database.read() as connection:
            assert read_meta(connection, "settings") == value


def test_runs_come_newest_first_with_their_counts(database: Database) -> None:
    first, second = two_runs(database)
    with database.read() as connection:
        runs = read_runs(connection)
    assert [run.id for run in runs] == [second, first]
    assert runs[0].finished_at is None
    assert runs[1].counts == {"files": 3}
