"""Answers that are a JSON object, alone or in prose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codesearch.core.judge import Answer
from reranker.judge.answers.values import Contradiction, read_answer
from reranker.judge.completer import Completion

_OPENING = re.compile(r'\{\s*"')
_MOST_OPENINGS = 256  # of objects that one answer is searched for


def read_json(completion: Completion) -> Answer | None:
    """The answer where the text is one JSON object with a verdict, and nothing else."""
    text = completion.text.strip()
    if not text.startswith("{"):
        return None
    found = _decode(text, 0)
    return read_answer(found.objects[-1], completion.labels) if found.end == len(text) else None


def read_json_in_prose(completion: Completion) -> Answer | None:
    """The answer of the first JSON object that holds a verdict, wherever it stands in the text.

    Raises:
        Contradiction: Another such object holds another verdict.
    """
    answers = [
        answer for values in _objects(completion.text) if (answer := read_answer(values, completion.labels))
    ]
    if len({answer.verdict for answer in answers}) > 1:
        raise Contradiction
    return answers[0] if answers else None


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What a JSON decoder met.

    Attributes:
        objects: The objects that close, inner ones before those around them; their keys in lower case, words
            joined by underscores.
        end: Position behind the value, or None where it is no JSON.
        stopped: Position that the decoder reached.
    """

    objects: list[dict[str, object]]
    end: int | None
    stopped: int


def _objects(text: str) -> Iterator[dict[str, object]]:
    """The JSON objects in a text, in the order of their ends; some of them more than once."""
    # What does not close is read again from the next brace in it. Both bounds keep that from being quadratic.
    start, left = 0, 4 * len(text)
    for _ in range(_MOST_OPENINGS):
        opening = _OPENING.search(text, start)
        if opening is None or left < 0:
            return
        found = _decode(text, opening.start())
        yield from found.objects
        left -= found.stopped - opening.start()
        start = found.end or opening.start() + 1


def _decode(text: str, start: int) -> _Decoded:
    objects: list[dict[str, object]] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in pairs:
            name = key.casefold().replace(" ", "_").replace("-", "_")
            if name == "verdict" and values.get(name, value) != value:
                raise Contradiction
            values[name] = value
        objects.append(values)
        return values

    # Not strict: models write line breaks into their strings.
    decoder = json.JSONDecoder(object_pairs_hook=collect, strict=False)
    try:
        end = decoder.raw_decode(text, start)[1]
    except json.JSONDecodeError as error:
        return _Decoded(objects, None, error.pos)
    except (ValueError, RecursionError):
        # A number of thousands of digits, or thousands of brackets: nothing behind them is worth a search.
        return _Decoded(objects, None, len(text))
    return _Decoded(objects, end, end)
