"""Whether the nodes fit: one version of codesearch, one view of the shared folders. Asked before any work."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codesearch import __version__
from codesearch.core.errors import EnvironmentFailure
from codesearch.distributed.failures import told_plainly
from indexer.parsing.revision import analysis_revision

if TYPE_CHECKING:
    from codesearch.distributed.cluster import Node

ANSWER_SECONDS = (
    120.0  # a node that starts its first worker while others do takes some; a dead one never answers
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What every node has to see as the driver does.

    Attributes:
        mark: File that the driver wrote into the index folder.
        text: What is in it.
        folders: Further folders that have to be there: the corpora.
    """

    mark: Path
    text: str
    folders: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class NodeState:
    """What a node says of itself.

    Attributes:
        version: Of codesearch.
        revision: Of the analysis: registries, queries, grammars.
        missing: The first shared path that it does not see as the driver does, None where all is well.
    """

    version: str
    revision: str
    missing: Path | None


def require_ready(nodes: Sequence[Node], index: Path, folders: Sequence[Path]) -> None:
    """Make sure that every node can do what this process would.

    Raises:
        EnvironmentFailure: A node lacks codesearch, has another version of it, or does not see the index or a
            corpus.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    with _marked(index, tuple(folders)) as shared, told_plainly():
        ask = ray.remote(node_state)
        asked = {
            ask.options(
                num_cpus=0,
                max_retries=1,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False),
            ).remote(shared): node
            for node in nodes
        }
        waiting = list(asked)
        while waiting:
            answered, waiting = ray.wait(waiting, timeout=ANSWER_SECONDS)
            if not answered:
                raise EnvironmentFailure(
                    f"node {asked[waiting[0]].address} does not answer",
                    "restart it, or take it out of the cluster",
                )
            node = asked[answered[0]]
            with told_plainly(node.address):
                state = ray.get(answered[0])
            require_same(node, state)


def node_state(shared: Shared) -> NodeState:
    """What a node runs: look at itself and at the shared folders."""
    return NodeState(__version__, analysis_revision(), _missing(shared))


def _missing(shared: Shared) -> Path | None:
    try:
        if shared.mark.read_text(encoding="utf-8") != shared.text:
            return shared.mark.parent
        own = shared.mark.with_name(f"{shared.mark.name}-{secrets.token_hex(8)}")
        own.touch()
        own.unlink()
    except OSError:
        return shared.mark.parent
    return next((folder for folder in shared.folders if not folder.exists()), None)


def require_same(node: Node, state: NodeState) -> None:
    """Compare a node with this process.

    Raises:
        EnvironmentFailure: It is another version, or does not see what this process does.
    """
    if state.version != __version__:
        raise EnvironmentFailure(
            f"node {node.address} has codesearch {state.version}, this machine {__version__}",
            "install the same version on every node",
        )
    if state.revision != analysis_revision():
        raise EnvironmentFailure(
            f"node {node.address} analyses files differently: its grammars or registries are others",
            "install the same packages on every node",
        )
    if state.missing is not None:
        raise EnvironmentFailure(
            f"node {node.address} does not share {state.missing}",
            "index and corpora have to be in folders that every node mounts at the same path and may write",
        )


@contextmanager
def _marked(index: Path, folders: tuple[Path, ...]) -> Iterator[Shared]:
    """A file in the index folder for the block, by which nodes know that they see the same folder."""
    mark = index / f"cluster-{secrets.token_hex(8)}.mark"
    text = secrets.token_hex(16)
    mark.write_text(text, encoding="utf-8")
    try:
        yield Shared(mark, text, folders)
    finally:
        with suppress(OSError):
            mark.unlink()
