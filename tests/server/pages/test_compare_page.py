from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest
from audit_trees import python_function
from hypothesis import given
from hypothesis import strategies as st

from codesearch.server.pages.compare_form import CompareForm, SideForm

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from codesearch.server.state import ServerState

pytestmark = pytest.mark.usefixtures("served_base")

ORDERS = python_function("collect", "order")
USERS = python_function("gather", "user")
EXTRA = "    audit_log = open_log('orders', mode='append')\n"

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)
names = words.map(str.strip)
sides = st.builds(SideForm, words, names, names, names, names)


@given(sides, sides, st.integers(1, 99))
def test_address_of_a_form_holds_the_form(a: SideForm, b: SideForm, pair: int) -> None:
    from starlette.datastructures import QueryParams

    form = CompareForm(a, b, pair)
    assert CompareForm.read(QueryParams(form.address.partition("?")[2])) == form


def test_page_without_sides_is_the_form(client: TestClient) -> None:
    answer = client.get("/compare")
    assert answer.status_code == 200
    assert answer.text.count("<textarea") == 2
    assert "data-panes" not in answer.text


def test_pasted_code_leads_to_an_address_that_can_be_shared(client: TestClient) -> None:
    sent = client.post("/compare", data={"a_code": ORDERS, "b_code": USERS, "b_language": "python"})
    assert sent.status_code == 303
    page = client.get(sent.headers["location"]).text
    assert "<strong>Clone</strong>" in page
    assert 'class="badge T2"' in page
    assert "decided by equal fingerprints" in page
    assert "user_rows" in page


def test_lines_of_corpus_files_are_compared_and_drawn(client: TestClient) -> None:
    page = client.get(
        "/compare?a_path=corpus/shop/orders.py&a_lines=1-10&b_path=corpus/shop/users.py&b_lines=3-12"
    ).text
    assert 'href="/file?corpus=corpus&amp;path=shop%2Forders.py&amp;line=1&amp;end=10#L1"' in page
    assert re.search(
        r'<path class="band renamed" d="M0 [\d ]+C[^"]+Z" data-left="0 \d+" data-right="0 \d+"', page
    )
    assert re.search(r"<li>left lines \d+ to \d+ and right lines \d+ to \d+: renamed</li>", page)
    assert "<mark>" in page


def test_what_is_no_clone_is_told_so(client: TestClient) -> None:
    other = "def greet(name):\n    print('hello', name)\n    return None\n"
    page = client.get("/compare", params={"a_code": ORDERS, "b_code": other}).text
    assert "<strong>No clone</strong>" in page


def test_of_several_fragments_the_best_pair_is_shown_and_the_others_lead_on(client: TestClient) -> None:
    left = "def other(x):\n    y = x + 1\n    print(y)\n    return y\n\n\n" + ORDERS
    address = CompareForm(SideForm(left, language="python"), SideForm(USERS, language="python")).address
    page = client.get(address).text
    assert "2 fragments on the left" in page
    assert "left code:7-16" in page
    [second] = re.findall(r'<a href="([^"]+pair=2)">', page)
    assert "left code:1-4" in client.get(unescape(second)).text


def test_code_too_long_for_an_address_is_answered_at_once(client: TestClient) -> None:
    filler = "".join(f"# {n * 7919 % 100_003} {n * 104_729 % 1_000_003}\n" for n in range(2000))
    answer = client.post(
        "/compare", data={"a_code": filler + ORDERS, "a_language": "python", "b_code": USERS}
    )
    assert answer.status_code == 200
    assert "<strong>Clone</strong>" in answer.text
    assert "Swap sides" not in answer.text


def test_uploaded_files_are_compared(client: TestClient) -> None:
    files = {"a_file": ("orders.py", ORDERS.encode()), "b_file": ("users.py", USERS.encode("utf-16"))}
    sent = client.post("/compare", files=files)
    assert sent.status_code == 303
    page = client.get(sent.headers["location"]).text
    assert "orders.py:1-10" in page
    assert "<strong>Clone</strong>" in page


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"a_code": ORDERS}, "the right side is empty"),
        ({"a_code": ORDERS, "a_path": "corpus/odd.py", "b_code": USERS}, "both code and a file"),
        ({"a_code": "x" * 300_000, "b_code": USERS}, "the left side has more than"),
        ({"a_code": ORDERS, "b_code": USERS, "pair": "0"}, "no such pair"),
    ],
)
def test_form_that_does_not_do_says_why_and_keeps_what_was_typed(
    client: TestClient, fields: dict[str, str], told: str
) -> None:
    answer = client.post("/compare", data=fields)
    assert answer.status_code == 400
    assert told in answer.text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("a_path=corpus/no.py&b_path=corpus/odd.py", "left side: no file corpus/no.py"),
        ("a_path=corpus/odd.py&b_path=../outside/secret.py", "right side: no file"),
        ("a_path=corpus/linked.py&b_path=corpus/odd.py", "left side: no file"),
        ("a_path=corpus/odd.py&a_lines=90-99&b_path=corpus/odd.py", "left side: lines 90-99"),
        ("a_path=corpus/odd.py&b_path=corpus/odd.py&pair=7", "not 7"),
        ("a_z=!!&b_code=x", "the link is damaged"),
        ("a_code=%00%01%02&b_code=x", "left side"),
        ("a_code=x&a_language=python&b_code=x&b_language=nonsense", "nonsense"),
    ],
)
def test_address_that_does_not_do_says_which_side(client: TestClient, query: str, told: str) -> None:
    answer = client.get(f"/compare?{query}")
    assert answer.status_code == 400
    assert told in unescape(answer.text)


