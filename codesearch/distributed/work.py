"""Work in tasks: sent ahead of what is taken, answered in order, tried again when a node dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from codesearch.core.errors import CodesearchError, EnvironmentFailure
from codesearch.distributed.failures import Failure, told_plainly

if TYPE_CHECKING:
    from ray import ObjectRef

Common = TypeVar("Common")
Part = TypeVar("Part")
Answer = TypeVar("Answer")

RETRIES = 5
"""Times that a task whose worker or node died is run again; a file that kills its parser kills no worker."""
_AHEAD = 3  # tasks per slot that are sent before they are needed, so that no slot waits for the driver
_LOOK_SECONDS = 20.0


def run_ordered(
    function: Callable[[Common, Part], Answer], common: Common, parts: Iterable[Part], slots: int
) -> Iterator[Answer]:
    """``function(common, part)`` for every part on some node, in the order of the parts.

    Args:
        function: Of a module that every node can import.
        common: Travels to each node once.
        parts: Taken as the work proceeds.
        slots: Tasks that run at the same time.

    Raises:
        CodesearchError: The function raised it.
        EnvironmentFailure: The cluster failed.
    """
    import ray

    with told_plainly():
        shared = ray.put(common)
        send = (
            ray.remote(answered).options(num_cpus=1, max_retries=RETRIES, scheduling_strategy="SPREAD").remote
        )
    waiting: deque[ObjectRef] = deque()
    for part in parts:
        waiting.append(send(function, shared, part))
        if len(waiting) >= slots * _AHEAD:
            yield fetched(waiting.popleft())
    while waiting:
        yield fetched(waiting.popleft())


def answered(function: Callable[[Common, Part], Answer], common: Common, part: Part) -> Answer | Failure:
    """What a node runs."""
    try:
        return function(common, part)
    except CodesearchError as error:
        return Failure.of(error)


def fetched(reference: ObjectRef) -> Any:
    """The answer of a task, waiting for it as long as somebody is there to work on it.

    Raises:
        CodesearchError: The task raised it.
        EnvironmentFailure: The cluster failed.
    """
    import ray

    first_done([reference])
    with told_plainly():
        answer = ray.get(reference)
    if isinstance(answer, Failure):
        raise answer.error()
    return answer


def first_done(references: Sequence[ObjectRef]) -> ObjectRef:
    """One of several tasks that has ended, waiting for it as long as somebody is there to work on it.

    Raises:
        EnvironmentFailure: The cluster failed.
    """
    import ray

    with told_plainly():
        while True:
            done, _ = ray.wait(list(references), timeout=_LOOK_SECONDS)
            if done:
                return done[0]
            _require_workers()


def _require_workers() -> None:
    """Ray waits for ever for nodes to come back.

    Raises:
        EnvironmentFailure: No node is left that could do anything.
    """
    import ray

    if not ray.cluster_resources().get("CPU"):
        raise EnvironmentFailure(
            "every node of the cluster with processors is gone", "start them and run again; nothing is lost"
        )
