"""The application: routes, pages, failures and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from codesearch import __version__
from codesearch.core.errors import CodesearchError
from codesearch.core.resources import resource_dir
from codesearch.server import answers, api, pages
from codesearch.server.agents import PATH, Agents
from codesearch.server.metrics import Metrics
from codesearch.server.openapi import DescribedApp
from codesearch.server.pages.rendering import STATIC
from codesearch.server.security.middleware import middleware
from codesearch.server.state import ServerState

DESCRIPTION = """\
Clone search over indexed code. Documents are those that the command line prints with --json. Failures are
problem documents (RFC 9457) with a hint what to do. Every stage that did not run as configured is named in
`degraded`."""


def create_app(state: ServerState) -> FastAPI:
    """The application over the parts of a server, which it starts and stops."""
    agents = Agents(state.index)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await state.jobs.start()
        try:
            async with agents.open():
                yield
        finally:
            await state.jobs.stop()
            state.pool.close()
            state.access.close()
            state.index.close()

    app = DescribedApp(
        title="codesearch",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        middleware=middleware(state.options, state.access, metrics.observe),
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.server = state
    app.state.metrics = metrics
    app.include_router(api.router)
    app.include_router(pages.router)
    app.router.routes.append(Route(PATH, agents))
    # Pages are not compressed: they hold a secret of the session beside text that others may choose.
    files = StaticFiles(directory=resource_dir("web") / "static")
    app.mount(STATIC, GZipMiddleware(files), "static")
    app.add_exception_handler(CodesearchError, answers.failure_answer)
    app.add_exception_handler(HTTPException, answers.http_answer)
    app.add_exception_handler(RequestValidationError, answers.invalid_answer)
    app.add_exception_handler(Exception, answers.unexpected_answer)
    return app
