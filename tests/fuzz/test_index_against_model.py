"""An index after any sequence of changes, against a model that remembers which file has which functions.

What must be found: every copy and every renamed copy that the last run saw. What must never appear: a place
that no file has any more.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from audit_trees import steps
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from index_lab import Silence

from codesearch.audit.options import AuditOptions
from codesearch.core.errors import IndexFailure
from codesearch.core.feedback import Precedent, Side
from codesearch.core.results import CloneType, Match, Verdict
from codesearch.core.settings.load import default_settings
from codesearch.core.store.snapshot import Filters
from codesearch.engine import Engine
from codesearch.query.options import SearchOptions
from codesearch.query.source import ReadOptions, read_text

CORPORA = ("first", "second")
PATHS = ("a.py", "b.py", "deep/a.py", "deep/er/ü b.py")
NAMINGS = "xyz"
_SMALLEST = (3, 10)
_ALL = 200  # matches and candidates: more than there are contents

Where = tuple[str, str]
"""Corpus and path."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function: those of one shape are renamed copies of each other, those of one naming too are equal."""

    shape: int
    naming: str

    @property
    def text(self) -> str:
        """Its source; no two shapes resemble each other."""
        name = f"shape{self.shape}"
        code = f"def {name}({name}):\n{steps(name, 6)}    return {name}_5\n"
        return code.replace(name, f"{name}{self.naming}")


FUNCTIONS = [Function(shape, naming) for shape in range(4) for naming in NAMINGS]
functions = st.sampled_from(FUNCTIONS)
contents = st.lists(functions, max_size=3)
everywhere = st.tuples(st.sampled_from(CORPORA), st.sampled_from(PATHS))


