from __future__ import annotations

from pathlib import Path

import pytest
from commandline import call
from starlette.testclient import TestClient

from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.core.store.counts import SnapshotCounts
from codesearch.engine import Engine
from codesearch.server.pages.corpora import shares, shown_size
from codesearch.server.work.corpora import meaning_of
from codesearch.serving.live_index import LiveIndex
from indexer.corpus.ledger import SkipReason


def page(client: TestClient, address: str) -> str:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    html: str = answer.text
    return html


def counts(client: TestClient) -> SnapshotCounts:
    status = client.app.state.server.index.engine.status()  # type: ignore[attr-defined]
    found: SnapshotCounts = status.counts
    return found


def test_the_page_shows_every_corpus_with_its_folder_and_figures(
    client: TestClient, served_base: Path
) -> None:
    html = page(client, "/corpora")
    assert str(served_base / "home" / "corpus") in html
    held = counts(client)
    assert f"<strong>{held.analysed}</strong> files" in html
    assert f"<strong>{held.lines}</strong> lines" in html
    assert "in order" in html


def test_the_ledger_says_what_a_reason_means_and_what_to_do(client: TestClient) -> None:
    html = page(client, "/corpora")
    assert "/corpora/corpus/skipped?reason=binary" in html
    assert meaning_of("symlink").says in html


def test_every_reason_has_a_meaning() -> None:
    assert all(" " in meaning_of(reason).says for reason in SkipReason)
    assert meaning_of("of-the-future").says == "Of the future"


def test_settings_that_changed_are_named(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_FRAGMENTS__MIN_LINES", "9")
    engine = Engine(load_settings().settings, user_config_file().parent)
    state = client.app.state.server  # type: ignore[attr-defined]
    monkeypatch.setattr(state.index, "engine", engine)
    assert isinstance(state.index, LiveIndex)
    html = page(client, "/corpora")
    assert "fragments.min_lines is 9 now" in html
    assert "settings changed" in html


def test_files_that_the_user_named_are_told(own_client: TestClient) -> None:
    assert "without" not in page(own_client, "/corpora")
    assert call("index", "corpus", "--exclude", "<b>/**", "--no-embed").code == 0
    assert "Files: without &lt;b&gt;/**" in page(own_client, "/corpora")
    [corpus] = own_client.get("/api/v1/corpora").json()["items"]
    assert (corpus["include"], corpus["exclude"]) == ([], ["<b>/**"])


def test_part_of_a_list_beyond_its_end_is_the_last_one(client: TestClient) -> None:
    assert "binary.py" in page(client, "/corpora/corpus/skipped?offset=5000")


def test_skipped_files_are_listed_by_reason(client: TestClient) -> None:
    every = page(client, "/corpora/corpus/skipped")
    assert "binary.py" in every
    assert "linked.py" in every
    binary = page(client, "/corpora/corpus/skipped?reason=binary")
    assert "binary.py" in binary
    assert "linked.py" not in binary


def test_a_reason_without_files_leads_back_to_all(client: TestClient) -> None:
    html = page(client, "/corpora/corpus/skipped?reason=%3Cscript%3E")
    assert "No file was skipped for this" in html
    assert "<script>" not in html.split("</head>")[1]


def test_a_corpus_that_is_not_indexed_is_not_found(client: TestClient) -> None:
    answer = client.get("/corpora/nothing/skipped", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "no corpus" in answer.text


def test_rare_kinds_are_shown_together() -> None:
    kinds = {f"kind{number}": 20 - number for number in range(9)}
    shown = shares(kinds)
    assert [share.name for share in shown][-1] == "3 others"
    assert sum(share.files for share in shown) == sum(kinds.values())
    assert sum(share.share for share in shown) == pytest.approx(1)


@pytest.mark.parametrize(
    ("size", "shown"), [(12, "12 bytes"), (2048, "2.0 KB"), (98_000_000, "93 MB"), (3 << 30, "3.0 GB")]
)
def test_sizes_are_short(size: int, shown: str) -> None:
    assert shown_size(size) == shown
