"""HEAD wherever there is GET (RFC 9110, section 9.3.2), which the framework leaves to each application."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from fastapi.sse import EventSourceResponse


def heads_of(router: APIRouter) -> APIRouter:
    """The routes of a router that answer GET, for HEAD: the server sends what they answer without the body.

    The API's description leaves them out. A stream of events is none of them: it ends when its job does.
    """
    heads = APIRouter()
    for route in iter_route_contexts(router.routes):
        answers_get = "GET" in (route.methods or ()) and route.response_class is not EventSourceResponse
        if answers_get and route.path is not None and route.endpoint is not None:
            heads.add_api_route(
                route.path,
                route.endpoint,
                methods=["HEAD"],
                dependencies=route.dependencies,
                include_in_schema=False,
            )
    return heads
