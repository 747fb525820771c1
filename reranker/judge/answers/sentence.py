"""A model's reason, cut to one sentence that is safe to print."""

from __future__ import annotations

import re

LONGEST_REASON = 300  # characters
_LONGEST_READ = 4000  # characters; no sentence worth printing ends behind them
# A full stop ends a sentence where a new one begins behind it, but not in "e.g. Foo", "vs. Bar" or "cf. Baz".
_END = re.compile(r"(?<!\be\.g)(?<!\bi\.e)(?<!\bvs)(?<!\bcf)(?<!\betc)[.!?][\"'`)\]]{0,2}\s(?=[\"'`(]?[A-Z])")


def first_sentence(text: str) -> str:
    """The first sentence on one line, at most 300 characters; nothing that a terminal would act on."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST_READ])
    line = " ".join(plain.split())
    end = _END.search(line)
    sentence = line[: end.end()].rstrip() if end else line
    if len(sentence) <= LONGEST_REASON:
        return sentence
    head = sentence[: LONGEST_REASON - 2]
    return (head.rpartition(" ")[0] or head) + " …"