def test_binary_upload_is_refused(client: TestClient) -> None:
    answer = client.post("/compare", files={"a_file": ("a.bin", b"\0\1" * 99)}, data={"b_code": USERS})
    assert answer.status_code == 400
    assert "a.bin is binary" in answer.text


def test_scripts_and_escapes_are_only_shown(client: TestClient) -> None:
    hostile = "def f(x):\n    y = '</textarea><script>alert(1)</script>\x1b[31m'\n    return y + x\n"
    page = client.get("/compare", params={"a_code": hostile, "b_code": hostile, "a_language": "python"}).text
    assert "<script>alert" not in page
    assert "</textarea><script" not in page


def test_verdict_is_kept_and_decides_from_then_on(own_client: TestClient, own_state: ServerState) -> None:
    address = CompareForm(SideForm(ORDERS, language="python"), SideForm(USERS, language="python")).address
    page = own_client.get(address).text
    sent = own_client.post("/verdicts", data={**_verdict_fields(page), "verdict": "not_clone"})
    assert sent.status_code == 303
    assert sent.headers["location"] == address
    [kept] = own_state.index.engine.feedback.precedents()
    assert kept.verdict == "not_clone"
    now = own_client.get(address).text
    assert "<strong>No clone</strong>" in now
    assert '<span class="quiet">decided by you</span>' in now


def test_verdict_of_somebody_else_is_told_as_theirs(own_client: TestClient, own_state: ServerState) -> None:
    address = CompareForm(SideForm(ORDERS, language="python"), SideForm(USERS, language="python")).address
    own_client.post("/verdicts", data={**_verdict_fields(own_client.get(address).text), "verdict": "clone"})
    feedback = own_state.index.engine.feedback
    [kept] = feedback.precedents()
    feedback.keep([replace(kept, by="<Ada>")])
    assert '<span class="quiet">decided by &lt;Ada&gt;</span>' in own_client.get(address).text


def test_verdict_about_one_of_several_fragments_is_told_with_that_pair_alone(own_client: TestClient) -> None:
    left = f"{ORDERS}\n\n{python_function('sell', 'ware', EXTRA)}"
    address = CompareForm(SideForm(left, language="python"), SideForm(USERS, language="python")).address
    own_client.post("/verdicts", data={**_verdict_fields(own_client.get(address).text), "verdict": "clone"})
    pages = [own_client.get(f"{address}&pair={pair}").text for pair in (1, 2)]
    assert ["decided by you" in page for page in pages] == [True, False]


def test_verdict_by_script_answers_with_what_was_kept_and_the_way_to_say_the_opposite(
    own_client: TestClient,
) -> None:
    address = CompareForm(SideForm(ORDERS, language="python"), SideForm(USERS, language="python")).address
    fields = {**_verdict_fields(own_client.get(address).text), "verdict": "clone"}
    answer = own_client.post("/verdicts", data=fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'data-say="accepted as a clone"' in answer.text
    assert 'hx-post="/verdicts?verdict=not_clone"' in answer.text
    assert "verdict=clone" not in answer.text
    assert "<html" not in answer.text


def test_verdict_by_script_replaces_the_headline_of_the_page(own_client: TestClient) -> None:
    address = CompareForm(SideForm(ORDERS, language="python"), SideForm(USERS, language="python")).address
    page = own_client.get(address).text
    assert page.count('id="headline"') == 1
    fields = {**_verdict_fields(page), "verdict": "not_clone"}
    answer = own_client.post("/verdicts", data=fields, headers={"HX-Request": "true"}).text
    assert '<p id="headline" class="said-verdict not_clone" hx-swap-oob="true">' in answer
    assert "<strong>No clone</strong>" in answer
    assert "decided by you" in answer
    del fields["headed"]  # as on a page of many pairs
    assert "headline" not in own_client.post("/verdicts", data=fields, headers={"HX-Request": "true"}).text


@pytest.mark.parametrize("back", ["https://evil.example/compare?", "//evil.example", "/\\evil.example"])
def test_verdict_never_leads_to_another_site(own_client: TestClient, back: str) -> None:
    address = CompareForm(SideForm(ORDERS, language="python"), SideForm(USERS, language="python")).address
    fields = {**_verdict_fields(own_client.get(address).text), "verdict": "clone", "back": back}
    assert own_client.post("/verdicts", data=fields).headers["location"] == "/"


def test_verdict_without_the_token_of_the_form_is_refused(own_client: TestClient) -> None:
    fields = {"a_code": ORDERS, "b_code": USERS, "verdict": "clone"}
    assert own_client.post("/verdicts", data=fields).status_code == 403


def _verdict_fields(page: str) -> dict[str, str]:
    form = re.search(r'<form id="judged".*?</form>', page, re.S)
    assert form is not None
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    return {name: unescape(value) for name, value in found}
