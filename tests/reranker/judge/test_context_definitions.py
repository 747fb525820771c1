"""Definitions of what the two sides call."""

from __future__ import annotations

from pathlib import Path

import pytest
from context_cases import CaseLab
from snippets import fragment

from codesearch.core.judge import ContextItem, ContextKind
from reranker.judge.context.calls import Call, Manner, calls_of

CALLER = '''\
from shop.tax import tax_of


def total(cart):
    """Sums up."""
    base = sum_of(cart.items)
    taxed = tax_of(base, cart.country)
    print(taxed)
    return round_up(taxed)


def round_up(value):
    return int(value + 0.5)


def sum_of(items):
    result = 0
    for item in items:
        result += item.price
        result += item.fee
        result -= item.rebate
        result -= item.bonus
        if item.gift:
            result -= item.price
        if item.extra:
            result += item.extra
        check(result)
        check(item)
        check(items)
    return result
'''
OTHER = """\
def sum_prices(cart):
    amount = 0
    for item in cart:
        amount = amount + item.price
    return amount
"""
TAX = """\
def tax_of(base, country):
    rate = RATES[country]
    # A comment that nobody is shown.
    return base * (1 + rate)
"""


def shown(lab: CaseLab, first: tuple[str, str], second: tuple[str, str]) -> dict[str, ContextItem]:
    """The definitions for a pair, by the start of their title."""
    found = lab.context(lab.case(first, second)).of(ContextKind.DEFINITION)
    return {item.title.partition(",")[0].removeprefix("Definition of "): item for item in found}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> CaseLab:
    files: dict[str, str | None] = {"shop/cart.py": CALLER, "shop/other.py": OTHER, "shop/tax.py": TAX}
    return CaseLab.over(tmp_path_factory.mktemp("shop"), files)


TOTAL, PRICES = ("shop/cart.py", "total"), ("shop/other.py", "sum_prices")


def test_a_function_that_an_import_brings_is_shown_with_its_body(shop: CaseLab) -> None:
    item = shown(shop, TOTAL, PRICES)["tax_of"]
    assert item.body == "def tax_of(base, country):\n    rate = RATES[country]\n    return base * (1 + rate)"
    assert item.source == "shop/tax.py:1"
    assert item.title == "Definition of tax_of, which total calls"


def test_a_function_of_the_same_file_is_shown_however_small(shop: CaseLab) -> None:
    assert shown(shop, TOTAL, PRICES)["round_up"].body.startswith("def round_up(value):\n    return int")


def test_a_long_function_is_shown_by_its_signature(shop: CaseLab) -> None:
    assert shown(shop, TOTAL, PRICES)["sum_of"].body == "def sum_of(items):"


def test_what_every_program_calls_and_what_nobody_defines_is_left_out(shop: CaseLab) -> None:
    assert set(shown(shop, TOTAL, PRICES)) == {"sum_of", "round_up", "tax_of"}


def test_neither_side_is_shown_a_second_time(shop: CaseLab) -> None:
    assert "round_up" not in shown(shop, TOTAL, ("shop/cart.py", "round_up"))


def test_what_one_side_alone_calls_comes_before_what_both_call(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        "a.py": "def one(x):\n    both(x)\n    mine(x)\n    return x\n\n\n"
        "def two(x):\n    both(x)\n    return [x, x, x]\n\n\n"
        "def both(x):\n    return x\n\n\ndef mine(x):\n    return x\n"
    }
    lab = CaseLab.over(tmp_path, files)
    items = lab.context(lab.case(("a.py", "one"), ("a.py", "two"))).of(ContextKind.DEFINITION)
    assert [item.title for item in items] == [
        "Definition of mine, which one calls",
        "Definition of both, which both fragments call",
    ]


def test_a_name_that_many_files_define_is_only_shown_where_an_import_tells_which(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        f"lib/m{n}.py": f"def load(x):\n    y = {n} + x\n    return y\n" for n in range(4)
    }
    files["lib/plain.py"] = "def plain(x):\n    y = load(x)\n    return y\n"
    files["lib/told.py"] = "from lib.m2 import load\n\n\ndef told(x):\n    z = load(x)\n    return [z, z]\n"
    lab = CaseLab.over(tmp_path, files)
    item = shown(lab, ("lib/plain.py", "plain"), ("lib/told.py", "told"))["load"]
    assert item.source == "lib/m2.py:1"
    assert item.title.endswith("told calls")


def test_copies_of_one_definition_are_one_meaning(tmp_path: Path) -> None:
    files: dict[str, str | None] = {f"copy{n}/tax.py": TAX for n in range(12)}
    files |= {"shop/cart.py": CALLER, "shop/other.py": OTHER}
    lab = CaseLab.over(tmp_path, files)
    assert shown(lab, TOTAL, PRICES)["tax_of"].source == "copy0/tax.py:1"


