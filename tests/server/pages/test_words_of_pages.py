"""What is said in words, the same ones on every page."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from audit_trees import python_function
from commandline import call

from codesearch.server.pages.decision_words import explained

if TYPE_CHECKING:
    from starlette.testclient import TestClient

SEARCH = f"/?code={quote(python_function('mine', 'mine'))}&language=python"
COMPARE = "/compare?a_path=corpus/shop/orders.py&a_lines=1-10&b_path=corpus/shop/users.py&b_lines=3-12"
BROWSER = {"Accept": "text/html"}


def class_page(client: TestClient) -> str:
    found = re.search(r'href="(/audits/classes/[^"]+)"', client.get("/audits/classes", headers=BROWSER).text)
    assert found
    return unescape(found[1])


def judging_pages(client: TestClient) -> list[str]:
    addresses = (SEARCH, COMPARE, "/judge?look=true", class_page(client))
    return [client.get(address, headers=BROWSER).text for address in addresses]


def test_verdicts_are_given_with_the_same_words_and_keys_on_every_page(client: TestClient) -> None:
    for html in judging_pages(client):
        buttons = re.findall(r'data-key="([ar])" aria-keyshortcuts="\1">(\w+) <kbd', html)
        assert set(buttons) == {("a", "Accept"), ("r", "Reject")}
        assert re.search(r"<kbd>a</kbd></dt><dd>accept: (it is a clone|they are clones)</dd>", html)
        assert re.search(r"<kbd>r</kbd></dt><dd>reject: (it is no clone|they are no clones)</dd>", html)


def test_who_may_only_read_is_offered_nothing_that_changes(own_client: TestClient) -> None:
    token = call("token", "create", "--scope", "read", "--json").document["token"]
    reader = {**BROWSER, "Authorization": f"Bearer {token}"}
    for address in (
        SEARCH,
        COMPARE,
        "/judge?look=true",
        class_page(own_client),
        "/audits",
        "/jobs",
        "/corpora",
    ):
        answer = own_client.get(address, headers=reader)
        assert answer.status_code == 200
        assert not re.search(r"<button[^>]*>\s*(Accept|Reject|Re-index|Audit|Start)", answer.text)


@pytest.mark.parametrize(
    ("band", "words"),
    [("VST3", "very similar"), ("ST3", "strongly similar"), ("MT3", "moderately similar")],
)
def test_similarity_is_told_in_words(band: str, words: str) -> None:
    told = explained(f"84 % of the tokens align ({band}); 2 lines added; renamed: ST3→<b>")
    assert told == (
        f'84 % of the tokens align (<abbr title="{band} of BigCloneBench">{words}</abbr>); '
        "2 lines added; renamed: ST3→&lt;b&gt;"
    )


def test_folders_are_shown_as_the_filter_wants_them(client: TestClient) -> None:
    html = client.get("/audits/classes", headers=BROWSER).text
    found = re.search(r'name="folder"[^>]+placeholder="([^"]+)"', html)
    assert found
    assert "data-card" in client.get(f"/audits/classes?folder={found[1]}", headers=BROWSER).text


@pytest.mark.parametrize("address", ["/audits", "/schedules"])
def test_forms_for_audits_explain_what_they_ask_for(client: TestClient, address: str) -> None:
    html = client.get(address, headers=BROWSER).text
    assert "T4 asks the model and takes longer." in html
    assert "lines changed, added or removed" in html
    assert "generated code" in html
    for number in re.findall(r'<input [^>]*type="number"[^>]*>', html):
        assert re.search(r' min="\d+" max="\d+" step="', number)
        identity = re.search(r' id="([\w-]+)"', number)
        assert identity
        assert f'<label for="{identity[1]}">' in html
