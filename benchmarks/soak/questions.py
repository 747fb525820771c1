"""What clients ask, and the answers that are right."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

from benchmarks.serving.connections import Answer, Connections, request_of

OK, ACCEPTED = 200, 201


@dataclass(frozen=True, slots=True)
class Question:
    """A request whose answer depends on the corpus alone.

    Attributes:
        kind: What it asks for, in the words of the report.
        path: Where to.
        body: JSON document.
    """

    kind: str
    path: str
    body: str


def questions_about(snippets: Sequence[str]) -> list[Question]:
    """Searches with and without the reranker, and comparisons; a judge would learn from verdicts."""
    asked = []
    for code, other in zip(snippets, (*snippets[1:], snippets[0]), strict=True):
        query = {"code": code, "language": "python", "k": 10, "judge": False}
        sides = {name: {"code": text, "language": "python"} for name, text in (("a", code), ("b", other))}
        asked += [
            Question("search", "/api/v1/query", json.dumps({**query, "rerank": False})),
            Question("reranked search", "/api/v1/query", json.dumps(query)),
            Question("compare", "/api/v1/compare", json.dumps({**sides, "judge": False})),
        ]
    return asked


def verdicts() -> Iterator[tuple[str, str]]:
    """Verdicts about pairs that no search finds, a new pair each time: a word of its code, and the body."""
    for number in count(1):
        name = f"verdict_{number}_"
        sides = [
            f"def {name}{side}(values):\n"
            + "".join(f"    values.append({number} * {line} + len(values))\n" for line in range(8))
            for side in "ab"
        ]
        first, second = ({"code": side, "language": "python"} for side in sides)
        yield name, json.dumps({"verdict": "clone", "a": first, "b": second, "reason": "soak"})


class References:
    """Right answers: those that the server gave at rest, about every state of the corpus.

    Args:
        questions: What is asked.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = questions
        self._right: Mapping[Question, set[bytes]] = {one: set() for one in questions}

    def learn(self, port: int) -> None:
        """Ask a server at rest everything, one after the other.

        Raises:
            RuntimeError: It refuses an answer.
        """
        asyncio.run(self._learn(port))

    async def _learn(self, port: int) -> None:
        connections = Connections(port)
        for question in self._questions:
            answer = await connections.ask(request_of(port, question.path, question.body))
            if answer.status != OK:
                raise RuntimeError(f"{question.kind} at rest is answered with {answer.status}")
            self._right[question].add(_essence(answer))
        connections.close()

    def holds(self, question: Question, answer: Answer) -> bool:
        """Whether an answer is right for one of the states."""
        return _essence(answer) in self._right[question]


def _essence(answer: Answer) -> bytes:
    document = json.loads(answer.body)
    document.pop("timing_ms", None)
    return blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=16).digest()
