"""Servers search packs as the command line does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commandline import call, tally, unique, write_tree
from pack_lab import PACK

from codesearch.core.errors import InputError
from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.engine import Engine
from codesearch.mcp_server.find_clones import FindClones
from codesearch.mcp_server.request import Answer
from codesearch.server.work.search import Wanted, search
from codesearch.serving.live_index import LiveIndex
from codesearch.serving.sources import Named

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def serving(index: str, pack: Path, here: Path) -> LiveIndex:
    """What a server has open."""
    flags = {"index.dir": Path(index), "index.packs": (str(pack),)}
    return LiveIndex(Engine(load_settings(flags).settings, user_config_file().parent), here)


@pytest.fixture
def alone(readable: Path) -> Iterator[LiveIndex]:
    """A pack with source, and no index."""
    with closing(serving("none", readable, readable.parent)) as index:
        yield index


def find_clones(index: LiveIndex) -> Answer:
    """What an agent is told of a copy of a function."""
    wanted = {"code": tally("mine"), "language": "python", "code_lines": 2}
    return FindClones.model_validate(wanted).answer(index)


def test_server_finds_matches_of_a_pack(alone: LiveIndex) -> None:
    result = search(alone, Wanted(Named(tally("mine"), language="python"))).result
    best = result.results[0].matches[0]
    assert best.place.corpus == "pack:ref/corpus"


def test_agent_is_told_the_pack_and_shown_the_lines_that_it_has(alone: LiveIndex) -> None:
    answer = find_clones(alone)
    assert "pack:ref/corpus/src/copy.py:3-13 first" in answer.text
    assert "| def first(values, limit):" in answer.text


def test_agent_is_told_that_a_pack_has_no_source(sealed: Path) -> None:
    with closing(serving("none", sealed, sealed.parent)) as index:
        answer = find_clones(index)
    assert "its pack has no source" in answer.text


def test_pack_stays_mounted_when_the_index_is_published_anew(readable: Path) -> None:
    with closing(serving(".codesearch", readable, readable.parent)) as index:
        wanted = Wanted(Named(unique(5), language="python"))
        before = search(index, wanted).result.results[0].matches
        write_tree(readable.parent, {"corpus/new.py": unique(5)})
        assert call("index", "corpus").code == 0
        after = search(index, wanted).result.results[0].matches
    assert after[0].place.path == "new.py"
    packed = [match.place for match in before if match.place.corpus.startswith("pack:")]
    assert {place for match in after for place in match.occurrences} >= set(packed)


def test_place_of_a_pack_is_no_file_that_requests_may_open(alone: LiveIndex) -> None:
    with pytest.raises(InputError, match="in an indexed corpus"):
        alone.files().locate("src/tally.py")
    assert dict(alone.roots()) == {}


@pytest.fixture(params=[True, False], ids=["source", "no-source"])
def browsed(
    request: pytest.FixtureRequest, maker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TestClient, bool]]:
    """A browser of a server over a pack, started where no index is, and whether the pack has source."""
    from starlette.testclient import TestClient

    from codesearch.server import run
    from codesearch.server.app import create_app

    started: list[Engine] = []
    monkeypatch.setattr(run, "serve", lambda engine, *_: started.append(engine))
    source = ["--with-source"] if request.param else []
    assert call("pack", "-o", PACK, *source).code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert call("serve", "--with", maker / PACK).code == 0
    state = run.server_state(started[0], 8765)
    with (
        closing(state.pool),
        closing(state.index),
        TestClient(create_app(state), base_url="http://127.0.0.1:8765", client=("127.0.0.1", 1)) as client,
    ):
        yield client, request.param


def test_server_without_an_index_serves_packs(browsed: tuple[TestClient, bool]) -> None:
    client, _ = browsed
    answer = client.post("/api/v1/query", json={"code": tally("mine"), "language": "python"}).json()
    places = answer["results"][0]["matches"][0]["occurrences"]
    assert {place["corpus"] for place in places} == {"pack:ref/corpus"}
    assert client.get("/api/v1/corpora").json()["items"] == []
    for page in ("/", "/corpora", "/audits", "/jobs", "/compare"):
        assert client.get(page).status_code == 200


def test_page_names_places_of_a_pack_without_links_that_lead_nowhere(
    browsed: tuple[TestClient, bool],
) -> None:
    client, source = browsed
    page = client.post("/", data={"code": tally("mine"), "language": "python"}, follow_redirects=True).text
    assert "pack:ref/corpus" in page
    assert "src/copy.py" in page
    links = {unescape(link) for link in re.findall(r'href="([^"]*)"', page) if "pack" in link}
    assert all(client.get(link).status_code == 200 for link in links)
    assert ("shows it" in page) == source
