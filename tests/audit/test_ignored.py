"""Comments hide findings, in every language; strings do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from audit_reports import clone_class, member
from hypothesis import given
from hypothesis import strategies as st

from codesearch.audit.ignored import Marks, hide_ignored, read_marks
from codesearch.core.audit import CloneClass, Member
from codesearch.core.results import Place
from indexer.parsing.languages import registry


def marks(text: str, language: str = "python") -> Marks:
    return read_marks(text.encode(), registry().get(language))


def place(path: str, first: int, last: int, language: str = "python") -> Member:
    return member(path, place=Place("corpus", path, first, last), language=language)


def rebuild(found: CloneClass, members: tuple[Member, ...]) -> CloneClass | None:
    return replace(found, members=members, saved_lines=len(members))


def hide(text: str, *classes: CloneClass) -> tuple[list[int], int]:
    """Sizes of the classes that are left when every file holds this text, and the hidden members."""
    left = hide_ignored(classes, lambda corpus, path: text.encode(), rebuild)
    return [len(found.members) for found in left.classes], left.hidden


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "x = 1\n# codesearch-ignore: as the protocol has it\ndef f():\n"),
        ("python", "x = 1\n\ndef f():  # codesearch-ignore\n"),
        ("java", "\n// codesearch-ignore\nint f() {}\n"),
        ("java", "\n\nint f() { /* codesearch-ignore */ }\n"),
        ("java", "/**\n * Reads. codesearch-ignore */\nint f() {}\n"),
        ("c", "/* codesearch-ignore\n   because */\nint f(void) {}\n"),
        ("lua", "\n--[[ codesearch-ignore ]]\nfunction f() end\n"),
        ("ruby", "\n# codesearch-ignore\ndef f\n"),
        ("ocaml", "\n(* codesearch-ignore *)\nlet f x = x\n"),
        ("sql", "\n-- codesearch-ignore\nSELECT 1;\n"),
    ],
)
def test_a_comment_before_a_fragment_or_on_its_first_line_hides_it(language: str, text: str) -> None:
    found = marks(text, language)
    assert found.hide(3, 9)
    assert not found.hide(4, 9)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", '"""codesearch-ignore-file"""\nx = "# codesearch-ignore-file"\n'),
        ("python", "def f():\n    '''# codesearch-ignore-file'''\n"),
        ("java", 'String s = "// codesearch-ignore-file";\n'),
        ("javascript", "x = `// codesearch-ignore-file`; y = /\\/\\* codesearch-ignore-file/;\n"),
        ("ruby", "x = <<EOS\n# codesearch-ignore-file\nEOS\n"),
        ("bash", "cat <<EOS\n# codesearch-ignore-file\nEOS\n"),
        ("rust", 'let x = r#"// codesearch-ignore-file"#;\n'),
        ("go", "x := `// codesearch-ignore-file`\n"),
        ("php", '<?php $x = "# codesearch-ignore-file";\n'),
    ],
)
def test_strings_documentation_and_code_hide_nothing(language: str, text: str) -> None:
    assert marks(text, language) == Marks()


@pytest.mark.parametrize(
    "word",
    ["codesearch-ignored", "codesearch-ignore-next", "no-codesearch-ignore", "codesearch-ignore_", "x"],
)
def test_other_words_are_no_marks(word: str) -> None:
    assert marks(f"# {word}\n") == Marks()


def test_a_comment_behind_code_is_about_that_line_only() -> None:
    found = marks("def f(): pass  # codesearch-ignore\ndef g():\n")
    assert found.hide(1, 1)
    assert not found.hide(2, 3)


def test_a_region_hides_what_lies_wholly_in_it() -> None:
    found = marks("\n# codesearch-ignore-start: tables\n\n\n\n# codesearch-ignore-end\n")
    assert found.hide(2, 6)
    assert found.hide(3, 5)
    assert not found.hide(1, 5)
    assert not found.hide(3, 7)


def test_several_regions_an_open_one_and_a_stray_end() -> None:
    start, end = "# codesearch-ignore-start\n", "# codesearch-ignore-end\n"
    found = marks(f"{end}{start}{start}a\n{end}b\n{end}c\n{start}d\ne\n")
    assert found.regions == ((2, 5), (9, 12))


def test_a_mark_in_the_first_lines_hides_the_file() -> None:
    assert marks("\n" * 19 + "# codesearch-ignore-file\n").hide(30, 40)
    assert not marks("\n" * 20 + "# codesearch-ignore-file\n").hide(30, 40)


def test_a_file_full_of_marks_is_read_in_no_time() -> None:
    """Quadratic work would take hours."""
    found = marks("/* codesearch-ignore-start codesearch-ignore-end codesearch-ignore */" * 50_000, "c")
    assert found.hide(1, 1)
    found = marks("// codesearch-ignore-start\n// codesearch-ignore-end\n" * 50_000, "c")
    assert sum(found.hide(line, line + 1) for line in range(1, 100_000)) == 50_000


def test_hidden_members_leave_the_class_that_the_others_are() -> None:
    found = clone_class(1, place("a.py", 2, 9), place("b.py", 3, 9), place("c.py", 4, 9))
    left = hide_ignored([found], lambda corpus, path: b"\n\n# codesearch-ignore\n", rebuild)
    assert left.hidden == 1 + 1  # the line of the mark and the one after it
    assert left.classes == ()
    text = {"a.py": b"\n# codesearch-ignore\n", "b.py": b"", "c.py": None}
    left = hide_ignored([found], lambda corpus, path: text[path], rebuild)
    assert left.classes == (replace(found, members=found.members[1:], saved_lines=2),)
    assert left.hidden == 1


def test_classes_without_hidden_members_are_the_same_objects_in_the_same_order() -> None:
    classes = [clone_class(number, place("a.py", 2, 9), place("b.py", 3, 9)) for number in (3, 1, 2)]
    left = hide_ignored(classes, lambda corpus, path: b"# codesearch-ignore\n\n\n", lambda *_: None)
    assert left.hidden == 3
    left = hide_ignored(classes, lambda corpus, path: b"x = 1\n", lambda *_: None)
    assert all(one is other for one, other in zip(left.classes, classes, strict=True))


def test_a_class_that_cannot_be_rebuilt_disappears() -> None:
    found = clone_class(1, place("a.py", 1, 9), place("b.py", 3, 9), place("c.py", 4, 9))
    left = hide_ignored([found], lambda corpus, path: b"# codesearch-ignore\n", lambda *_: None)
    assert left.classes == ()


def test_every_file_is_read_once() -> None:
    read: list[str] = []

    def text_of(corpus: str, path: str) -> bytes:
        read.append(path)
        return b""

    classes = [clone_class(number, place("a.py", 2, 9), place("b.py", 3, 9)) for number in range(9)]
    hide_ignored(classes, text_of, rebuild)
    assert sorted(read) == ["a.py", "b.py"]


PIECES = st.sampled_from(["codesearch-ignore", "-file", "-start", "-end", *"#'\"\\/*\n x`<E"])


@given(st.lists(PIECES, max_size=60).map("".join))
@pytest.mark.parametrize("language", ["python", "javascript", "ruby", "cpp", "php"])
def test_any_text_is_read(language: str, text: str) -> None:
    for first, last in marks(text, language).regions:
        assert 1 <= first <= last <= text.count("\n") + 1
