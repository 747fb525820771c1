from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commandline import call

from codesearch.server.pages.addresses import file_address

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.usefixtures("served_base")


def test_source_has_numbered_coloured_lines_with_the_range_marked(client: TestClient) -> None:
    page = client.get(file_address("corpus", "shop/users.py", 3, 5)).text
    assert '<tr id="L1"' in page
    aimed = re.findall(r'<tr id="L(\d+)" class="line aimed"', page)
    assert aimed == ["3", "4", "5"]
    assert '<span class="c"># Users of the shop.' in page
    assert '<span class="k">def' in page


def test_address_of_a_file_leads_to_the_line() -> None:
    address = file_address("corpus", "a b/c#d.py", 3, 5)
    assert address == "/file?corpus=corpus&path=a+b%2Fc%23d.py&line=3&end=5#L3"


def test_fragments_lead_to_a_search_for_their_clones(client: TestClient) -> None:
    page = client.get(file_address("corpus", "shop/orders.py")).text
    assert "collect" in page
    assert 'href="/?path=corpus%2Fshop%2Forders.py&amp;lines=1-10"' in page
    assert client.get("/?path=corpus/shop/orders.py&lines=1-10").status_code == 200


@pytest.mark.parametrize(
    ("corpus", "path"),
    [
        ("corpus", "../outside/secret.py"),
        ("corpus", "shop/../shop/orders.py"),
        ("corpus", "/etc/passwd"),
        ("corpus", "linked.py"),
        ("corpus", "linked/secret.py"),
        ("corpus", ".env"),
        ("corpus", "binary.py"),
        ("corpus", "no/such.py"),
        ("corpus", "shop"),
        ("corpus", ""),
        ("corpus", "x\0y"),
        ("outside", "secret.py"),
        ("", "shop/orders.py"),
    ],
)
def test_whatever_is_no_analysed_file_is_not_found_and_nothing_is_told_of_it(
    client: TestClient, corpus: str, path: str
) -> None:
    answer = client.get("/file", params={"corpus": corpus, "path": path})
    missing = client.get("/file", params={"corpus": "corpus", "path": "no/such.py"})
    assert answer.status_code == 404
    assert _detail(answer.text) == _detail(missing.text)
    assert "secret" not in answer.text


def _detail(page: str) -> list[str]:
    return re.findall(r"<p[^>]*>.*?</p>", page)


def test_file_that_a_link_replaced_since_is_not_read(own_client: TestClient, own_base: Path) -> None:
    indexed = own_base / "home" / "corpus" / "shop" / "orders.py"
    indexed.unlink()
    indexed.symlink_to(own_base / "home" / "outside" / "secret.py")
    answer = own_client.get(file_address("corpus", "shop/orders.py"))
    assert answer.status_code == 404
    assert "secret_rows" not in answer.text


def test_file_that_was_written_since_says_so(own_client: TestClient, own_base: Path) -> None:
    indexed = own_base / "home" / "corpus" / "shop" / "orders.py"
    assert "since it was indexed" not in own_client.get(file_address("corpus", "shop/orders.py")).text
    indexed.write_text("# new\n" + indexed.read_text(encoding="utf-8"), encoding="utf-8")
    assert "since it was indexed" in own_client.get(file_address("corpus", "shop/orders.py")).text


def test_long_file_is_shown_a_window_at_a_time(own_client: TestClient, own_base: Path) -> None:
    long = own_base / "home" / "corpus" / "long.py"
    long.write_text("".join(f"value_{n} = {n}\n" for n in range(1, 5001)), encoding="utf-8")
    assert call("index", "corpus").code == 0
    seen: set[int] = set()
    address = file_address("corpus", "long.py")
    for _ in range(10):
        page = own_client.get(address).text
        seen |= {int(number) for number in re.findall(r'<tr id="L(\d+)"', page)}
        after = re.search(r'<a href="([^"]+)">Lines after', page)
        if after is None:
            break
        address = after[1].replace("&amp;", "&")
    assert seen == set(range(1, 5001))
    middle = own_client.get(file_address("corpus", "long.py", 2500)).text
    assert 'id="L2500" class="line aimed"' in middle
    assert "Lines before" in middle
    assert len(middle) < 1_000_000


@pytest.mark.parametrize("line", [9_999, 2**31 - 1])
def test_line_beyond_the_end_shows_the_file(client: TestClient, line: int) -> None:
    answer = client.get(file_address("corpus", "shop/orders.py", line))
    assert answer.status_code == 200
    assert "aimed" not in answer.text


@pytest.mark.parametrize("line", ["-1", "x", str(2**70)])
def test_line_that_is_no_number_is_refused(client: TestClient, line: str) -> None:
    answer = client.get("/file", params={"corpus": "corpus", "path": "shop/orders.py", "line": line})
    assert answer.status_code == 422


def test_escapes_and_scripts_in_a_file_are_only_shown(client: TestClient) -> None:
    page = client.get(file_address("corpus", "odd.py")).text
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert "\\x1b[31m" in page


@pytest.mark.skipif(os.name != "posix", reason="names of bytes are a matter of POSIX")
def test_file_whose_name_is_no_utf8_has_a_page(own_client: TestClient, own_base: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    text = (own_base / "home" / "corpus" / "shop" / "orders.py").read_text(encoding="utf-8")
    (own_base / "home" / "corpus" / name).write_text(text, encoding="utf-8")
    assert call("index", "corpus").code == 0
    assert own_client.get(file_address("corpus", "caf%E9.py")).status_code == 200
