from __future__ import annotations

import pytest
from audit_trees import python_function
from hypothesis import given
from hypothesis import strategies as st
from mcp_agent import Agent

from codesearch.core.errors import InputError
from codesearch.core.results import Place
from codesearch.mcp_server.fragment_uri import fragment_uri, parse_uri


def test_lines_of_a_match_can_be_read(agent: Agent) -> None:
    _, document = agent.ask("find_clones", code=python_function("f", "x"), path_glob="users.py")
    [address] = document["resources"]
    assert address == "codesearch://corpus/shop/users.py#L3-12"
    assert agent.read(address) == python_function("gather", "user").rstrip("\n")


def test_a_file_is_read_whole_without_lines(agent: Agent) -> None:
    assert agent.read("codesearch://corpus/shop/orders.py") == python_function("collect", "order").rstrip(
        "\n"
    )
    assert agent.read("codesearch://CORPUS/shop/orders.py#L1-L1") == "def collect(self, order_rows, limit):"


def test_the_form_of_addresses_is_told(agent: Agent) -> None:
    assert agent.templates() == ["codesearch://{corpus}/{+path}{#lines}"]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("codesearch://corpus/shop/orders.py#L90-99", "'corpus/shop/orders.py' has 10 lines"),
        ("codesearch://corpus/shop/orders.py#L9-2", "no address of a fragment"),
        ("codesearch://corpus/shop/orders.py#L0", "no address of a fragment"),
        ("codesearch://corpus/../outside/secret.py", "is no indexed file"),
        ("codesearch://corpus/%2E%2E/outside/secret.py", "is no indexed file"),
        ("codesearch://corpus//etc/passwd", "is no indexed file"),
        ("codesearch://corpus/linked.py", "is no indexed file"),
        ("codesearch://corpus/linked/secret.py", "is no indexed file"),
        ("codesearch://corpus/binary.py", "is no indexed file"),
        ("codesearch://other/shop/orders.py", "no corpus 'other': there are corpus"),
        ("file:///etc/passwd", "no address of a fragment"),
    ],
)
def test_only_lines_of_indexed_files_are_read(agent: Agent, uri: str, message: str) -> None:
    assert message in agent.unreadable(uri)


@given(
    st.builds(
        lambda corpus, path, lines: Place(corpus, path, min(lines), max(lines)),
        st.text(min_size=1).filter(str.isprintable),
        st.text(min_size=1).filter(str.isprintable),
        st.tuples(st.integers(1, 10**9 - 1), st.integers(1, 10**9 - 1)),
    )
)
def test_an_address_leads_back_to_its_place(place: Place) -> None:
    assert parse_uri(fragment_uri(place)) == place


@given(st.text())
def test_anything_else_is_refused_as_an_address(text: str) -> None:
    with pytest.raises(InputError):
        parse_uri(text)