def test_a_folder_shares_its_names_where_the_language_says_so(tmp_path: Path) -> None:
    near = "int scale(int x) {\n    int y = x * 2;\n    return y;\n}\n"
    files: dict[str, str | None] = {
        "here/scale.c": near,
        "there/scale.c": near.replace("2", "3"),
        "here/use.c": "int use(int x) {\n    int z = scale(x);\n    return z + 1;\n}\n",
        "here/other.c": "int other(int x) {\n    int z = x * 2;\n    return z + 1;\n}\n",
    }
    lab = CaseLab.over(tmp_path, files)
    item = shown(lab, ("here/use.c", "use"), ("here/other.c", "other"))["scale"]
    assert item.source == "here/scale.c:1"


def test_a_class_that_is_called_is_shown_with_its_constructor(tmp_path: Path) -> None:
    body = "".join(f"        this.v{n} = {n};\n" for n in range(12))
    files: dict[str, str | None] = {
        "Box.java": f"class Box extends Thing {{\n    int size;\n    Box(int size) {{\n{body}    }}\n}}\n",
        "Use.java": "class Use {\n    Box make(int n) {\n        Box b = new Box(n);\n"
        "        return b;\n    }\n"
        "    int same(int n) {\n        int b = n + 1;\n        return b;\n    }\n}\n",
    }
    lab = CaseLab.over(tmp_path, files)
    item = shown(lab, ("Use.java", "make"), ("Use.java", "same"))["Box"]
    assert item.body == "class Box extends Thing {\n    Box(int size) {"


def test_a_method_of_the_own_class_is_preferred_to_its_namesakes(tmp_path: Path) -> None:
    method = "    def step(self, x):\n        y = x + {0}\n        return y\n"
    run = "    def run(self, x):\n        y = self.step(x)\n        return y\n"
    files: dict[str, str | None] = {
        "a.py": f"class One:\n{method.format(1)}\n\nclass Two:\n{run}\n{method.format(2)}",
        "b.py": "def other(x):\n    y = x + 5\n    return y\n",
    }
    lab = CaseLab.over(tmp_path, files)
    assert "x + 2" in shown(lab, ("a.py", "run"), ("b.py", "other"))["step"].body


def test_what_is_called_through_an_object_is_no_guess(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        "a.py": "def use(door):\n    door.close()\n    door.append(1)\n    return door\n",
        "b.py": "class File:\n    def close(self):\n        x = 1\n        return x\n"
        "    def append(self, y):\n        z = y\n        return z\n",
        "c.py": "class Pipe:\n    def close(self):\n        x = 2\n        return x\n",
    }
    lab = CaseLab.over(tmp_path, files)
    assert not shown(lab, ("a.py", "use"), ("b.py", "close"))


def test_a_definition_that_a_later_run_removed_is_not_shown(tmp_path: Path) -> None:
    files: dict[str, str | None] = {"tax.py": TAX, "cart.py": CALLER, "other.py": OTHER}
    lab = CaseLab.over(tmp_path, files)
    lab.lab.write({"tax.py": "def unrelated(base):\n    x = base\n    return x\n"})
    lab.lab.index(embedder=None)
    assert "tax_of" not in shown(lab, ("cart.py", "total"), ("other.py", "sum_prices"))


def test_without_its_file_a_side_still_gets_the_definitions_of_the_index(shop: CaseLab) -> None:
    blind = CaseLab(shop.lab, {"shop/cart.py", "shop/tax.py"})
    assert set(shown(blind, TOTAL, PRICES)) == {"round_up", "sum_of", "tax_of"}


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("def f(x):\n    return g(x) + self.h(x)\n", "python", "g:bare h:own"),
        ("int f(int x) { return g(x) + new Box(x).area(); }", "java", "g:bare Box:bare area:through"),
        ("function f(x) { if (x) { this.g(x); } return u.h(x) }", "javascript", "g:own h:through"),
        ("fn f(x: i32) -> i32 { Shape::area(x); self.g(x) }", "rust", "area:through g:own"),
        ("class A { int g(int x) { return h(x); } }", "java", "h:bare"),
        ("x = 1", "python", ""),
    ],
)
def test_calls_are_told_from_declarations_and_control_flow(code: str, language: str, expected: str) -> None:
    found = calls_of(fragment(code, language))
    assert " ".join(f"{call.name}:{call.manner}" for call in found) == expected


def test_a_name_that_is_called_in_two_ways_counts_as_the_surer_one() -> None:
    code = "def f(x):\n    x.g()\n    g(x)\n"
    assert calls_of(fragment(code)) == [Call("g", Manner.BARE)]
