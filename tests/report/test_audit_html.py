from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from audit_html_samples import Sources, audit, clone_class, member, page_of, pair, run

from codesearch.core.audit import Gate
from codesearch.core.errors import EnvironmentFailure
from codesearch.report.audit_html import page
from codesearch.report.audit_html.limits import Limits

HOSTILE = "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>\"'&\u202e\x1b[31m\ud800"
SHOWN = (
    "</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>\"'&\\u202e\\x1b[31m\\ud800"
)


class Page(HTMLParser):
    """Start tags, the visible text, and what is inside script and style elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = ""
        if tag in ("script", "style"):
            self._inside = dict(attrs).get("id") or tag
            self.raw[self._inside] = ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def island(self, name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.raw[f"audit-{name}"])
        return document


def test_page_shows_the_summary_the_gate_and_what_was_degraded() -> None:
    gate = Gate(False, ("2 new clone classes", "duplication is 8 %, over 3 %"))
    text = Page(page_of(audit(pair(1), gate=gate, degraded=("grammar-missing:zig",)))).text
    assert "12 files, 1,000 lines and 50 fragments compared" in text
    assert "8.00 %" in text
    assert "The gate is closed. 2 new clone classes duplication is 8 %, over 3 %" in text
    assert "Did not run as configured: grammar-missing:zig" in text
    assert "no baseline" in text


def test_open_gate_and_fixed_classes_are_said() -> None:
    text = Page(page_of(replace(audit(pair(1, new=True)), fixed=("gone",)))).text
    assert "The gate is open." in text
    assert "New 1 1 fixed" in text


def test_first_classes_can_be_read_without_javascript() -> None:
    text = Page(page_of(audit(*map(pair, range(3))), limits=Limits(static=2))).text
    assert "src/a0.py:1-4" in text
    assert "src/a1.py:1-4" in text
    assert "src/a2.py:1-4" not in text
    assert "1 more class, source text and filters need JavaScript" in text


def test_page_without_classes_says_so() -> None:
    read = Page(page_of(audit()))
    assert "No clone class was found." in read.text
    assert read.island("classes")["classes"] == []


def test_data_holds_classes_members_text_and_alignment() -> None:
    read = Page(page_of(audit(pair(1))))
    data, sources = read.island("classes"), read.island("sources")
    (found,) = data["classes"]
    assert (found["id"], found["type"], found["places"]) == ("c00001", "T3", 2)
    assert found["variation"]["names"] == [["source", "origin"]]
    assert [data["paths"][row[0]] for row in found["members"]] == ["src/a1.py", "lib/b1.py"]
    assert sources["texts"][0][0].startswith("def copy(source, target):\n    data")
    assert sources["texts"][0][1].startswith("k4f4p")
    assert sources["members"] == [[0, -1, 1, 0]]
    assert sources["rows"] == [[2, 0, 0, 2, 1, 2, 2, 1, 5, 3, -1, 1, 4, -1, 3, 1]]


def test_equal_text_is_embedded_and_aligned_once() -> None:
    copies = clone_class("x", *(member(f"{name}.py", content="0a") for name in "abc"))
    sources = Page(page_of(audit(copies, pair(2)))).island("sources")
    assert len(sources["texts"]) == 2
    assert sources["members"][0] == [0, -1, 0, 0, 0, 0]
    assert sources["rows"][0] == [1, 0, 0, 4]


def test_paths_name_the_corpus_where_there_are_several() -> None:
    first = member("a.py", content="0a")
    second = replace(first, place=replace(first.place, corpus="other"))
    assert Page(page_of(audit(clone_class("x", first, second)))).island("classes")["paths"] == [
        "corpus/a.py",
        "other/a.py",
    ]


def test_folders_of_the_machine_are_not_in_the_page() -> None:
    assert "/home/me" not in page_of(audit(pair(1)))


def test_same_audit_gives_the_same_bytes() -> None:
    report = audit(*map(pair, range(20)))
    sources = Sources(runs=[run(1, 80), run(2, 60)])
    assert page_of(report, sources) == page_of(report, sources)


def test_page_loads_nothing_and_allows_only_its_own_script_and_style() -> None:
    read = Page(page_of(audit(pair(1)), Sources(runs=[run(1, 80), run(2, 60)])))
    for _, attributes in read.tags:
        assert not {"src", "srcset", "style", "action", "onclick"} & set(attributes)
        assert re.match(r"#|data:,$", attributes.get("href") or "#")
    assert not re.search(r"url\(|@import|https?:", read.raw["style"] + read.raw["script"])
    (policy,) = [str(a["content"]) for _, a in read.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(read.raw[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_hostile_text_stays_text() -> None:
    hostile = clone_class(
        HOSTILE,
        member(HOSTILE, HOSTILE, "0a", language=HOSTILE),
        member(f"b/{HOSTILE}", HOSTILE, "0b"),
        explanation=HOSTILE,
        names=((HOSTILE, HOSTILE),),
    )
    report = audit(hostile, gate=Gate(False, (HOSTILE,)), degraded=(HOSTILE,))
    report = replace(
        report, roots={HOSTILE: "/"}, classes=(replace(hostile, decided_by=HOSTILE, target=HOSTILE),)
    )
    plain = page_of(audit(pair(1), gate=Gate(False, ("reason",)), degraded=("reason",)))
    html = page_of(report, Sources({"0a" * 16: [HOSTILE], "0b" * 16: ["x", HOSTILE]}))
    read = Page(html)
    assert [tag for tag, _ in read.tags].count("script") == 3
    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in Page(plain).tags}
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert "\ud800" not in html
    (found,) = read.island("classes")["classes"]
    assert (found["id"], found["explanation"], found["variation"]["names"]) == (
        SHOWN,
        SHOWN,
        [[SHOWN, SHOWN]],
    )
    assert read.island("sources")["texts"][1][0] == f"x\n{SHOWN}"
    assert html.encode("utf-8")


def test_indentation_that_all_lines_share_is_left_out() -> None:
    sources = Sources({"0a" * 16: ["\tif x:", "", "\t\treturn y"], "0b" * 16: ["x"]})
    texts = Page(page_of(audit(pair(1)), sources)).island("sources")["texts"]
    assert texts[0][0] == "if x:\n\n    return y"


def test_everything_cut_is_counted_and_said() -> None:
    many = clone_class("x", *(member(f"{name}.py", content="0a") for name in "abcde"))
    limits = Limits(classes=2, members=3, lines=2, columns=10)
    text = Page(page_of(audit(many, pair(1), pair(2)), limits=limits)).text
    assert "1 clone class is not shown" in text
    assert "2 members are not listed" in text
    assert "4 lines of source are not embedded" in text  # 2 of each of the 2 texts
    assert "4 long lines of source are shortened" in text


def test_cut_line_says_how_much_is_missing() -> None:
    texts = Page(page_of(audit(pair(1)), limits=Limits(columns=8))).island("sources")["texts"]
    assert texts[0][0].split("\n")[0] == "def copy … 17 more characters"


def test_changed_file_leaves_the_class_without_source() -> None:
    read = Page(page_of(audit(pair(1)), Sources({"0a" * 16: ["x = 1"]})))
    assert read.island("sources")["members"] == [[0, -1, -1, -1]]
    assert "1 member has no source here because a file is gone or has changed since." in read.text


def test_full_page_embeds_one_comparison_of_every_class_first() -> None:
    contents = [f"{number:02x}" for number in range(8)]
    texts = {key * 16: [f"{key} = {'x' * 80}"] for key in contents}
    wide = clone_class("w", *(member(f"{key}.py", content=key) for key in contents[:6]))
    narrow = clone_class("n", *(member(f"{key}.py", content=key) for key in contents[6:]))
    read = Page(page_of(audit(wide, narrow), Sources(texts), Limits(source_bytes=700)))
    first, second = read.island("sources")["members"]
    assert -1 not in second[2:]
    assert first[0] >= 0
    assert first[2] >= 0
    assert first[-2:] == [-1, -1]
    assert re.search(r"\d members have no source here to keep this file small", read.text)


def test_large_classes_give_way_so_that_every_class_is_listed() -> None:
    wide = clone_class("w", *(member(f"{number}.py", content="0a") for number in range(50)))
    read = Page(page_of(audit(wide, pair(1), pair(2)), limits=Limits(listed=14)))
    assert [len(found["members"]) for found in read.island("classes")["classes"]] == [10, 2, 2]
    assert "40 members are not listed" in read.text


@pytest.mark.parametrize(("members", "lines"), [(2, 12), (14, 4)])
def test_ten_thousand_classes_stay_within_twenty_megabytes(members: int, lines: int) -> None:
    classes = [
        clone_class(
            f"{number:016x}",
            *(
                member(
                    f"src/folder{number % 90}/file{number % 700}.zz", "f", f"{number:04x}{copy:04x}", "none"
                )
                for copy in range(members)
            ),
        )
        for number in range(10_000)
    ]
    texts = {
        (f"{number:04x}{copy:04x}") * 16: [f"value = table[{number}][{copy}]"] * lines
        for number in range(10_000)
        for copy in range(2)
    }
    html = page_of(audit(*classes), Sources(texts))
    read = Page(html)
    assert len(html.encode("utf-8")) < 20_000_000
    assert len(read.island("classes")["classes"]) == 10_000


def test_text_of_any_size_stays_within_twenty_megabytes() -> None:
    contents = [f"{number:03x}" for number in range(600)]
    texts = {key * 16: [f"{key} {'é' * 290}"] * 500 for key in contents}
    classes = [
        clone_class(key, member(f"{key}a", content=key, language="none"), member(f"{key}b", content=key))
        for key in contents
    ]
    html = page_of(audit(*classes), Sources(texts))
    assert len(html.encode("utf-8")) < 20_000_000
    assert "have no source here to keep this file small" in Page(html).text


def test_trend_needs_two_finished_runs() -> None:
    unfinished = replace(run(3, 50), summary=None)
    assert "Trend" not in Page(page_of(audit(pair(1)), Sources(runs=[run(1, 80), unfinished]))).text
    text = Page(page_of(audit(pair(1)), Sources(runs=[run(1, 80), run(2, 60), unfinished]))).text
    assert "Duplication: 6.00 % from 8.00 %" in text
    assert "Clone classes: 42 from 41" in text
    assert "2025-10-10 08:53" in text


def test_damaged_installation_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "STYLES", ("missing.css",))
    with pytest.raises(EnvironmentFailure, match="reinstall"):
        page_of(audit(pair(1)))
