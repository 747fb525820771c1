"""The search page: what people paste, what they are shown, and what they say of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from audit_trees import python_function
from hypothesis import given
from hypothesis import strategies as st

from codesearch.core.errors import InputError
from codesearch.core.results import Verdict
from codesearch.server.pages.search_form import SearchForm
from codesearch.server.pages.search_link import MAX_LINK, pack, unpack

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

    from codesearch.server.state import ServerState

COLLECT = python_function("mine", "mine")
SEVERAL = COLLECT + "\n\nsquares = [(lambda x: x * x + 1)(n) for n in range(10) if n % 3]\n"
HTMX = {"HX-Request": "true"}


def search(client: TestClient, code: str, **fields: str) -> Response:
    """Send the form and follow it to its answer."""
    return client.post("/", data={"code": code, **fields}, follow_redirects=True)


def first(pattern: str, page: str) -> str:
    """The first group of the first place that fits, as the browser reads it."""
    found = re.search(pattern, page)
    assert found is not None, pattern
    return found[1].replace("&amp;", "&")


def test_first_page_is_small_and_has_no_inline_script_or_style(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    sizes = [len(client.get(name).content) for name in set(names)]
    assert len(sizes) >= 5
    assert len(page.content) + sum(sizes) < 100_000
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page.text)


def test_pasted_code_leads_to_an_address_that_shows_its_clones(client: TestClient) -> None:
    sent = client.post("/", data={"code": COLLECT})
    assert sent.status_code == 303
    address = sent.headers["location"]
    assert len(address) < MAX_LINK
    page = client.get(address)
    assert page.status_code == 200
    assert "shop/orders.py:1-10" in page.text
    assert 'class="badge T2"' in page.text
    assert "Python, detected" in page.text
    assert "/file?corpus=corpus&amp;path=shop%2Forders.py&amp;line=1" in page.text


def test_code_too_long_for_an_address_is_answered_at_once_and_says_so(client: TestClient) -> None:
    padding = "\n".join(f"# {number * 7919 % 99991} {number**3}" for number in range(2_000))
    page = client.post("/", data={"code": f"{COLLECT}\n{padding}\n"})
    assert page.status_code == 200
    assert "shop/orders.py" in page.text
    assert "too long for a link" in page.text


def test_uploaded_file_is_searched_for_in_the_language_of_its_name(client: TestClient) -> None:
    upload = {"file": ("mine.py", COLLECT.encode(), "application/octet-stream")}
    sent = client.post("/", data={"code": ""}, files=upload)
    assert parse_qs(urlsplit(sent.headers["location"]).query)["language"] == ["python"]
    assert "shop/orders.py" in client.get(sent.headers["location"]).text


def test_lines_of_an_indexed_file_are_searched_for_without_finding_themselves(client: TestClient) -> None:
    page = client.get("/", params={"path": "corpus/shop/orders.py", "lines": "1-10"})
    assert page.status_code == 200
    assert "shop/users.py" in page.text
    assert 'aria-label="shop/orders.py:1-10"' not in page.text


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"code": " "}, 400, "nothing to search for"),
        ({"code": COLLECT, "language": "klingon"}, 400, "unknown language"),
        ({"code": COLLECT, "languages": "klingon"}, 400, "unknown language"),
        ({"code": COLLECT, "k": "0"}, 400, "matches per fragment"),
        ({"code": COLLECT, "percent": "nan"}, 400, "least probability"),
        ({"code": COLLECT, "roles": "<b>"}, 400, "no such role"),
        ({"code": "# nothing\n", "language": "python"}, 400, "nothing to compare"),
        ({"path": "../outside/secret.py"}, 400, "in an indexed corpus"),
    ],
)
def test_what_cannot_be_searched_for_is_explained_and_kept_in_the_form(
    client: TestClient, fields: dict[str, str], status: int, said: str
) -> None:
    page = client.post("/", data=fields, follow_redirects=True)
    assert page.status_code == status
    assert said in page.text
    assert fields.get("code", "").split("\n")[0] in page.text
    assert "<b>" not in page.text


def test_binary_file_is_refused(client: TestClient) -> None:
    page = client.post("/", files={"file": ("x.py", b"\0\1" * 50, "text/plain")})
    assert page.status_code == 400
    assert "binary" in page.text


@pytest.mark.parametrize("as_file", [True, False])
def test_too_large_code_is_refused_with_413(client: TestClient, *, as_file: bool) -> None:
    large = "x = 1\n" * 60_000
    page = (
        client.post("/", files={"file": ("x.py", large.encode(), "text/plain")})
        if as_file
        else client.post("/", data={"code": large})
    )
    assert page.status_code == 413
    assert "Search" in page.text


@pytest.mark.parametrize("packed", ["!", "AAAA", "eJw", pack("x" * (2 << 20))])
def test_damaged_link_is_explained(client: TestClient, packed: str) -> None:
    page = client.get("/", params={"z": packed})
    assert page.status_code == 400
    assert "the link" in page.text


def test_code_of_others_is_text_and_nothing_else(client: TestClient) -> None:
    evil = python_function("evil", "evil", "    label = '</textarea><script>alert(1)</script>'\n")
    page = search(client, evil).text
    assert "<script>alert" not in page
    assert "</textarea><script" not in page
    assert "odd.py" in page
    assert "\x1b" not in page


def test_filters_decide_what_is_found_and_stay_in_the_address(client: TestClient) -> None:
    sent = client.post("/", data={"code": COLLECT, "paths": "shop/users.py", "types": ["T2", "T3"], "k": "2"})
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    assert (query["paths"], query["types"], query["k"]) == (["shop/users.py"], ["T2", "T3"], ["2"])
    page = client.get(sent.headers["location"]).text
    assert "shop/users.py" in page
    assert "shop/orders.py" not in page
    assert re.search(r'value="T2" checked', page)


def test_without_matches_the_page_says_what_to_do(client: TestClient) -> None:
    page = search(client, COLLECT, paths="nowhere/**")
    assert page.status_code == 200
    assert "No clone found" in page.text
    assert "Search without filters" in page.text


def test_quick_search_says_what_it_left_out(client: TestClient) -> None:
    page = search(client, COLLECT, rerank="off").text
    assert "as you asked" in page


def test_fragments_have_their_matches_apart(client: TestClient) -> None:
    page = search(client, COLLECT + "\n\n" + python_function("other", "other")).text
    assert "2 fragments of Python" in page
    assert re.search(r">mine</span> <span class=\"quiet\">lines 1-10", page)
    assert re.search(r">other</span> <span class=\"quiet\">lines 13-22", page)


def test_later_cards_bring_their_code_when_opened(client: TestClient) -> None:
    page = search(client, COLLECT).text
    address = first(r'hx-post="(/search/pair[^"]+)"', page)
    assert page.count("sides-heads") <= 3
    part = client.post(address, data={"a_code": COLLECT}, headers=HTMX)
    assert part.status_code == 200
    assert "sides-heads" in part.text
    assert "<html" not in part.text
    assert "<html" in client.post(address, data={"a_code": COLLECT}).text


@pytest.mark.parametrize(
    "query",
    ["", "lines=1-2", "lines=1-2&at=0-0", "lines=1-2&at=1-2&rows=x", "lines=1-2&at=1-2&rows=e9-1~1-2"],
)
def test_pair_that_no_page_names_is_refused(client: TestClient, query: str) -> None:
    assert client.post(f"/search/pair?{query}", data={"code": COLLECT}).status_code == 400


def test_pair_outside_the_corpora_shows_nothing(client: TestClient) -> None:
    address = "/search/pair?lines=1-10&language=python&corpus=corpus&path=../outside/secret.py&at=1-9"
    part = client.post(address, data={"a_code": COLLECT}, headers=HTMX)
    assert part.status_code == 200
    assert "gone" in part.text
    assert "hidden" not in part.text


def test_match_is_accepted_and_the_opposite_undoes_it(own_client: TestClient, own_state: ServerState) -> None:
    page = search(own_client, COLLECT).text
    token = first(r'name="csrf" value="([^"]+)"', page)
    accept = first(r'hx-post="(/verdicts\?verdict=clone[^"]+)"', page)
    form = {"a_code": COLLECT, "csrf": token}
    kept = own_client.post(accept, data=form, headers=HTMX)
    assert kept.status_code == 200
    assert "accepted as a clone" in kept.text
    assert [said.verdict for said in own_state.index.engine.feedback.precedents()] == [Verdict.CLONE]
    undo = first(r'hx-post="(/verdicts\?verdict=not_clone[^"]+)"', kept.text)
    assert "rejected" in own_client.post(undo, data=form, headers=HTMX).text
    assert [said.verdict for said in own_state.index.engine.feedback.precedents()] == [Verdict.NOT_CLONE]


def test_match_of_one_of_several_fragments_can_be_accepted(
    own_client: TestClient, own_state: ServerState
) -> None:
    page = search(own_client, SEVERAL).text
    accept = first(r'hx-post="(/verdicts\?verdict=clone[^"]+)"', page)
    form = {"a_code": SEVERAL, "csrf": first(r'name="csrf" value="([^"]+)"', page)}
    assert own_client.post(accept, data=form, headers=HTMX).status_code == 200
    [said] = own_state.index.engine.feedback.precedents()
    assert any(side.code.startswith("def mine") for side in said.sides)


def test_verdict_without_scripts_leads_back_to_the_search_and_nowhere_else(own_client: TestClient) -> None:
    page = search(own_client, COLLECT).text
    accept = first(r'hx-post="(/verdicts\?verdict=clone[^"]+)"', page)
    back = first(r'name="back" value="([^"]+)"', page)
    form = {"a_code": COLLECT, "csrf": first(r'name="csrf" value="([^"]+)"', page)}
    assert own_client.post(accept, data=form | {"back": back}).headers["location"] == back
    for elsewhere in ("https://example.org/", "//example.org/", "/\\example.org/"):
        assert own_client.post(accept, data=form | {"back": elsewhere}).headers["location"] == "/"


def test_verdict_needs_the_token_of_the_form(client: TestClient) -> None:
    page = search(client, COLLECT).text
    accept = first(r'hx-post="(/verdicts\?verdict=clone[^"]+)"', page)
    assert client.post(accept, data={"a_code": COLLECT}, headers=HTMX).status_code == 403


def test_verdict_names_both_sides_for_other_pages(own_client: TestClient, own_state: ServerState) -> None:
    token = first(r'name="csrf" value="([^"]+)"', search(own_client, COLLECT).text)
    form = {
        "csrf": token,
        "verdict": "not_clone",
        "reason": "different things",
        "a_path": "corpus/shop/orders.py",
        "a_lines": "1-10",
        "b_path": "corpus/shop/users.py",
        "b_lines": "3-12",
    }
    assert "rejected as no clone" in own_client.post("/verdicts", data=form, headers=HTMX).text
    [said] = own_state.index.engine.feedback.precedents()
    assert said.reason == "different things"
    assert own_client.post("/verdicts", data=form | {"verdict": "unsure"}).status_code == 400


@given(st.text())
def test_link_gives_back_any_code(code: str) -> None:
    expected = code.encode("utf-8", "replace").decode()
    assert unpack(pack(code)) == expected


@given(st.text(alphabet="ABab09-_=", max_size=40))
def test_no_link_does_more_than_fail(packed: str) -> None:
    try:
        assert len(unpack(packed)) <= 1 << 20
    except InputError as problem:
        assert "link" in str(problem)


@given(
    st.builds(
        SearchForm,
        code=st.text(alphabet="ab \n<é", max_size=50),
        language=st.sampled_from(["", "python"]),
        paths=st.sampled_from(["", "src/**", "a b&c"]),
        roles=st.sampled_from([(), ("test",), ("source", "test")]),
        percent=st.sampled_from(["", "50"]),
        rerank=st.booleans(),
        judge=st.booleans(),
    )
)
def test_address_holds_the_whole_form(form: SearchForm) -> None:
    from starlette.datastructures import QueryParams

    assert SearchForm.read(QueryParams(urlsplit(form.address).query)) == form


def test_a_failure_is_told_above_the_form_where_it_is_seen(client: TestClient) -> None:
    page = client.get("/", params={"path": "nowhere.py"}).text
    assert 0 < page.index('role="alert"') < page.index('id="code"')
