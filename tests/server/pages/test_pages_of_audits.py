"""The pages of audits as a reader without scripts sees them."""

from __future__ import annotations

import re
import sqlite3
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commandline import call

from codesearch.report.audit_formats import FORMATS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

COPIES = 12
CLASSES = 3
"""Functions of the shop, methods in Java, parts of ``many``."""

_LINK = re.compile(r'<a href="(/audits/classes/[^"]+)" data-key="o">([^<]+)</a>')


def page(client: TestClient, address: str, status: int = 200) -> str:
    answer = client.get(address, headers={"accept": "text/html"})
    assert answer.status_code == status, answer.text
    html: str = answer.text
    return html


def titles(html: str) -> list[str]:
    return [unescape(title) for _, title in _LINK.findall(html)]


def class_link(client: TestClient, text: str) -> str:
    [(href, _)] = _LINK.findall(page(client, f"/audits/classes?text={text}"))
    return unescape(href)


def form_token(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found
    return found[1]


def test_overview_names_what_is_worth_merging_and_how_much_it_saves(client: TestClient) -> None:
    html = page(client, "/audits")
    assert len(titles(html)) == CLASSES
    assert "worth doing" in html
    assert re.search(r"Clone classes</dt><dd>3</dd>", html)
    assert html.index("many/") < html.index("Start another audit")  # the folders are drawn above the form


def test_overview_tells_why_the_gate_closed(own_client: TestClient) -> None:
    assert "The gate closed" not in page(own_client, "/audits")
    assert call("audit", "--no-refresh", "--fail-on", "classes>1").code == 1
    assert re.search(r"The gate closed:.*3 clone classes are more than 1", page(own_client, "/audits"))


def test_overview_counts_what_comments_hide(own_client: TestClient, own_base: Path) -> None:
    copied = own_base / "home" / "corpus" / "shop" / "users.py"
    copied.write_text(f"# codesearch-ignore-file\n{copied.read_text('utf-8')}", "utf-8")
    assert "Hidden:" not in page(own_client, "/audits")
    assert call("audit").code == 0
    assert "Hidden: 1 place by comments." in page(own_client, "/audits")


def test_overview_leads_from_a_folder_to_its_classes(client: TestClient) -> None:
    tile = re.search(r'<a href="([^"]+folder=[^"]+)" tabindex', page(client, "/audits"))
    assert tile
    assert titles(page(client, unescape(tile[1])))


def test_overview_of_an_index_without_audit_says_how_to_start_one(
    own_client: TestClient, own_base: Path
) -> None:
    forget_audits(own_base)
    html = page(own_client, "/audits")
    assert "Nothing was audited yet" in html
    assert 'action="/jobs"' in html
    assert "codesearch audit" in page(own_client, "/audits/classes")
    assert "nothing was audited" in page(own_client, "/audits/classes/abc", 404)


def forget_audits(base: Path) -> None:
    [store] = base.rglob("index.db")
    with sqlite3.connect(store) as connection:
        connection.execute("DELETE FROM audit_classes")
        connection.execute("DELETE FROM audits")
    connection.close()
    (store.parent / "audit" / "analysis.json").unlink()


def test_form_offers_what_a_job_takes(client: TestClient) -> None:
    html = page(client, "/audits")
    for field in ("kind", "types", "roles", "min_lines", "min_probability", "cross_language", "refresh"):
        assert f'name="{field}"' in html
    assert re.findall(r'name="types" value="(\w+)" checked', html) == ["T1", "T2", "T3"]
    assert re.findall(r'name="roles" value="(\w+)" checked', html) == ["source"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 3),
        ("text=COLLECT", 1),
        ("folder=shop", 1),
        ("folder=shop/orders.py", 1),
        ("folder=sho", 0),
        ("languages=java", 1),
        ("languages=java&languages=python", 3),
        ("roles=test", 0),
        ("min_lines=100", 0),
        ("shown=new", 0),
        ("shown=hidden", 0),
        ("text=&folder=&roles=&min_lines=&shown=", 3),
    ],
)
def test_filters_leave_the_classes_that_fit(client: TestClient, query: str, expected: int) -> None:
    assert len(titles(page(client, f"/audits/classes?{query}"))) == expected


def test_filters_are_filled_in_and_lead_on_to_the_next_class(client: TestClient) -> None:
    html = page(client, "/audits/classes?languages=python&text=a")
    assert 'value="a"' in html
    assert "<option selected>python</option>" in html
    first = unescape(_LINK.findall(html)[0][0])
    assert "languages=python" in first
    following = re.search(r'href="([^"]+)" rel="next"', page(client, first))
    assert following
    assert "languages=python" in following[1]


