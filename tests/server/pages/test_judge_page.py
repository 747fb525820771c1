from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from codesearch.core.results import Verdict
from codesearch.core.settings import load_settings
from codesearch.core.settings.load import user_config_file
from codesearch.core.settings.sections import Judge
from codesearch.core.store.judged_pairs import JudgedAnswer, keep_answers
from codesearch.engine import Engine
from codesearch.server.pages.verdict_list import head_of
from codesearch.server.state import ServerState
from codesearch.server.work.judges import configured_judge

BROWSER = {"Accept": "text/html"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def tidy_client(client: TestClient, state: ServerState) -> Iterator[TestClient]:
    """The client of a user who has judged nothing yet, and whose verdicts are forgotten afterwards."""
    yield client
    state.index.engine.feedback.path.unlink(missing_ok=True)


def page(client: TestClient, address: str, headers: dict[str, str] = BROWSER) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    html: str = answer.text
    return html


def form_of(html: str) -> dict[str, str]:
    """The hidden fields of the pair's form."""
    form = html[html.index('<form id="judged"') :]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[: form.index("</form>")])
    return {name: unescape(value) for name, value in fields}


def test_the_page_answers_at_once_and_its_pair_comes_later(client: TestClient) -> None:
    first = page(client, "/judge")
    assert 'hx-get="/judge/pair?at=0"' in first
    assert 'href="/judge?look=true"' in first
    part = page(client, "/judge/pair", HTMX)
    assert 'id="pair"' in part
    assert "<html" not in part
    assert 'formaction="/verdicts?verdict=clone"' in page(client, "/judge")


def test_without_scripts_the_pair_is_on_the_page(client: TestClient) -> None:
    assert 'formaction="/verdicts?verdict=clone"' in page(client, "/judge?look=true")


def test_a_pair_comes_with_its_code_the_reason_and_its_places(client: TestClient) -> None:
    html = page(client, "/judge?look=true")
    pair = client.get("/api/v1/review").json()["items"][0]
    assert pair["why"] in html
    for side in ("a", "b"):
        assert f"{pair[side]['path']}:{pair[side]['start_line']}-{pair[side]['end_line']}" in html


def test_a_judged_pair_makes_room_for_the_next(tidy_client: TestClient) -> None:
    form = form_of(page(tidy_client, "/judge?look=true"))
    answer = tidy_client.post("/verdicts", data={**form, "verdict": "clone", "reason": "same loop"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/judge/pair?at=0&kept=true")
    assert tidy_client.get(answer.headers["location"]).headers["location"] == "/judge?at=0"
    following = form_of(page(tidy_client, "/judge?look=true"))
    places = ("a_path", "a_lines", "b_path", "b_lines")
    assert [following[name] for name in places] != [form[name] for name in places]
    html = page(tidy_client, "/judge/verdicts")
    assert "same loop" in html


def test_with_scripts_the_next_pair_is_the_answer(tidy_client: TestClient) -> None:
    form = form_of(page(tidy_client, "/judge?look=true"))
    answer = tidy_client.post(
        "/verdicts", data={**form, "verdict": "not_clone"}, headers=HTMX, follow_redirects=True
    )
    assert answer.status_code == 200
    assert 'id="pair"' in answer.text
    assert "Kept. Pair 1 of" in answer.text


def test_after_the_last_pair_the_page_says_so(client: TestClient) -> None:
    assert "That was the last one" in page(client, "/judge/pair?at=900", HTMX)


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"verdict": "unsure"}, 400), ({"a_path": "../outside/secret.py"}, 400), ({"csrf": "guessed"}, 403)],
)
def test_what_is_no_verdict_is_refused(client: TestClient, changed: dict[str, str], status: int) -> None:
    form = form_of(page(client, "/judge?look=true"))
    answer = client.post("/verdicts", data={**form, "verdict": "clone", **changed}, headers=BROWSER)
    assert answer.status_code == status
    assert "def hidden" not in answer.text
    assert "judged nothing yet" in page(client, "/judge/verdicts")


def test_agreement_is_that_without_the_users_own_verdicts(tidy_client: TestClient) -> None:
    for verdict in ("clone", "not_clone"):
        form = form_of(page(tidy_client, "/judge?look=true"))
        tidy_client.post("/verdicts", data={**form, "verdict": verdict})
    part = page(tidy_client, "/judge/agreement", HTMX)
    assert "2 of 100" in part.replace("</strong>", "")
    assert "98 more until" in part
    assert "95 % interval" in part


