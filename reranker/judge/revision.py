"""A digest of what judges are made of: what an older one said is not used again."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

from codesearch import __version__


@cache
def judging_revision() -> str:
    """Hexadecimal; changes with the version and with the source of the judges, their views of code, prompts
    and parsers.
    """
    digest = blake2b(__version__.encode(), digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".toml"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()
