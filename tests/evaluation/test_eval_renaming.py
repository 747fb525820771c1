from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codesearch.cli.main import main
from codesearch.evaluation import declarations
from codesearch.evaluation.datasets import LabelledFragment
from codesearch.evaluation.parsing import parse_labelled
from codesearch.evaluation.renaming import can_rename, rename_declared
from indexer.fragments import fragments_of, whole_fragment
from indexer.parsing.languages import registry

_WORDS = re.compile(r"\w+")


def renamed(language: str, code: str) -> str:
    return rename_declared(code, registry().get(language))


# Every kind of declaration that contest code is made of, by language.
DECLARATIONS = {
    "python": (
        "def area(w, *rest, h=1):\n    for i, x in zip(rest):\n        w += x\n    return max(w, h)\n",
        "def v1(v2, *v3, v4=1):\n    for v5, v6 in zip(v3):\n        v2 += v6\n    return max(v2, v4)\n",
    ),
    "java": (
        "class S { int n; int f(List<T> a) { for (T x : a) n += x.size(); a.each(y -> g(y)); return n; } }",
        "class v1 { int v2; int v3(List<T> v4) { for (T v5 : v4) v2 += v5.size(); v4.each(v6 -> g(v6)); "
        "return v2; } }",
    ),
    "c": (
        "struct p { int x; }; int sum(struct p *a, int n) { int i, s = 0; for (i = 0; i < n; i++) "
        's += a[i].x; printf("%d", s); return s; }',
        "struct v1 { int v2; }; int v3(struct v1 *v4, int v5) { int v6, v7 = 0; for (v6 = 0; v6 < v5; v6++) "
        'v7 += v4[v6].v2; printf("%d", v7); return v7; }',
    ),
    "cpp": (
        "#define rep(i, n) for (int i = 0; i < n; i++)\n"
        "int f(vector<int>& a) { stack<int> stack; auto g = [&](int x) { return x; }; "
        "rep(j, 3) stack.push(g(a[j])); for (auto& [k, v] : m) sort(k); return stack.top(); }",
        "#define v1(v2, v3) for (int v2 = 0; v2 < v3; v2++)\n"
        "int v4(vector<int>& v5) { stack<int> v6; auto v7 = [&](int v8) { return v8; }; "
        "v1(v9, 3) v6.push(v7(v5[v9])); for (auto& [v10, v11] : m) sort(v10); return v6.top(); }",
    ),
    "go": (
        "type T struct { n int }\nfunc (t *T) Add(x int) { t.n += x; y, ok := m[x]; fmt.Println(y, ok) }",
        "type v1 struct { v2 int }\nfunc (v3 *v1) v4(v5 int) { v3.v2 += v5; v6, v7 := m[v5]; "
        "fmt.Println(v6, v7) }",
    ),
    "rust": (
        "impl Solution { fn f(a: Vec<i32>) -> i32 { let mut s = 0; for (i, x) in a.iter().enumerate() "
        "{ s += x; } match g(s) { Some(y) => y, None => Self::f(vec![s]) } } }",
        "impl Solution { fn v1(v2: Vec<i32>) -> i32 { let mut v3 = 0; for (v4, v5) in v2.iter().enumerate() "
        "{ v3 += v5; } match g(v3) { Some(v6) => v6, None => Self::v1(vec![v3]) } } }",
    ),
    "javascript": (
        "var f = function (a) { const [x, y = 1] = a; let { left, right: r } = g(x); total = x + y; "
        "for (const set of a) set.add(r, { left: 1 }); return `${left}: x`; };",
        "var v1 = function (v2) { const [v3, v4 = 1] = v2; let { v5, right: v6 } = g(v3); v7 = v3 + v4; "
        "for (const v8 of v2) v8.add(v6, { left: 1 }); return `${v5}: x`; };",
    ),
    "typescript": (
        "class A { #n = 0; f(a: number[], b?: Node): number { this.#n = a.length; return b.n; } }",
        "class v1 { #v2 = 0; v3(v4: number[], v5?: Node): number { this.#v2 = v4.length; return v5.n; } }",
    ),
    "csharp": (
        "class P { int Count { get; set; } void Main(string[] args) { foreach (var (k, v) in d) Count += v; "
        "int.TryParse(s, out var n); xs.Select(x => x + n).Count(); } }",
        "class v1 { int v2 { get; set; } void Main(string[] v3) { foreach (var (v4, v5) in d) v2 += v5; "
        "int.TryParse(s, out var v6); xs.Select(v7 => v7 + v6).Count(); } }",
    ),
    "kotlin": (
        "fun f(a: IntArray): Int { val (x, y) = g(a); for (i in 0 until a.size) { h(i) { u -> u + x } }; "
        'println("${y} y"); return a.max() }',
        "fun v1(v2: IntArray): Int { val (v3, v4) = g(v2); for (v5 in 0 until v2.size) { h(v5) { v6 -> "
        'v6 + v3 } }; println("${v4} y"); return v2.max() }',
    ),
    "swift": (
        "func f(_ a: [Int], by k: Int) -> Int { var (s, t) = (0, 0); for x in a { s += x }; "
        "if let y = a.first { t = y }; return f(a, by: s) + a.sorted(by: g).count }",
        "func v1(_ v2: [Int], v3 v4: Int) -> Int { var (v5, v6) = (0, 0); for v7 in v2 { v5 += v7 }; "
        "if let v8 = v2.first { v6 = v8 }; return v1(v2, v3: v5) + v2.sorted(by: g).count }",
    ),
    "php": (
        "class A { private $n; function f($count, &$b) { $this->n = count($count); "
        'foreach ($b as $k => $v) { $m[$k] = $v; } return "$k {$this->n}"; } }',
        "class v1 { private $v2; function v3($v4, &$v5) { $this->v2 = count($v4); "
        'foreach ($v5 as $v6 => $v7) { $v8[$v6] = $v7; } return "$v6 {$this->v2}"; } }',
    ),
    "ruby": (
        'def f(a, k: 1)\n  s, (t, u) = 0, a\n  a.each { |x| s += x }\n  puts "#{s} s"\n  f(s, k: t)\nend\n',
        'def v1(v2, v3: 1)\n  v4, (v5, v6) = 0, v2\n  v2.each { |v7| v4 += v7 }\n  puts "#{v4} s"\n'
        "  v1(v4, v3: v5)\nend\n",
    ),
    "scala": (
        "object S { def f(a: Array[Int]): Int = { val (x, y) = g(a); for (i <- a) h(i); "
        "a.map(u => u + x).sum match { case Some(w) => w; case None => y } } }",
        "object v1 { def v2(v3: Array[Int]): Int = { val (v4, v5) = g(v3); for (v6 <- v3) h(v6); "
        "v3.map(v7 => v7 + v4).sum match { case Some(v8) => v8; case None => v5 } } }",
    ),
}


