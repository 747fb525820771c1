from __future__ import annotations

import pytest
from commandline import call

pytestmark = pytest.mark.usefixtures("user")


def test_shipped_models_are_listed_and_verified() -> None:
    document = call("models", "list", "--json").document
    assert document["schema"] == "codesearch.models/1"
    models = {model["id"]: model for model in document["models"]}
    assert models["static-1"]["kind"] == "embedder"
    for model in models.values():
        assert model["state"] == "ok"
        assert model["licence"]
        assert model["description"]


def test_text_has_a_line_per_model() -> None:
    lines = call("models", "list").out.splitlines()
    assert lines[0].split()[:3] == ["model", "kind", "dim"]
    assert any(line.split()[:2] == ["static-1", "embedder"] for line in lines)
    assert [line for line in lines if line != line.rstrip()] == []


def test_unknown_model_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_EMBEDDING__MODEL", "nonsense-9")
    done = call("compare", "-", "-", "--lang", "python", stdin=b"x = 1\n")
    assert done.code in {2, 3}
    assert "nonsense-9" in done.error or "nothing to compare" in done.error
