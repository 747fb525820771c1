"""The API against its own description: documented statuses, media types and schemas, and no crash."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi import checks

from codesearch.server.app import create_app
from codesearch.server.state import ServerState

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "3"))
"""Requests per operation and mode; a few hundred find more, and take minutes."""

TIMEOUT = 120
"""Seconds: some answers take seconds to find, and more where much else runs."""

EXPECTED = {501, 503}
"""An extra or an index that is not there: what a server may answer to the best of requests."""

Case = schemathesis.Case[Any]
Operation = APIOperation[Any, Any, Any, Any]


@pytest.fixture
def described(own_state: ServerState) -> Iterator[BaseSchema]:
    """The description of a running server, with the server behind it."""
    app = create_app(own_state)
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    schema.config.update(base_url=f"http://127.0.0.1:{own_state.options.port}")
    yield schema
    shutdown_lifespans()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_answers_are_as_described(described: BaseSchema, mode: GenerationMode) -> None:
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]
    problems = [problem for operation in operations for problem in disagreements(operation, mode)]
    assert len(operations) > 10
    assert not problems, "\n".join(problems)


def disagreements(operation: Operation, mode: GenerationMode) -> list[str]:
    """What an operation answers in another way than its description says."""

    @seed(20_260_101)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        answer = case.call(timeout=TIMEOUT)
        assert answer.status_code < 500 or answer.status_code in EXPECTED, case.as_curl_command()
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:  # it takes nothing that could be wrong
        return []
    except (FailureGroup, AssertionError) as problem:
        return [f"{operation.label}: {problem}"]
    return []