@pytest.mark.parametrize("language", DECLARATIONS)
def test_declared_names_are_replaced_and_library_names_stay(language: str) -> None:
    code, expected = DECLARATIONS[language]
    assert renamed(language, code) == expected


@pytest.mark.parametrize("language", DECLARATIONS)
def test_renaming_twice_changes_nothing_more(language: str) -> None:
    once = renamed(language, DECLARATIONS[language][0])
    assert renamed(language, once) == once


@pytest.mark.parametrize("language", DECLARATIONS)
def test_in_broken_code_nothing_but_words_changes(language: str) -> None:
    code = DECLARATIONS[language][0]
    for cut in range(0, len(code), 7):
        broken = code[:cut] + code[cut + 3 :]
        assert _WORDS.split(renamed(language, broken)) == _WORDS.split(broken)


def test_every_query_belongs_to_a_language_and_fits_its_grammar() -> None:
    queries = {path.stem for path in Path(declarations.__file__).parent.glob("*.scm")}
    languages = [language for language in registry() if can_rename(language)]
    assert {language.query for language in languages} == queries
    for language in languages:
        assert rename_declared("", language) == ""


def test_a_language_without_a_query_keeps_its_names() -> None:
    assert not can_rename(registry().get("dart"))
    assert renamed("dart", "int add(int a) => a;") == "int add(int a) => a;"


def test_comments_and_strings_stay() -> None:
    code = 'def total(row):\n    # the total of a row\n    return f"{row} row" + "row"\n'
    assert renamed("python", code) == (
        'def v1(v2):\n    # the total of a row\n    return f"{v2} row" + "row"\n'
    )


def test_names_that_the_language_gives_a_meaning_stay() -> None:
    assert renamed("python", "class A:\n    def __init__(self, _):\n        pass\n") == (
        "class v1:\n    def __init__(self, _):\n        pass\n"
    )
    assert renamed("c", "int main(void) { return 0; }") == "int main(void) { return 0; }"
    assert renamed("c", "#define int long long\nint f(int x) { return x; }") == (
        "#define int long long\nint v1(int v2) { return v2; }"
    )


def test_a_new_name_that_is_in_use_is_skipped() -> None:
    assert renamed("python", "def f(a):\n    return v1(a) + a.v2\n") == (
        "def v3(v4):\n    return v1(v4) + v4.v2\n"
    )


def test_a_method_of_a_library_is_not_the_one_of_that_name_in_the_code() -> None:
    code = (
        "class MyStack:\n    def __init__(self):\n        self.q = []\n\n"
        "    def append(self, x):\n        self.q.append(x)\n        self.append(x)\n"
    )
    assert renamed("python", code) == (
        "class v1:\n    def __init__(self):\n        self.v2 = []\n\n"
        "    def v3(self, v4):\n        self.v2.append(v4)\n        self.v3(v4)\n"
    )


