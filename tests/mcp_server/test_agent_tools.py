from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from audit_trees import python_function
from commandline import call, tally
from mcp_agent import COPIES, ESCAPE, Agent

from codesearch.mcp_server.paging import PAGE_CHARACTERS
from codesearch.mcp_server.server import MAX_MESSAGE

COLLECT = python_function("fetch", "item")
STRANGE = (
    "def scan(tree):\n    while tree.left is not None:\n        yield from tree.left\n        tree ^= ~7\n"
)


def all_pages(agent: Agent, tool: str, **arguments: object) -> list[tuple[str, dict[str, Any]]]:
    pages = [agent.ask(tool, **arguments)]
    while cursor := pages[-1][1]["page"]["next_cursor"]:
        assert f"call again with cursor '{cursor}'" in pages[-1][0]
        pages.append(agent.ask(tool, **arguments, cursor=cursor))
    return pages


def matches(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [match for result in document["results"] for match in result["matches"]]


def test_an_agent_is_told_when_to_call_which_tool(agent: Agent) -> None:
    tools = {tool.name: tool for tool in agent.tools()}
    assert list(tools) == ["find_clones", "compare", "list_clone_classes", "explain_class", "index_status"]
    assert "Does this code already exist" in tools["find_clones"].description
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    assert "find_clones" in (agent.client.instructions or "")


def test_schemas_have_nothing_that_some_client_cannot_read(agent: Agent) -> None:
    for tool in agent.tools():
        assert not {"anyOf", "oneOf", "$ref", "$defs"} & set(json.dumps(tool.input_schema).split('"'))
        for name, field in tool.input_schema["properties"].items():
            assert field.get("description"), f"{tool.name}.{name}"


def test_a_draft_is_found_where_it_exists_already(agent: Agent) -> None:
    text, document = agent.ask("find_clones", code=COLLECT)
    assert "clones found" in text.splitlines()[0]
    assert "corpus/shop/orders.py:1-10 collect" in text
    assert "corpus/shop/users.py:3-12 gather" in text
    assert document["schema"] == "codesearch.query/1"
    assert {match["path"] for match in matches(document)} >= {"shop/orders.py", "shop/users.py"}


def test_a_function_that_is_new_is_said_to_be_new(agent: Agent) -> None:
    text, document = agent.ask("find_clones", code=STRANGE, min_probability=0.9)
    assert text == "No clone found for 1 fragment of python."
    assert matches(document) == []


def test_matches_are_those_of_the_command_line(agent: Agent, at_home: Path) -> None:
    del at_home
    printed = call("query", "-", "--json", "-k", "10", "--lang", "python", stdin=COLLECT.encode()).document
    _, document = agent.ask("find_clones", code=COLLECT, include_unlikely=True)
    for found in (printed, document):
        del found["timing_ms"]
    for match in matches(printed):
        match["evidence"] = []
    del document["page"], document["resources"], document["more_occurrences"]
    assert document == printed


@pytest.mark.parametrize("path", ["corpus/shop/orders.py", "shop/orders.py", "{home}/corpus/shop/orders.py"])
def test_a_file_is_named_from_the_working_folder_the_corpus_or_in_full(
    agent: Agent, code_base: Path, path: str
) -> None:
    _, document = agent.ask(
        "find_clones", path=path.format(home=code_base / "home"), lines="1-10", types="T2"
    )
    paths = [match["path"] for match in matches(document)]
    assert paths == ["shop/users.py"], "its own place is no match"


def test_a_file_without_lines_asks_about_each_of_its_functions(agent: Agent) -> None:
    text, document = agent.ask("find_clones", path="Counter.java")
    assert document["query"]["language"] == "java"
    assert "Tallier.java" in text


def test_matches_are_filtered(agent: Agent) -> None:
    def paths(**filters: object) -> set[str]:
        return {match["path"] for match in matches(agent.ask("find_clones", code=COLLECT, **filters)[1])}

    assert paths(path_glob="users.py") == {"shop/users.py"}
    assert paths(path_glob=["users.py", "orders.py"], types=["T2"]) == {"shop/users.py", "shop/orders.py"}
    assert paths(role="test") == set()
    assert paths(languages="java") <= {"Counter.java", "Tallier.java"}
    assert paths(types="T1") == set()
    assert len(matches(agent.ask("find_clones", code=COLLECT, k=1)[1])) == 1


def test_source_lines_are_shown_when_asked_for(agent: Agent) -> None:
    text, _ = agent.ask("find_clones", code=COLLECT, code_lines=2, path_glob="orders.py")
    assert "   | def collect(self, order_rows, limit):\n   |     order_found = {}" in text
    assert "order_row.strip" not in text


def test_pages_hold_every_match_once_and_stay_small(agent: Agent) -> None:
    pages = all_pages(agent, "find_clones", code=tally("sum_of_mine"), k=100, types="T2")
    assert len(pages) > 1
    found = [match["path"] for _, document in pages for match in matches(document)]
    assert len(found) == len(set(found)) == COPIES
    assert max(len(text) for text, _ in pages) < PAGE_CHARACTERS + 500
    assert {document["page"]["total"] for _, document in pages} == {COPIES}


def test_a_cursor_of_another_question_is_refused(agent: Agent) -> None:
    _, document = agent.ask("find_clones", code=tally("sum_of_mine"), k=100)
    cursor = document["page"]["next_cursor"]
    message = agent.refused("find_clones", code=tally("sum_of_mine"), k=99, cursor=cursor)
    assert (
        message
        == "the cursor is of another question, or the index has changed since: ask again without cursor"
    )


def test_two_texts_are_compared_line_by_line(agent: Agent) -> None:
    text, document = agent.ask(
        "compare", first_code=python_function("f", "a"), second_code=python_function("f", "b")
    )
    assert text.startswith("clone T2 ")
    assert "\n- def f(self, a_rows, limit):" in text
    assert "\n+ def f(self, b_rows, limit):" in text
    assert (document["schema"], document["clone_type"]) == ("codesearch.compare/1", "T2")
    assert document["evidence"]


def test_a_long_alignment_is_cut_and_says_how_to_see_the_rest(agent: Agent) -> None:
    def long(name: str) -> str:
        rows = (f"    {name} = step_{n}({name}, {n})\n    emit({n})\n" for n in range(400))
        return f"def run({name}):\n{''.join(rows)}"

    text, document = agent.ask("compare", first_code=long("a"), second_code=long("b"))
    assert len(text) < 6_000
    assert re.search(r"… [\d,]+ more lines: compare fewer lines", text)
    assert len(document["evidence"]) == 100
    assert document["page"]["left_out"] == ["evidence"]
    assert "evidence:left-out" in document["degraded"]


def test_many_pairs_share_the_room_for_their_alignments(agent: Agent) -> None:
    first = "\n".join(python_function(f"f{n}", "a") for n in range(3))
    second = "\n".join(python_function(f"g{n}", "b") for n in range(3))
    text, document = agent.ask("compare", first_code=first, second_code=second)
    assert len(document["pairs"]) == 3
    assert all(0 < len(pair["evidence"]) <= 5 for pair in document["pairs"])
    assert "- def" not in text
    assert "Compare one pair by its lines" in text


def test_a_file_is_compared_with_a_text(agent: Agent) -> None:
    text, document = agent.ask(
        "compare", first_path="corpus/shop/users.py", first_lines="3-12", second_code=COLLECT
    )
    assert "corpus/shop/users.py:3-12 gather and 1-10 fetch" in text
    assert document["verdict"] == "clone"


def test_a_file_keeps_its_language_whatever_is_said_of_texts(agent: Agent) -> None:
    _, document = agent.ask("find_clones", path="corpus/shop/users.py", language="java")
    assert document["query"]["language"] == "python"


def test_a_file_of_no_known_language_is_not_opened_under_another_name(agent: Agent) -> None:
    for tool, argument in (("find_clones", "path"), ("compare", "first_path")):
        other = {"second_code": COLLECT} if tool == "compare" else {}
        message = agent.refused(tool, **{argument: ".env", "language": "python"}, **other)
        assert message.endswith("pass its text as code")


def test_classes_of_the_last_audit_are_listed(agent: Agent) -> None:
    pages = all_pages(agent, "list_clone_classes")
    listed = [found for _, document in pages for found in document["classes"]]
    assert len(listed) == pages[0][1]["page"]["total"] == pages[0][1]["summary"]["classes"]
    text = "\n".join(text for text, _ in pages)
    assert f"9 lines in {COPIES} places" in text
    assert f"and in {COPIES - 4} more places" in text
    assert "Suggestion: " in text


def test_classes_are_filtered(agent: Agent) -> None:
    def count(**filters: object) -> int:
        return int(agent.ask("list_clone_classes", **filters)[1]["page"]["total"])

    assert count(path_glob="many/*") == 1
    assert count(path_glob="nowhere/*") == count(types="T4") == count(role="vendored") == 0
    assert count(only_new=True) == 0, "nothing is new in a first audit"
    assert 0 < count(path_glob=["*.java"]) < count()


def test_a_class_is_explained(agent: Agent) -> None:
    [found] = agent.ask("list_clone_classes", path_glob="*.java")[1]["classes"][:1]
    text, document = agent.ask("explain_class", id=found["id"][:9])
    assert document["schema"] == "codesearch.audit-class/1"
    assert document["id"] == found["id"]
    assert "Varies: " in text
    assert "In common (… differs):" in text
    assert "- " in text
    assert "corpus/Counter.java:" in text
    assert "corpus/Tallier.java:" in text


def test_places_of_a_large_class_come_in_pages_if_need_be(agent: Agent) -> None:
    [found] = agent.ask("list_clone_classes", path_glob="many/*")[1]["classes"]
    pages = all_pages(agent, "explain_class", id=found["id"])
    members = [member["path"] for _, document in pages for member in document["members"]]
    assert len(set(members)) == COPIES


def test_status_says_what_is_indexed(agent: Agent, at_home: Path) -> None:
    del at_home
    text, document = agent.ask("index_status")
    assert document == call("status", "--json").document
    assert "python " in text
    assert "java 2" in text
    assert "The last audit found " in text


def test_nothing_in_a_text_acts_on_a_terminal(agent: Agent) -> None:
    for tool, arguments in (
        ("find_clones", {"code": COLLECT, "code_lines": 60, "path_glob": "odd.py"}),
        ("find_clones", {"code": f"{COLLECT}# {ESCAPE} <script>alert(1)</script>\n"}),
        ("compare", {"first_path": "odd.py", "second_code": f"{COLLECT}# {ESCAPE}\n"}),
        ("find_clones", {"path": ESCAPE}),
    ):
        [content] = agent.call(tool, **arguments).content
        assert not set(content.text) & set("\x1b\x07")


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("find_clones", {}, "name either code or path"),
        ("find_clones", {"code": "   "}, "name either code or path"),
        ("find_clones", {"code": COLLECT, "path": "odd.py"}, "name either code or path"),
        ("find_clones", {"code": COLLECT, "lines": "9-2"}, "not a range of lines: '9-2'"),
        ("find_clones", {"code": "\0\1" * 99, "language": "python"}, "the code is binary"),
        ("find_clones", {"code": COLLECT, "language": "klingon"}, "unknown language 'klingon'"),
        ("find_clones", {"code": COLLECT, "languages": "klingon"}, "unknown language 'klingon'"),
        ("find_clones", {"code": "lorem ipsum"}, "cannot tell the language of the code: name it"),
        ("find_clones", {"code": "# only\n", "language": "python"}, "nothing to compare in the code"),
        ("find_clones", {"code": "x" * (9 << 20)}, "the code has 9,437,184 bytes, more than 262,144"),
        ("find_clones", {"code": "(" * 5000 + ")" * 5000, "language": "python"}, "cannot parse the code"),
        ("find_clones", {"code": COLLECT, "k": 0}, "k: Input should be greater than or equal to 1"),
        ("find_clones", {"code": COLLECT, "role": "main"}, "role.0: Input should be 'source'"),
        ("find_clones", {"code": COLLECT, "limit": 5}, "limit: Extra inputs are not permitted"),
        ("find_clones", {"code": COLLECT, "cursor": "7.0"}, "the cursor is of another question"),
        (
            "find_clones",
            {"code": COLLECT, "path_glob": "*a" * 12 + "b"},
            "path_glob.0: Value error, a glob has",
        ),
        ("find_clones", {"code": COLLECT, "language": "x" * (1 << 20)}, "unknown language 'xxx"),
        (
            "list_clone_classes",
            {"path_glob": "**/" * 12},
            "path_glob.0: Value error, a glob has at most 5 stars",
        ),
        ("find_clones", {"code": 7}, "code: Input should be a valid string"),
        ("find_clones", {"path": "shop/orders.py", "lines": "9-2"}, "not a range of lines: '9-2'"),
        ("find_clones", {"path": "shop/orders.py", "lines": "90-99"}, "lines 90-99 are not in the source"),
        ("find_clones", {"path": "nowhere.py"}, "no file nowhere.py in an indexed corpus"),
        ("find_clones", {"path": "binary.py"}, "binary.py is binary"),
        ("find_clones", {"path": "a\0b"}, "no file "),
        ("find_clones", {"path": "x" * 10_000}, "no file "),
        ("compare", {"first_code": COLLECT}, "name either code or path"),
        ("explain_class", {"id": "nothing"}, "no clone class 'nothing': list_clone_classes gives their ids"),
        ("explain_class", {}, "id: Field required"),
    ],
)
def test_bad_input_is_one_line(agent: Agent, tool: str, arguments: dict[str, object], message: str) -> None:
    told = agent.refused(tool, **arguments)
    assert message in told
    assert len(told) <= MAX_MESSAGE


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../outside/secret.py", "corpus/../outside/secret.py", "linked.py", "linked/secret.py"],
)
def test_no_file_outside_the_corpora_is_opened(agent: Agent, path: str) -> None:
    for tool, argument in (("find_clones", "path"), ("compare", "first_path")):
        other = {"second_code": COLLECT} if tool == "compare" else {}
        assert f"no file {path} in an indexed corpus" in agent.refused(tool, **{argument: path}, **other)


def test_source_text_never_reaches_the_messages_of_the_server(agent: Agent, messages: Path) -> None:
    marker = "very_private_name"
    agent.ask("find_clones", code=COLLECT.replace("fetch", marker))
    agent.refused("find_clones", code=f"{marker} \0\1\2")
    agent.refused("find_clones", code=marker, k="many", nonsense=marker)
    assert marker not in messages.read_text(encoding="utf-8")
