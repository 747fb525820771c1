"""What can be seen of an index and of a pack, as JSON; runs in children of the nursery."""

from __future__ import annotations

from pathlib import Path


def health() -> list[tuple[str, bool]]:
    """Name and health of every part of the index of the current folder."""
    from codesearch.cli.engine import open_engine
    from codesearch.cli.options import Invocation
    from codesearch.doctor import check_index

    return [(check.name, check.healthy) for check in check_index(open_engine(Invocation()))]


def pack_state(path: Path) -> list[str] | None:
    """Digests of the members of a pack, which is verified; None where there is none.

    Raises:
        EnvironmentFailure: It is damaged.
    """
    from codesearch.packs.container import opened_pack, read_members

    if not path.exists():
        return None
    with opened_pack(path) as (file, head):
        read_members(file, head.manifest, str(path), None)
        return [member.checksum for member in head.manifest.members]