def test_without_verdicts_agreement_says_how_to_get_some(client: TestClient) -> None:
    assert "You have judged nothing yet" in page(client, "/judge")
    assert client.get("/judge/agreement").status_code == 303


def test_verdicts_are_searched_exported_and_imported(tidy_client: TestClient) -> None:
    form = form_of(page(tidy_client, "/judge?look=true"))
    tidy_client.post("/verdicts", data={**form, "verdict": "clone", "reason": "<b>bold</b>"})
    html = page(tidy_client, "/judge/verdicts?q=BOLD&verdict=clone")
    assert "&lt;b&gt;bold" in html
    assert "No verdict fits" in page(tidy_client, "/judge/verdicts?q=nothing+of+it")
    exported = tidy_client.get("/judge/verdicts/export").text
    answer = tidy_client.post(
        "/judge/verdicts/import", data={"csrf": form["csrf"]}, files={"file": ("f.jsonl", exported)}
    )
    assert answer.status_code == 303
    assert "0 new, 0 replaced, 1 unchanged" in page(tidy_client, answer.headers["location"])


def test_a_file_that_holds_no_verdicts_is_refused(client: TestClient) -> None:
    csrf = form_of(page(client, "/judge?look=true"))["csrf"]
    answer = client.post(
        "/judge/verdicts/import", data={"csrf": csrf}, files={"file": ("f.jsonl", "{}")}, headers=BROWSER
    )
    assert answer.status_code == 400
    assert "line 1 of the file is no verdict" in answer.text


def test_a_model_that_judges_is_shown_with_its_budget_and_what_it_answered(
    own_client: TestClient, own_state: ServerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODESEARCH_JUDGE__KIND", "llm")
    monkeypatch.setenv("CODESEARCH_JUDGE__MODEL", "some-model")
    monkeypatch.setenv("CODESEARCH_JUDGE__BASE_URL", "http://127.0.0.1:9/v1")
    engine = Engine(load_settings().settings, user_config_file().parent)
    with engine.open_database() as database, database.write() as connection:
        keep_answers(connection, {bytes(16): JudgedAnswer(Verdict.CLONE, None, 0.9, "so", tokens=1234)})
    monkeypatch.setattr(own_state.index, "engine", engine)
    html = page(own_client, "/judge")
    assert "some-model" in html
    assert "127.0.0.1:9<" in html
    assert f"{engine.settings.judge.budget:,}" in html
    assert "1,234" in html
    assert "1 pairs in all" not in html


def test_of_a_judge_neither_key_nor_path_is_shown(state: ServerState) -> None:
    settings = state.index.engine.settings.judge
    secret = "hunter2"  # noqa: S105 - what must not be shown
    model = settings.model_dump() | {
        "kind": "llm",
        "model": "some-model",
        "base_url": f"https://kim:{secret}@models.example.org:8443/{secret}/v1?key={secret}",
        "api_key": secret,
    }
    shown = configured_judge(Judge.model_construct(**model))
    assert shown.host == "models.example.org:8443"
    assert secret not in repr(shown)
    local = configured_judge(
        Judge.model_construct(**{**model, "kind": "local", "model": "/home/kim/secret/tiny.gguf"})
    )
    assert (local.model, local.host) == ("tiny.gguf", "")


@pytest.mark.parametrize(
    ("code", "head"),
    [
        ("@cache\n@retry(\n    times=3,\n)\ndef load(path):\n    pass", "def load(path):"),
        ('@Override\n@GetMapping(value = "/x")\npublic int load() {\n}', "public int load() {"),
        ("@Override public int load() {\n}", "@Override public int load() {"),
        ("#[inline]\n/// Loads.\nfn load() {\n}", "fn load() {"),
        ("[Fact]\npublic void Load() {\n}", "public void Load() {"),
        ("/* Loads\n * all. */\nint load(void) {\n}", "int load(void) {"),
        ("# loads\ndef load():\n    pass", "def load():"),
        ("\n   x = [1]\n", "x = [1]"),
        ("# nothing but this", "# nothing but this"),
        ("", ""),
    ],
)
def test_a_verdict_is_headed_by_the_signature_of_its_code(code: str, head: str) -> None:
    assert head_of(code.split("\n")) == head