def test_a_method_is_replaced_where_the_receiver_is_of_its_class() -> None:
    code = "class UF { int find(int x) { return x; } int size; }; int f(UF uf, vector<int> v) {\n"
    after = "class v1 { int v2(int v3) { return v3; } int v4; }; int v5(v1 v6, vector<int> v7) {\n"
    assert renamed("cpp", code + "return uf.find(1) + uf.size + g.find(2) + std::max(1, 2); }") == (
        after + "return v6.v2(1) + v6.v4 + g.find(2) + std::max(1, 2); }"
    )


def test_fields_are_replaced_only_where_the_code_holds_values_of_the_class() -> None:
    holds = (
        "class Node:\n    def __init__(self, left):\n        self.left = left\n\nx = Node(y.left)\nx.left = z"
    )
    assert renamed("python", holds) == (
        "class v1:\n    def __init__(self, v2):\n        self.v2 = v2\n\nv3 = v1(y.left)\nv3.v2 = z"
    )
    only_self = "class S:\n    def f(self, root):\n        self.left = root.left\n"
    assert renamed("python", only_self) == "class v1:\n    def v2(self, v3):\n        self.v4 = v3.left\n"


def test_keyword_arguments_follow_what_is_called() -> None:
    code = "def f(key):\n    return f(key=sorted(key, key=len))\n"
    assert renamed("python", code) == "def v1(v2):\n    return v1(v2=sorted(v2, key=len))\n"


def test_what_a_misread_text_calls_is_no_declaration() -> None:
    code = (
        'int main() { int n; scanf("%d", &n); return n; }\nMain.c: ignoring return value of scanf, declared\n'
    )
    assert renamed("c", code).startswith('int main() { int v1; scanf("%d", &v1); return v1; }')


_NAMES = st.lists(
    st.from_regex(r"[a-z]{3,6}_[a-z]{2,5}", fullmatch=True), min_size=4, max_size=4, unique=True
)
_ALIKE = {
    "python": "def {0}({1}, {2}):\n    {3} = len({1})\n    while {3}:\n        {3} -= {2}\n"
    "    return {0}({3}, 1)\n",
    "java": "static int {0}(int[] {1}, int {2}) {{ int {3} = {1}.length; while ({3} > 0) {3} -= {2}; "
    "return {0}({1}, {3}); }}",
    "go": "func {0}({1} []int, {2} int) int {{\n\t{3} := len({1})\n\tfor {3} > 0 {{ {3} -= {2} }}\n"
    "\treturn {0}({1}, {3})\n}}\n",
    "rust": "fn {0}({1}: &[i32], {2}: i32) -> i32 {{ let mut {3} = {1}.len(); "
    "while {3} > 0 {{ {3} -= {2}; }} {0}({1}, {3}) }}",
}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(_ALIKE)), _NAMES, _NAMES)
def test_code_that_differs_in_its_own_names_becomes_equal(
    language: str, first: list[str], second: list[str]
) -> None:
    template = _ALIKE[language]
    assert renamed(language, template.format(*first)) == renamed(language, template.format(*second))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(_ALIKE)), _NAMES)
def test_renamed_code_is_a_type_2_clone_of_the_original(language: str, names: list[str]) -> None:
    code = _ALIKE[language].format(*names)
    texts = [(text, registry().get(language)) for text in (code, renamed(language, code))]
    before, after = fragments_of(texts)
    assert before.renamed_key == after.renamed_key
    assert before.exact_key != after.exact_key
    assert len(before.tokens) == len(after.tokens)


def test_labelled_code_is_renamed_before_it_is_parsed_whoever_parses_it() -> None:
    codes = [f"def f{n}(a):\n    return a + {n}\n" for n in range(1100)]
    labelled = [LabelledFragment(str(n), "python", "g", code, "", "") for n, code in enumerate(codes)]
    expected = whole_fragment(b"def v1(v2):\n    return v2 + 7\n", registry().get("python"))
    alone, together = parse_labelled(labelled, renamed=True), parse_labelled(labelled, 2, renamed=True)
    assert alone[7].exact_key == together[7].exact_key == expected.exact_key
    assert parse_labelled(labelled[:8])[7].exact_key != expected.exact_key


def test_the_command_says_what_was_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    code = {"python": "def {0}(a):\n    return a * {1}\n", "dart": "int {0}(int a) => a * {1};\n"}
    rows = [
        {"id": f"{lang}{n}", "lang": lang, "group": str(n % 2), "code": code[lang].format("abcdef"[n], n % 2)}
        for lang in code
        for n in range(6)
    ]
    data = tmp_path / "fragments.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["eval", "retrieval", "--fragments", str(data), "--json"]
    assert main(command) == 0
    plain = json.loads(capsys.readouterr().out)
    assert main([*command, "--renamed"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert plain["options"]["renamed"] is False
    assert "not_renamed" not in plain["counts"]
    assert found["options"]["renamed"] is True
    assert found["counts"]["not_renamed"] == 6
    assert found["counts"]["contents"] < plain["counts"]["contents"]
