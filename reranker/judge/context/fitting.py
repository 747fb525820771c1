"""Which pieces of context fit a budget of tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from codesearch.core.judge import CaseContext, ContextItem, ContextKind

_ORDER = (
    ContextKind.PRECEDENT,
    ContextKind.DEFINITION,
    ContextKind.SURROUNDINGS,
    ContextKind.CONTRAST,
)
_A_TURN = 2  # pieces of a kind: precedents come in pairs, a clone and no clone, the others for each side
_WRAPPING = 32  # tokens that a prompt puts around a piece, most of them its random boundary


def fit(items: Sequence[ContextItem], limit_tokens: int, count_tokens: Callable[[str], int]) -> CaseContext:
    """The pieces that fit, taken in turns so that no kind starves another.

    Every kind gets two pieces a turn, precedents first. A piece that does not fit is left out and counted;
    smaller ones behind it may still fit.

    Args:
        items: The pieces; those of one kind best first.
        limit_tokens: What title and body of all of them may cost.
        count_tokens: Tokens of a text.
    """
    left = limit_tokens
    kept: list[ContextItem] = []
    cut: Counter[ContextKind] = Counter()
    for item in in_turns(items):
        cost = count_tokens(f"{item.title}\n{item.body}") + _WRAPPING
        if cost > left:
            cut[item.kind] += 1
            continue
        left -= cost
        kept.append(item)
    return CaseContext(tuple(kept), {kind: cut[kind] for kind in _ORDER if cut[kind]})


def in_turns(items: Sequence[ContextItem]) -> list[ContextItem]:
    """The pieces in the order in which they are tried."""
    ranked = []
    seen: Counter[ContextKind] = Counter()
    for item in items:
        ranked.append((seen[item.kind] // _A_TURN, _ORDER.index(item.kind), seen[item.kind], item))
        seen[item.kind] += 1
    return [item for *_, item in sorted(ranked, key=lambda entry: entry[:3])]