class IndexMachine(RuleBasedStateMachine):
    """What users do with an index, in any order.

    Attributes:
        files: The functions of every file as it is on disk.
        indexed: The same as the last run over each corpus saw it.
        verdicts: What the user said about two contents.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base = Path(tempfile.mkdtemp(prefix="codesearch-model-"))
        self.files: dict[Where, list[Function]] = {}
        self.indexed: dict[Where, list[Function]] = {}
        self.verdicts: dict[frozenset[Function], Verdict] = {}
        for name in CORPORA:
            self.write((name, "kept.py"), [], "# a new corpus has to hold a file\n")

    def teardown(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.base)

    @initialize(known=st.dictionaries(everywhere, contents, min_size=2, max_size=5))
    def begin(self, known: dict[Where, list[Function]]) -> None:
        """Some files, indexed: most rules say nothing before."""
        for where, written in known.items():
            self.write(where, written, "")
        self.index(list(CORPORA))

    @rule(where=everywhere, written=contents, before=st.sampled_from(["", "# a comment\n\n", "import os\n"]))
    def write(self, where: Where, written: list[Function], before: str) -> None:
        """A new file, or another content of one that is there."""
        path = self._path(where)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(before + "\n\n".join(before + one.text for one in written), encoding="utf-8")
        self.files[where] = written

    @rule(where=everywhere)
    def delete(self, where: Where) -> None:
        """A file that may be there."""
        if self.files.pop(where, None) is not None:
            self._path(where).unlink()

    @rule(old=everywhere, new=everywhere)
    def rename(self, old: Where, new: Where) -> None:
        """A file, also into the other corpus and over another file, with the time that it has."""
        if old in self.files and old != new:
            self._path(new).parent.mkdir(parents=True, exist_ok=True)
            self._path(old).replace(self._path(new))
            self.files[new] = self.files.pop(old)

    @rule(where=everywhere, naming=st.sampled_from(NAMINGS))
    def edit_unnoticed(self, where: Where, naming: str) -> None:
        """Other names of the same length, and the time set back: only what the disk says gives it away."""
        if where in self.files:
            path = self._path(where)
            before = path.stat()
            self.write(where, [Function(one.shape, naming) for one in self.files[where]], "")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(names=st.lists(st.sampled_from(CORPORA), min_size=1, unique=True))
    def index(self, names: list[str]) -> None:
        """Refresh corpora; what is said about their files adds up."""
        report = self._engine().index([self.base / name for name in names], Silence(), embed=False)
        self.indexed = {
            **{where: found for where, found in self.indexed.items() if where[0] not in names},
            **{where: list(found) for where, found in self.files.items() if where[0] in names},
        }
        assert report.counts.seen == len(self.indexed)
        assert report.counts.seen == report.counts.analysed + sum(report.counts.skipped.values())

    @rule(name=st.sampled_from(CORPORA))
    def remove_corpus(self, name: str) -> None:
        """A corpus that may be indexed."""
        engine = self._engine()
        if name in engine.corpus_roots():
            engine.remove([name])
        self.indexed = {where: found for where, found in self.indexed.items() if where[0] != name}

    @rule(first=functions, second=functions, verdict=st.sampled_from([Verdict.CLONE, Verdict.NOT_CLONE]))
    def judge(self, first: Function, second: Function, verdict: Verdict) -> None:
        """The user's own word on two contents."""
        if first != second:
            sides = [Side(_content(one), "python", one.text) for one in (first, second)]
            precedent = Precedent.between(sides[0], sides[1], verdict, reason="", by="me", at=0)
            self._engine().feedback.keep([precedent])
            self.verdicts[frozenset((first, second))] = verdict

    @rule(asked=functions)
    def query(self, asked: Function) -> None:
        """Copies are Type-1, renamed ones Type-2 unless the user said otherwise; what is gone is nowhere."""
        engine = self._engine()
        source = read_text(asked.text.encode(), ReadOptions.of(engine.settings, "python"))
        expected = self._places()
        try:
            searcher = engine.searcher()
        except IndexFailure:
            assert not expected
            return
        options = SearchOptions(_ALL, _ALL, Filters())
        [found] = engine.query(source, searcher, options).results
        by_type: dict[CloneType | None, Counter[Where]] = {}
        for match in found.matches:
            by_type.setdefault(_settled_type(match), Counter()).update(_stands(match))
            assert _stands(match) <= self._all_places()
        assert by_type.get(CloneType.T1, Counter()) == expected.get(asked, Counter())
        renamed = {one for one in expected if one.shape == asked.shape and one != asked}
        copies = (one for one in renamed if self._said(one, asked) is not Verdict.NOT_CLONE)
        assert by_type.get(CloneType.T2, Counter()) == _sum(expected[one] for one in copies)

    @rule()
    def audit(self) -> None:
        """Every shape that stands in several places is one class, of the type that its namings make."""
        engine = self._engine()
        if not engine.folder.exists() or not (roots := list(engine.corpus_roots().values())):
            return
        options = AuditOptions(*_SMALLEST, types=frozenset({CloneType.T1, CloneType.T2}), refresh=False)
        found = {
            (one.clone_type, frozenset(Counter((m.place.corpus, m.place.path) for m in one.members).items()))
            for one in engine.audit(roots, options, Silence()).report.classes
        }
        expected = self._places()
        classes = set()
        for shape in {one.shape for one in expected}:
            namings = [one for one in expected if one.shape == shape]
            stands = _sum(expected[one] for one in namings)
            if stands.total() > 1:
                clone_type = CloneType.T1 if len(namings) == 1 else CloneType.T2
                classes.add((clone_type, frozenset(stands.items())))
        assert found == classes

    def _engine(self) -> Engine:
        """A user's next command: nothing is remembered but what is on disk."""
        default = default_settings()
        smallest = dict(zip(("min_lines", "min_tokens"), _SMALLEST, strict=True))
        settings = default.model_copy(
            update={
                "index": default.index.model_copy(update={"dir": self.base / "index"}),
                "fragments": default.fragments.model_copy(update=smallest),
                "parsing": default.parsing.model_copy(update={"jobs": 1}),
            }
        )
        return Engine(settings, self.base / "user")

    def _path(self, where: Where) -> Path:
        return self.base / where[0] / where[1]

    def _places(self) -> dict[Function, Counter[Where]]:
        """Where every function stands, as far as the index was told."""
        found: dict[Function, Counter[Where]] = {}
        for where, written in self.indexed.items():
            for one in written:
                found.setdefault(one, Counter())[where] += 1
        return found

    def _all_places(self) -> Counter[Where]:
        return _sum(self._places().values())

    def _said(self, first: Function, second: Function) -> Verdict | None:
        return self.verdicts.get(frozenset((first, second)))


def _sum(counters: Iterable[Counter[Where]]) -> Counter[Where]:
    return sum(counters, Counter())


def _stands(match: Match) -> Counter[Where]:
    return Counter((place.corpus, place.path) for place in match.occurrences)


def _settled_type(match: Match) -> CloneType | None:
    return match.decision.clone_type if match.decision.verdict is Verdict.CLONE else None


def _content(function: Function) -> str:
    [(_, fragment)] = read_text(
        function.text.encode(), ReadOptions.of(default_settings(), "python")
    ).fragments
    return fragment.exact_key.hex()


def _run(examples: int, step_count: int) -> None:
    run_state_machine_as_test(
        IndexMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=step_count,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),  # shrinking takes minutes, and steps are short enough to be read
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_an_index_knows_what_its_files_hold_after_any_changes() -> None:
    _run(4, 12)


@pytest.mark.nightly
def test_an_index_knows_what_its_files_hold_after_many_changes() -> None:
    _run(150, 40)
