from __future__ import annotations

import json

from samples import decision, fragment, match, result, unlikely

from codesearch.core.results import Place
from codesearch.report.json_documents import compare_document, query_document


def test_query_document_is_the_contract() -> None:
    found = match(1, "src/Io.java", decision(), Place("corpus", "src/Io2.java", 14, 19))
    document = query_document(result(fragment(found), degraded=("judge:not-configured",)))
    assert json.loads(json.dumps(document)) == {
        "schema": "codesearch.query/1",
        "degraded": ["judge:not-configured"],
        "timing_ms": {"total": 12.346, "retrieve": 0.0, "rerank": 1.0, "judge": 0.0},
        "query": {"path": "file.java", "language": "java", "fragments": 1},
        "results": [
            {
                "fragment": {
                    "path": "file.java",
                    "start_line": 10,
                    "end_line": 14,
                    "name": "copy",
                    "language": "java",
                },
                "matches": [
                    {
                        "rank": 1,
                        "path": "src/Io.java",
                        "start_line": 4,
                        "end_line": 9,
                        "name": "copyFile",
                        "language": "java",
                        "occurrences": [
                            {"corpus": "corpus", "path": "src/Io.java", "start_line": 4, "end_line": 9},
                            {"corpus": "corpus", "path": "src/Io2.java", "start_line": 14, "end_line": 19},
                        ],
                        "verdict": "clone",
                        "clone_type": "T3",
                        "probability": 0.97,
                        "decided_by": "alignment",
                        "scores": {"near_miss": 0.82, "lexical": 11.2},
                        "evidence": [
                            {"query_lines": [10, 11], "match_lines": [4, 5], "kind": "equal"},
                            {"query_lines": [12, 12], "match_lines": [6, 6], "kind": "renamed"},
                            {"query_lines": [13, 13], "match_lines": [7, 8], "kind": "changed"},
                            {"query_lines": None, "match_lines": [9, 9], "kind": "added"},
                            {"query_lines": [14, 14], "match_lines": None, "kind": "removed"},
                        ],
                        "explanation": "Same statements; 1 added; identifiers renamed: ifp→in",
                        "precedents": [],
                    }
                ],
            }
        ],
    }


def test_match_that_is_no_clone_has_no_type() -> None:
    document = json.loads(json.dumps(query_document(result(fragment(unlikely(1))))))
    (entry,) = document["results"][0]["matches"]
    assert (entry["verdict"], entry["clone_type"]) == ("not_clone", None)


def test_compare_document_of_one_pair_has_no_list() -> None:
    document = compare_document(result(fragment(match(1, "b.java", decision()))))
    assert list(document) == [
        "schema",
        "degraded",
        "verdict",
        "clone_type",
        "probability",
        "decided_by",
        "scores",
        "evidence",
        "explanation",
        "precedents",
    ]
    assert document["schema"] == "codesearch.compare/1"


def test_compare_document_of_several_fragments_has_the_best_pair_on_top() -> None:
    likely = fragment(match(1, "b.java", decision(probability=0.9)), start=30)
    document = compare_document(result(fragment(unlikely(1)), likely, fragment(start=50)))
    pairs = document["pairs"]
    assert isinstance(pairs, list)
    assert [pair["query"]["start_line"] for pair in pairs] == [30, 10]
    assert document["probability"] == pairs[0]["probability"] == 0.9
    assert pairs[0]["match"]["path"] == "b.java"
