"""A corpus in which the cascade leaves one pair open, and a judge that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from audit_trees import steps
from commandline import write_tree

from codesearch.core.judge import Case, Ruling
from codesearch.core.results import CloneType, Verdict

ORDER = """from money import round_money


class Billing:
    def bill_order(self, order, rates, ledger):
        subtotal = sum(line.price * line.quantity for line in order.lines)
        if order.member:
            subtotal -= round_money(subtotal * rates["discount"])
        tax = round_money(subtotal * rates["tax"])
        shipping = rates["shipping"] * len(order.lines)
        if subtotal > order.limit:
            shipping = 0
        ledger[order.id] = subtotal + tax + shipping
        return ledger[order.id]
"""
CHARGE = """from money import round_money


def charge(order, rates, ledger):
    def taxed(line):
        price = line.price * line.quantity
        price -= round_money(price * rates["discount"]) if order.member else 0
        return price + round_money(price * rates["tax"])

    shipping = len(order.lines) * rates["shipping"]
    total = sum(map(taxed, order.lines))
    return ledger.setdefault(order.id, total if total > order.limit else total + shipping)
"""
REFUND = """def refund(order, rates, ledger):
    total = 0
    for line in order.lines:
        price = line.price * line.quantity
        if price > order.limit:
            raise ValueError(line)
        total -= round_money(price * rates["tax"])
    if order.member and total < order.limit:
        total += rates["discount"] * len(order.lines)
    shipping = rates["shipping"] if total else 0
    ledger[order.id] = min(shipping, total)
    return order.id
"""
MONEY = """def round_money(amount):
    scaled = int(amount * 1000)
    if scaled % 10 >= 5:
        scaled += 10
    return (scaled // 10) / 100
"""
OPEN = frozenset({"bill_order", "charge"})
"""Names of the pair that the embeddings propose and the cascade leaves open; ``refund`` is its contrast."""

REASON = "Both bill an order with tax, discount and shipping"


def open_pair(root: Path, monkeypatch: pytest.MonkeyPatch, folder: str = "src") -> Path:
    """The corpus, and thresholds under which the pair is open and what is less alike is no clone."""
    monkeypatch.setenv("CODESEARCH_VERDICT__CLONE_THRESHOLD", "0.99")
    monkeypatch.setenv("CODESEARCH_VERDICT__REJECT_THRESHOLD", "0.95")
    names = [f"item_{number}" for number in range(240)]  # without many others nothing stands out
    others = [f"def other_{name}({name}, load):\n{steps(name, 3)}    return {name}_1\n" for name in names]
    return write_tree(
        root,
        {
            f"{folder}/order.py": ORDER,
            f"{folder}/charge.py": CHARGE,
            f"{folder}/refund.py": REFUND,
            "src/money.py": MONEY,
            "src/others.py": "\n\n".join(others),
        },
    )


def says(
    verdict: Verdict, clone_type: CloneType | None = None, by: str = "llm:coder", reason: str = REASON
) -> Ruling:
    """What a judge may say; with a probability of its own."""
    probability = {Verdict.CLONE: 0.9, Verdict.NOT_CLONE: 0.1, Verdict.UNSURE: 0.5}[verdict]
    return Ruling(verdict, clone_type, probability, by, reason, precedents=("p-001", "p-002"))


CLONE = says(Verdict.CLONE, CloneType.T4)
NOT_CLONE = says(Verdict.NOT_CLONE)
UNSURE = says(Verdict.UNSURE)


@dataclass
class ScriptedJudge:
    """Rules as a function of the case says, and keeps what it was asked.

    Attributes:
        answer: One ruling for all cases, or one by case; None where it fails.
        failure: What it then says of itself.
        calls: The cases of every call.
    """

    answer: Ruling | Callable[[Case], Ruling | None] | None = CLONE
    failure: str = "judge:unreachable"
    calls: list[Sequence[Case]] = field(default_factory=list)
    failed: bool = False

    @property
    def degraded(self) -> frozenset[str]:
        return frozenset({self.failure}) if self.failed else frozenset()

    def judge(self, cases: Sequence[Case]) -> list[Ruling | None]:
        self.calls.append(cases)
        rulings = [self.answer(case) if callable(self.answer) else self.answer for case in cases]
        self.failed = self.failed or None in rulings
        return rulings

    @property
    def asked(self) -> list[frozenset[str]]:
        """Names of both sides of every case so far."""
        return [frozenset({case.first.name, case.second.name}) for cases in self.calls for case in cases]
