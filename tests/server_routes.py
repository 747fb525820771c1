"""Every route of the whole application, for tests that leave none out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from codesearch.server import pages


def routes(client: TestClient) -> Iterator[tuple[str, str]]:
    """Method and path of every operation, with 1 for whatever a path asks for."""
    assert isinstance(client.app, FastAPI)
    described = client.app.openapi()["paths"]
    operations = {(method.upper(), path) for path, methods in described.items() for method in methods}
    for method, path in sorted(operations | set(_pages(pages.router))):
        yield method, re.sub(r"\{[^}]+\}", "1", path)


def _pages(router: APIRouter) -> Iterator[tuple[str, str]]:
    """The same of pages, which the API's description leaves out."""
    for included in router.routes:
        for route in included.effective_route_contexts():  # type: ignore[attr-defined]
            yield from ((method, route.path) for method in route.methods)