def test_orders_put_the_most_of_it_first(client: TestClient) -> None:
    by_members = titles(page(client, "/audits/classes?sort=members"))
    assert by_members[0].startswith("sum_00, sum_01")
    assert sorted(titles(page(client, "/audits/classes?sort=lines"))) == sorted(by_members)


@pytest.mark.parametrize(
    "query", ["types=T9", "sort=size", "min_lines=many", "roles=%3Cscript%3E", "offset=-1", "shown=all"]
)
def test_values_that_are_none_are_refused_with_those_that_are(client: TestClient, query: str) -> None:
    html = page(client, f"/audits/classes?{query}", 400)
    assert "use " in html or "write digits" in html
    assert "<script>" not in re.sub(r"<script [^>]+></script>", "", html)


def test_a_page_beyond_the_end_is_the_last_one(client: TestClient) -> None:
    assert len(titles(page(client, "/audits/classes?offset=900"))) == CLASSES


def test_class_shows_all_places_with_copies_under_one_letter(client: TestClient) -> None:
    html = page(client, class_link(client, "tallier"))
    assert "What varies" in html
    assert "Counter.java:" in html
    assert "Tallier.java:" in html
    assert re.search(r'class="line renamed"', html)
    assert 'href="/file?corpus=corpus&amp;path=Counter.java' in html
    assert "codesearch audit accept" in html


def test_class_with_many_variants_has_pages_of_columns(client: TestClient) -> None:
    address = class_link(client, "many")
    html = page(client, address)
    assert html.count('scope="col"') == 6
    more = re.search(r'href="([^"]+)">more variants', html)
    assert more
    later = page(client, unescape(more[1]).split("#")[0])
    assert later.count('scope="col"') == 6
    assert "variants before" in later
    assert f"many/part_{COPIES - 1:02}.py" in later


def test_class_shows_a_chosen_member_beside_the_first(client: TestClient) -> None:
    address = class_link(client, "many")
    html = page(client, f"{address}&beside=3")
    assert 'class="sides code"' in html
    assert "1 and 3" in html
    page(client, f"{address}&beside=99", 404)


def test_class_that_is_gone_says_where_those_are_that_there_are(client: TestClient) -> None:
    html = page(client, "/audits/classes/0000", 404)
    assert "list of classes" in html


def test_class_of_a_changed_file_says_so_and_takes_no_verdict(own_client: TestClient, own_base: Path) -> None:
    address = class_link(own_client, "tallier")
    (own_base / "home" / "corpus" / "Tallier.java").write_text("class Tallier {}\n", encoding="utf-8")
    html = page(own_client, address)
    assert "has changed since the audit" in html
    assert 'name="verdict"' not in html


@pytest.mark.parametrize(
    ("verdict", "word"), [("clone", "Accepted as clones"), ("not_clone", "Rejected as no clones")]
)
def test_verdict_is_kept_with_its_reason_and_shown(own_client: TestClient, verdict: str, word: str) -> None:
    address = class_link(own_client, "tallier")
    html = page(own_client, address)
    path = address.split("?")[0]
    form = {"csrf": form_token(html), "verdict": verdict, "reason": "<b>because</b>", "text": "tallier"}
    answer = own_client.post(f"{path}/verdict", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{address}#verdict"
    shown = page(own_client, address)
    assert f"<strong>{word}</strong>" in shown
    assert "&lt;b&gt;because&lt;/b&gt;" in shown


def test_verdict_of_a_script_is_answered_with_the_part_that_changes(own_client: TestClient) -> None:
    address = class_link(own_client, "tallier")
    form = {"csrf": form_token(page(own_client, address)), "verdict": "clone"}
    answer = own_client.post(
        f"{address.split('?')[0]}/verdict", data=form, headers={"HX-Request": "true", "accept": "text/html"}
    )
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section")
    assert "Accepted" in answer.text


def test_verdict_without_the_token_of_the_form_is_refused(client: TestClient) -> None:
    address = class_link(client, "tallier").split("?")[0]
    assert client.post(f"{address}/verdict", data={"verdict": "clone"}).status_code == 403


@pytest.mark.parametrize("name", FORMATS)
def test_report_of_every_format_is_a_file_to_keep(client: TestClient, name: str) -> None:
    answer = client.get(f"/audits/report/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"odd.py" in answer.content


def test_report_of_an_unknown_format_is_not_there(client: TestClient) -> None:
    assert "sarif" in page(client, "/audits/report/sarff", 404)
