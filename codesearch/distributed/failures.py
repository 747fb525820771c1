"""What Ray raises, as errors that a user can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from codesearch.core.errors import CodesearchError, EnvironmentFailure

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNTOUCHED = "the previous index is untouched, and the next run takes over what was finished"


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of ours on its way from a node, in parts: constructors of subclasses take other arguments."""

    kind: type[CodesearchError]
    message: str
    hint: str

    @classmethod
    def of(cls, error: CodesearchError) -> Self:
        """What is left of an error."""
        return cls(type(error), error.message, error.hint)

    def error(self) -> CodesearchError:
        """The error again."""
        error = self.kind.__new__(self.kind)
        CodesearchError.__init__(error, self.message, self.hint)
        return error


@contextmanager
def told_plainly(node: str = "") -> Iterator[None]:
    """Turn every error of Ray in the block into one of ours.

    Args:
        node: Address of the node that was asked, where only one was.

    Raises:
        EnvironmentFailure: The cluster failed; says how.
    """
    from ray import exceptions

    try:
        yield
    except exceptions.RayTaskError as error:
        raise _of_task(error, node or getattr(error, "ip", "?")) from error
    except exceptions.RayError as error:
        raise _of_cluster(error) from error


def _of_task(error: Exception, node: str) -> EnvironmentFailure:
    """A task raised what is no error of ours; this is about the node it ran on."""
    cause = getattr(error, "cause", error)
    if isinstance(cause, OSError) and cause.errno in _FULL:
        return EnvironmentFailure(f"no space left where node {node} writes", f"free some; {_UNTOUCHED}")
    if isinstance(cause, MemoryError):
        return _out_of_memory(f"node {node}")
    if isinstance(cause, OSError):
        return EnvironmentFailure(
            f"node {node} failed: {cause}", "check that it has the folders of the index and the corpora"
        )
    if isinstance(cause, ImportError) or "No module named" in str(cause):
        said = _first_line(cause, "No module named").removeprefix("System error: ")
        return EnvironmentFailure(
            f"node {node} cannot load codesearch: {said}",
            "install the same version of codesearch-clones[ray] on every node",
        )
    return EnvironmentFailure(
        f"a task failed on node {node} with {type(cause).__name__}: {_first_line(cause)}",
        "please report this with the command you ran",
    )


def _of_cluster(error: Exception) -> EnvironmentFailure:
    from ray import exceptions

    if isinstance(error, exceptions.OutOfMemoryError):
        return _out_of_memory("a node")
    if isinstance(error, exceptions.OutOfDiskError | exceptions.ObjectStoreFullError):
        return EnvironmentFailure(
            "a node's disk or object store is full", f"free some space on it; {_UNTOUCHED}"
        )
    if isinstance(error, exceptions.AuthenticationError):
        return EnvironmentFailure(
            "the cluster refused this machine's token",
            "use the cluster's token: see RAY_AUTH_TOKEN_PATH of Ray",
        )
    return EnvironmentFailure(f"the cluster failed: {_first_line(error)}", _UNTOUCHED)


def _out_of_memory(where: str) -> EnvironmentFailure:
    return EnvironmentFailure(
        f"{where} ran out of memory", f"set cluster.workers lower, or index.segment_rows; {_UNTOUCHED}"
    )


def _first_line(error: object, holding: str = "") -> str:
    lines = [line.strip() for line in str(error).splitlines() if holding in line and line.strip()]
    return lines[0] if lines else type(error).__name__
