"""Keeps LangChain from reporting prompts and answers to anyone but the configured endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import Context
from typing import TypeVar

Result = TypeVar("Result")

_FIRST_TRACER = ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER")
"""Variables of LangChain's first tracer, which is gone; all that one of them does is to raise an error."""


def untraced(call: Callable[[], Result]) -> Result:
    """The result of a call during which LangChain traces nothing, whatever the environment or a caller says.

    ``LANGSMITH_TRACING``, ``LANGCHAIN_TRACING_V2`` and ``langsmith.configure`` count less than a tracing
    context. The call runs in an empty one, so that it inherits no callback and no open trace of a program
    that uses this package and traces itself.
    """
    from langsmith import tracing_context

    for name in _FIRST_TRACER:
        os.environ.pop(name, None)

    def silently() -> Result:
        with tracing_context(enabled=False):
            return call()

    return Context().run(silently)
