"""Answers of searches and comparisons."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from codesearch.core.results import CloneType, EvidenceKind, Verdict
from codesearch.core.types import FragmentKind, Role
from codesearch.server.models.paging import Page

Line = Annotated[int, Field(ge=1)]
LineRange = Annotated[list[Line], Field(min_length=2, max_length=2)]
Degraded = Annotated[
    list[str], Field(description="What did not run as configured, such as `judge:not-configured`.")
]

EVIDENCE: JsonDict = {"query_lines": [1, 5], "match_lines": [12, 16], "kind": "renamed"}
DECISION: JsonDict = {
    "verdict": "clone",
    "clone_type": "T2",
    "probability": 1.0,
    "decided_by": "fingerprint",
    "scores": {"fingerprint": 1.0, "dense": 0.97},
    "evidence": [EVIDENCE],
    "explanation": "Same statements; identifiers renamed: orders→items",
    "precedents": [],
}
FRAGMENT: JsonDict = {
    "path": "-",
    "start_line": 1,
    "end_line": 5,
    "name": "total",
    "language": "python",
}
PLACE: JsonDict = {"path": "shop/cart.py", "start_line": 12, "end_line": 16}


class Fragment(BaseModel):
    """A fragment of what was asked about; lines are 1-based and inclusive."""

    path: str = Field(description="As it was named; `-` for a text.")
    start_line: Line
    end_line: Line
    name: str = Field(description="Declared name; empty when it has none.")
    language: str


class Occurrence(BaseModel):
    """A place of a content."""

    corpus: str
    path: str = Field(description="Relative to the corpus root, with `/`.")
    start_line: Line
    end_line: Line


class Evidence(BaseModel):
    """Aligned lines; null on the side that has nothing."""

    query_lines: LineRange | None
    match_lines: LineRange | None
    kind: EvidenceKind


class Decision(BaseModel):
    """A verdict about one pair."""

    verdict: Verdict
    clone_type: CloneType | None = Field(description="Null unless the verdict is `clone`.")
    probability: float = Field(ge=0, le=1, description="P(clone) among candidates.")
    decided_by: str = Field(
        description="`fingerprint`, `alignment`, `reranker`, `precedents`, `llm:<model>` or `local:<model>`."
    )
    scores: dict[str, float] = Field(description="Raw score per lane and stage.")
    evidence: list[Evidence] = Field(
        description="Aligned ranges by line; the first 1,000, and `evidence:left-out` in `degraded`, where "
        "there are more."
    )
    explanation: str = Field(description="One sentence for a person.")
    precedents: list[str] = Field(description="Ids of the labelled pairs that the judge weighed.")


class Match(Decision):
    """A content of the index that answers a fragment; the first of its occurrences is repeated on it."""

    rank: int = Field(ge=1)
    path: str
    start_line: Line
    end_line: Line
    name: str
    language: str
    occurrences: list[Occurrence] = Field(
        description="Places of this content, by corpus, path and line; the first 1,000, and "
        "`occurrences:left-out` in `degraded`, where there are more."
    )


class FragmentMatches(BaseModel):
    """A fragment with its matches."""

    fragment: Fragment
    matches: list[Match] = Field(description="Best first.")


class Asked(BaseModel):
    """What was asked about."""

    path: str
    language: str
    fragments: int = Field(description="Number of fragments that were searched for.")


class Timing(BaseModel):
    """Milliseconds by stage; 0 for one that did not run."""

    total: float
    retrieve: float
    rerank: float
    judge: float


class QueryDocument(BaseModel):
    """What a search found, as `codesearch query --json` prints it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.query/1",
                    "degraded": [],
                    "timing_ms": {"total": 14.2, "retrieve": 5.1, "rerank": 8.4, "judge": 0.1},
                    "query": {"path": "-", "language": "python", "fragments": 1},
                    "results": [
                        {
                            "fragment": FRAGMENT,
                            "matches": [
                                {
                                    "rank": 1,
                                    **PLACE,
                                    "name": "cart_sum",
                                    "language": "python",
                                    "occurrences": [{"corpus": "app", **PLACE}],
                                    **DECISION,
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    )

    schema_: Literal["codesearch.query/1"] = Field(alias="schema")
    degraded: Degraded
    timing_ms: Timing
    query: Asked
    results: list[FragmentMatches] = Field(description="One entry per fragment, in file order.")


class NamedPlace(BaseModel):
    """The other side of a pair."""

    path: str
    start_line: Line
    end_line: Line
    name: str
    language: str


class ComparedPair(Decision):
    """A fragment of the first side with its best counterpart of the second."""

    query: Fragment
    match: NamedPlace


class CompareDocument(Decision):
    """The verdict about the best pair, as `codesearch compare --json` prints it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"schema": "codesearch.compare/1", "degraded": [], **DECISION}]}
    )

    schema_: Literal["codesearch.compare/1"] = Field(alias="schema")
    degraded: Degraded
    pairs: list[ComparedPair] = Field(
        [], description="All pairs, best first; only where a side has several fragments."
    )


class IndexedFragment(BaseModel):
    """A fragment of an indexed file."""

    kind: FragmentKind
    name: str
    container: str = Field(description="Name of the class or function around it.")
    start_line: Line
    end_line: Line
    language: str
    content: str = Field(description="Equal for fragments that are equal but for comments and layout.")
    code: str | None = Field(description="Its lines as the file is now; null when they are gone.")


class FragmentsDocument(Page[IndexedFragment]):
    """What the index knows of a file."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "schema": "codesearch.fragments/1",
                    "degraded": [],
                    "corpus": "app",
                    "path": "shop/orders.py",
                    "role": "source",
                    "items": [
                        {
                            "kind": "function",
                            "name": "total",
                            "container": "",
                            "start_line": 1,
                            "end_line": 5,
                            "language": "python",
                            "content": "9f86d081884c7d659a2feaa0c55ad015",
                            "code": "def total(orders):\n    ...",
                        }
                    ],
                    "total": 1,
                    "offset": 0,
                    "limit": 100,
                    "next": None,
                }
            ]
        }
    )

    schema_: Literal["codesearch.fragments/1"] = Field(alias="schema")
    degraded: list[str] = Field(
        description="`source:changed` when the file is not as it was indexed, `source:left-out` when a page "
        "has no room for all code."
    )
    corpus: str
    path: str
    role: Role
