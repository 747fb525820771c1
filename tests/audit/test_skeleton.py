"""What the members of a class have in common, as a person reads it."""

from __future__ import annotations

from codesearch.audit.classes.skeleton import skeleton_of
from indexer.normal.keys import make_fragment
from indexer.parsing.extract import select_lines
from indexer.parsing.languages import registry
from retriever.alignment import Alignment, align

FIRST = b"""def load(path, mode):
    handle = open(path, mode)
    text = handle.read()
    log.debug("read %s", path)
    handle.close()
    return text.split("\\n")
"""


def aligned(*others: bytes) -> list[Alignment]:
    """The first source with each of the others."""
    python = registry().get("python")
    first, *rest = (make_fragment("python", select_lines(text, python).tokens) for text in (FIRST, *others))
    return [align(first, other) for other in rest]


def test_a_skeleton_marks_what_differs() -> None:
    [lines] = [skeleton_of(aligned(FIRST.replace(b"load", b"fetch").replace(b'"\\n"', b'","')))]
    assert lines[0] == "def …(path, mode):"
    assert lines[1] == "handle = open(path, mode)"
    assert lines[-1] == "return text.split(…)"


def test_lines_that_only_some_members_have_are_one_mark() -> None:
    without = FIRST.replace(b'    log.debug("read %s", path)\n    handle.close()\n', b"")
    assert skeleton_of(aligned(without))[3] == "…"
    assert len(skeleton_of(aligned(without))) == 5


def test_every_member_counts() -> None:
    lines = skeleton_of(aligned(FIRST.replace(b"path", b"name"), FIRST.replace(b"mode", b"flags")))
    assert lines[0] == "def load(…, …):"
