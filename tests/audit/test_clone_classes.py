"""Which classes an audit finds in small trees, and on which lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit_trees import (
    audited,
    findings,
    java_class,
    java_method,
    places,
    python_function,
    script_function,
    steps,
)
from commandline import unique, write_tree

EXTRA_PYTHON = "    log.debug('sorted', limit)\n"


def deeper(text: str) -> str:
    """Lines with four more spaces before them."""
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.fixture
def corpus(user: Path) -> Path:
    return user / "corpus"


def test_identical_renamed_and_changed_functions_are_classes_of_their_type(corpus: Path) -> None:
    write_tree(
        corpus,
        {
            "t1/a.py": python_function("group", "word"),
            "t1/b.py": "# a comment\n"
            + python_function("group", "word").replace("    if not", "\n    if not"),
            "t2/a.java": java_class("A", java_method("count", "name")),
            "t2/b.java": "\n\n" + java_class("B", java_method("tally", "title")),
            "t3/a.js": script_function("group", "row"),
            "t3/b.js": script_function("group", "row", "  options.log?.('grouped', rowGroups.size);\n"),
            "other.py": unique(1),
        },
    )
    assert findings(audited()) == {
        ("t1/a.py:1-10", "t1/b.py:2-12"): "T1",
        ("t2/a.java:1-13", "t2/b.java:3-15"): "T2",
        ("t3/a.js:1-10", "t3/b.js:1-11"): "T3",
    }


@pytest.mark.parametrize(
    ("types", "found"), [("T1", {"T1"}), ("T2", {"T2"}), ("T1,T2", {"T1", "T2"}), ("T3", {"T3"})]
)
def test_only_the_wanted_types_are_reported(corpus: Path, types: str, found: set[str]) -> None:
    write_tree(
        corpus,
        {
            "t1/a.py": python_function("group", "word"),
            "t1/b.py": python_function("group", "word"),
            "t2/a.java": java_class("A", java_method("count", "name")),
            "t2/b.java": java_class("B", java_method("tally", "title")),
            "t3/a.js": script_function("group", "row"),
            "t3/b.js": script_function("group", "row", "  options.log?.('grouped', rowGroups.size);\n"),
        },
    )
    document = audited("corpus", "--types", types)
    assert set(findings(document).values()) == found
    assert set(document["summary"]["by_type"]) == set(types.split(","))


def test_the_methods_of_a_copied_class_are_told_by_the_class(corpus: Path) -> None:
    text = java_class("Counter", java_method("count", "name"), java_method("sum", "title"))
    write_tree(corpus, {"a/Counter.java": text, "b/Counter.java": text.replace("logger", "log")})
    found = findings(audited())
    assert ("a/Counter.java:1-25", "b/Counter.java:1-25") in found
    [inside] = [members for members in found if len(members) > 2]  # the methods are alike among themselves
    assert len(inside) == 4
    assert len(found) == 2


def test_a_method_that_stands_in_a_third_place_too_is_a_class_of_its_own(corpus: Path) -> None:
    shared = python_function("group", "word").replace("\n", "\n    ").rstrip(" ")
    text = f"class Counter:\n    def first(self):\n{deeper(steps('own', 15))}\n    {shared}"
    write_tree(corpus, {"a.py": text, "b.py": text, "other.py": python_function("group", "word")})
    assert findings(audited()) == {
        ("a.py:1-28", "b.py:1-28"): "T1",
        ("a.py:19-28", "b.py:19-28", "other.py:1-10"): "T1",
    }


def test_a_class_is_no_clone_of_its_own_only_method(corpus: Path) -> None:
    write_tree(corpus, {"A.java": java_class("A", java_method("count", "name")), "b.py": unique(2)})
    assert findings(audited()) == {}


def test_a_block_inside_two_large_functions_is_found_with_its_lines(corpus: Path) -> None:
    block = python_function("x", "word").partition("\n")[2]
    texts = {
        f"{name}.py": f"def {name}(self, word_rows, limit):\n{steps(name, before)}{block}"
        for name, before in (("alpha", 20), ("beta", 33))
    }
    write_tree(corpus, texts)
    [found] = audited()["classes"]
    assert found["members"][0]["kind"] == "block"
    assert [member["name"] for member in found["members"]] == ["alpha", "beta"]
    assert found["action"] == "extract a function"
    assert places(found) == ["alpha.py:22-30", "beta.py:35-43"]


def test_a_block_keeps_its_lines_in_copies_that_are_laid_out_otherwise(corpus: Path) -> None:
    block = python_function("x", "word").partition("\n")[2]
    plain = f"def alpha(self, word_rows, limit):\n{steps('alpha', 20)}{block}"
    aired = plain.replace("    if not", "\n\n    # nothing\n    if not")
    write_tree(
        corpus,
        {
            "a.py": plain,
            "b.py": "\n\n\n" + aired,
            "beta.py": f"def beta(self, word_rows, limit):\n{steps('beta', 33)}{block}",
        },
    )
    found = findings(audited())
    assert ("a.py:22-30", "b.py:25-36", "beta.py:35-43") in found


def test_what_is_smaller_than_asked_is_left_out_in_lines_and_in_tokens(corpus: Path) -> None:
    write_tree(corpus, {"a.py": python_function("group", "word"), "b.py": python_function("other", "word")})
    assert len(findings(audited("corpus", "--min-lines", "10"))) == 1
    assert findings(audited("corpus", "--min-lines", "11")) == {}
    assert findings(audited("corpus", "--min-tokens", "500")) == {}


def test_tables_of_data_are_no_clones(corpus: Path) -> None:
    rows = "".join(f"        {n}, 0x{n:x}, '{n}', {n * n},\n" for n in range(40))
    table = f"def table():\n    return [\n{rows}    ]\n"
    write_tree(corpus, {"a.py": table, "b.py": table.replace("table", "data")})
    assert findings(audited()) == {}


def record(name: str, *fields: str) -> str:
    """A Python class that only declares fields."""
    declared = "".join(f"    {field}: int\n    {field}_name: str | None = None\n" for field in fields)
    return f'@dataclass(frozen=True)\nclass {name}:\n    """A record."""\n\n{declared}'


def test_records_of_other_fields_are_no_clones_and_a_copied_one_is(corpus: Path) -> None:
    files = {
        "a.py": record("Point", "left", "top", "depth"),
        "b.py": record("Order", "price", "count", "stock"),
        "c.py": record("Order", "price", "count", "stock"),
        "d.py": record("Offer", "price", "count", "stock"),
    }
    write_tree(corpus, files)
    assert findings(audited()) == {("b.py:1-10", "c.py:1-10", "d.py:1-10"): "T2"}


@pytest.mark.parametrize("types", ["T1,T2", "T2", "T1,T2,T3"])
def test_a_renamed_record_is_found_whether_or_not_near_misses_are_wanted(corpus: Path, types: str) -> None:
    files = {
        "a.py": record("Point", "left", "top", "depth"),
        "b.py": record("Order", "price", "count", "stock"),
        "c.py": record("Offer", "price", "count", "stock"),
    }
    write_tree(corpus, files)
    assert findings(audited("corpus", "--types", types)) == {("b.py:1-10", "c.py:1-10"): "T2"}


def test_records_that_differ_by_one_more_name_each_are_compared_with_the_first(corpus: Path) -> None:
    fields = ["left", "top", "depth", "price", "count", "stock"]
    texts = {}
    for step in range(6):
        named = [f"other_{field}" for field in fields[:step]] + fields[step:]
        texts[f"{step}.py"] = record("Point", *named)
    write_tree(corpus, texts)
    for types in ("T1,T2", "T1,T2,T3"):
        for members in findings(audited("corpus", "--types", types)):
            assert not {"0.py:1-16", "5.py:1-16"} <= set(members)


def test_a_class_with_code_and_fields_is_compared_like_any_other(corpus: Path) -> None:
    method = python_function("group", "word").replace("\n", "\n    ").rstrip(" ")
    texts = {f"{name}.py": record(name, f"{name}_a", f"{name}_b") + f"\n    {method}" for name in ("A", "B")}
    write_tree(corpus, texts)
    assert list(findings(audited())) == [("A.py:1-19", "B.py:1-19")]


def test_a_copy_in_a_test_is_no_duplication_of_production_code(corpus: Path) -> None:
    write_tree(
        corpus,
        {
            "src/group.py": python_function("group", "word"),
            "tests/test_group.py": python_function("group", "word"),
        },
    )
    document = audited()
    assert document["classes"] == []
    summary = document["summary"]
    assert (summary["files"], summary["duplicated_lines"]) == (1, 0)
    counts = {role: found["classes"] for role, found in summary["by_role"].items()}
    assert counts == {"source": 0, "test": 1, "generated": 0, "vendored": 0}
    [found] = audited("corpus", "--role", "test")["classes"]
    assert [member["role"] for member in found["members"]] == ["source", "test"]
    assert findings(audited("corpus", "--role", "all")) == findings(audited("corpus", "--role", "test"))


def test_two_copies_in_production_code_count_whatever_the_tests_do(corpus: Path) -> None:
    text = python_function("group", "word")
    write_tree(corpus, {"src/a.py": text, "src/b.py": text, "tests/test_a.py": text})
    document = audited()
    [found] = document["classes"]
    assert (found["role"], len(found["members"]), document["summary"]["duplicated_lines"]) == (
        "source",
        3,
        20,
    )


def test_corpora_of_one_index_share_classes(user: Path) -> None:
    for name in ("left", "right"):
        write_tree(user / name, {"a.py": python_function("group", "word")})
    [found] = audited("left", "right")["classes"]
    assert [member["corpus"] for member in found["members"]] == ["left", "right"]
    assert found["target"] == ""
    assert audited("left")["classes"] == []  # the other one is indexed and not asked for
    assert len(audited("--no-refresh")["classes"]) == 1


def test_languages_share_a_class_on_request_only(corpus: Path) -> None:
    text = script_function("group", "row")
    write_tree(corpus, {"a.js": text, "b.ts": text})
    assert findings(audited()) == {}
    [found] = audited("corpus", "--cross-language")["classes"]
    assert (found["clone_type"], [member["language"] for member in found["members"]]) == (
        "T1",
        ["javascript", "typescript"],
    )


def test_a_language_or_a_path_narrows_what_is_compared(corpus: Path) -> None:
    write_tree(
        corpus,
        {
            "a/a.py": python_function("group", "word"),
            "a/b.py": python_function("group", "word"),
            "b/a.js": script_function("group", "row"),
            "b/b.js": script_function("group", "row"),
        },
    )
    assert list(findings(audited("corpus", "--lang", "javascript"))) == [("b/a.js:1-10", "b/b.js:1-10")]
    assert list(findings(audited("corpus", "--path", "a/**"))) == [("a/a.py:1-10", "a/b.py:1-10")]


def test_what_varies_and_what_to_do_are_said(corpus: Path) -> None:
    write_tree(
        corpus,
        {
            "app/one/a.py": python_function("group", "word"),
            "app/two/b.py": python_function("sort", "line", EXTRA_PYTHON),
        },
    )
    [found] = audited()["classes"]
    assert (found["clone_type"], found["target"], found["action"]) == ("T3", "app", "parameterise")
    assert found["variation"]["statements"] == 1
    assert ["word_rows", "line_rows"] in found["variation"]["names"]
    assert found["saved_lines"] <= found["lines"] == 11
    assert "2 near copies in 2 files" in found["explanation"]


def test_identical_functions_move_and_identical_functions_of_one_file_merge(corpus: Path) -> None:
    text = python_function("group", "word")
    write_tree(corpus, {"a/x.py": text, "b/x.py": text})
    assert [found["action"] for found in audited()["classes"]] == ["move to a shared module"]
    write_tree(corpus, {"a/x.py": text + "\n\n" + text, "b/x.py": ""})
    assert [found["action"] for found in audited()["classes"]] == ["keep one copy"]


def test_the_summary_counts_every_duplicated_line_once(corpus: Path) -> None:
    shared = python_function("group", "word").replace("\n", "\n    ").rstrip(" ")
    text = f"class Counter:\n    def first(self):\n{deeper(steps('own', 15))}\n    {shared}"
    other = python_function("group", "word") + unique(3)
    write_tree(corpus, {"a.py": text, "b.py": text, "other.py": other})
    summary = audited()["summary"]
    lines = 28 + 28 + len(other.splitlines())
    assert (summary["classes"], summary["pairs"], summary["lines"]) == (2, 4, lines)
    assert summary["duplicated_lines"] == 28 + 28 + 10
    assert summary["duplication_percent"] == round(100 * 66 / lines, 2)
