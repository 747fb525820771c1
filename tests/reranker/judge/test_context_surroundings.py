"""What stands around the two sides: classes and imports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from context_cases import UNSURE, CaseLab, count_words
from snippets import fragment

from codesearch.core.judge import Case, CaseSide, ContextItem, ContextKind
from codesearch.core.results import Place
from reranker.judge.context.corpus import NO_INDEX
from reranker.judge.context.gather import ContextSource

READER = '''\
"""Reads."""
import os
import json  # for later
from collections import OrderedDict as Ordered, deque


class Reader(Base):
    """Documentation."""

    def __init__(self, path):
        self.path = path

    def load(self, more):
        rows = json.loads(self.path)
        found = Ordered(rows)
        return found

    def close(self):
        self.path = None
'''
OTHER = "def other(x):\n    y = x + 1\n    return y\n"


def around(lab: CaseLab, case: Case) -> list[ContextItem]:
    return list(lab.context(case).of(ContextKind.SURROUNDINGS))


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> CaseLab:
    return CaseLab.over(tmp_path_factory.mktemp("readers"), {"reader.py": READER, "other.py": OTHER})


LOAD, PLAIN = ("reader.py", "load"), ("other.py", "other")


def test_the_class_is_shown_by_its_header_and_the_names_of_its_members(readers: CaseLab) -> None:
    item = around(readers, readers.case(LOAD, PLAIN))[0]
    assert item.title == "Class Reader, around Reader.load"
    assert item.body == "class Reader(Base):\nmembers: __init__, close, load"
    assert item.source == "reader.py:7"


def test_the_imports_are_those_that_the_fragment_uses(readers: CaseLab) -> None:
    item = around(readers, readers.case(LOAD, PLAIN))[1]
    assert item.title == "Imports in the file of Reader.load"
    assert item.body == "import json\nfrom collections import OrderedDict as Ordered, deque"


def test_without_a_used_import_the_first_ones_tell_what_the_file_is_about(tmp_path: Path) -> None:
    lines = "".join(f"import module{n}\n" for n in range(9))
    lab = CaseLab.over(tmp_path, {"a.py": f"{lines}\n\n{OTHER}", "b.py": OTHER.replace("1", "2")})
    items = around(lab, lab.case(("a.py", "other"), ("b.py", "other")))
    assert [item.body for item in items] == ["import module0\nimport module1\nimport module2"]


def test_what_both_sides_share_is_shown_once(tmp_path: Path) -> None:
    twice = READER.replace(
        "    def close(self):\n",
        "    def save(self, x):\n        y = x\n        return y\n\n    def close(self):\n",
    )
    lab = CaseLab.over(tmp_path, {"reader.py": twice})
    items = around(lab, lab.case(("reader.py", "load"), ("reader.py", "save")))
    assert items[0].title == "Class Reader, around both fragments"
    assert sum(item.title.startswith("Class") for item in items) == 1


def test_the_index_knows_the_class_of_a_file_that_cannot_be_read(readers: CaseLab) -> None:
    blind = CaseLab(readers.lab, {"reader.py"})
    items = around(blind, blind.case(LOAD, PLAIN))
    assert [item.title for item in items] == ["Class Reader, around Reader.load"]
    assert items[0].body.startswith("class Reader(Base):\nmembers: ")


JAVA = """\
package p;
import java.util.List;
class A extends B {
  List f(int x) {
    return g(x);
  }
}
"""
GO = """\
package p

import "fmt"

type T struct {
	x int
	y int
}

func (t T) F(x int) int {
	fmt.Println(x)
	return x
}
"""
TYPESCRIPT = """\
import g from './g';
class A {
  f(x: number) {
    const y = g(x);
    return y;
  }
}
"""
RUBY = """\
class A < B
  def f(x)
    y = x + 1
    y
  end
end
"""


@pytest.mark.parametrize(
    ("name", "code", "function", "expected"),
    [
        ("a.java", JAVA, "f", ["class A extends B {\nmembers: f", "import java.util.List;"]),
        ("a.go", GO, "F", ["type T struct {\nmembers: F", 'import "fmt"']),
        ("a.ts", TYPESCRIPT, "f", ["class A {\nmembers: f", "import g from './g';"]),
        ("a.rb", RUBY, "f", ["class A < B\nmembers: f"]),
    ],
    ids=["java", "go", "typescript", "ruby"],
)
def test_other_languages_have_classes_and_imports_too(
    tmp_path: Path, name: str, code: str, function: str, expected: list[str]
) -> None:
    lab = CaseLab.over(tmp_path, {name: code, "other.py": OTHER})
    assert [item.body for item in around(lab, lab.case((name, function), PLAIN))] == expected


def test_a_language_without_a_grammar_has_imports(tmp_path: Path) -> None:
    code = "import Data.List\n\nf x = sort x\n"
    side = CaseSide(fragment("f x = sort (nub x)", "haskell"), Place("", "a.hs", 3, 3), source=code.encode())
    other = CaseSide(fragment("g x = x", "haskell"), Place("", "b.hs", 1, 1), source=b"g x = x\n")
    found = ContextSource(NO_INDEX, lambda place: None).context(
        Case(side, other, 0.5, UNSURE), (), 500, count_words
    )
    assert [item.body for item in found.items] == ["import Data.List"]


def test_two_sources_are_enough_without_an_index(readers: CaseLab) -> None:
    case = readers.case(LOAD, PLAIN)
    first = replace(case.first, place=Place("", "x.py", *lines_of(case.first)), source=READER.encode())
    second = replace(case.second, place=None, source=OTHER.encode())
    source = ContextSource(NO_INDEX, lambda place: None)
    found = source.context(Case(first, second, 0.5, UNSURE, (fragment(OTHER),)), (), 500, count_words)
    assert [item.title for item in found.items] == [
        "Class Reader, around Reader.load",
        "Imports in the file of Reader.load",
    ]
    assert not found.of(ContextKind.CONTRAST)


def lines_of(side: CaseSide) -> tuple[int, int]:
    assert side.place is not None
    return side.place.start_line, side.place.end_line
