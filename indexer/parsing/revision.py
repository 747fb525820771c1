"""A digest of everything that decides which fragments a content has, besides the settings."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from codesearch import __version__
from codesearch.core.resources import resource_dir
from indexer.parsing.languages import registry

EMBEDDING_MODEL = "embedding.model"
"""The one of an index's settings that does not decide which fragments a content has."""

_QUERIES = Path(__file__).parent / "queries"


def analysis_salt(content: Mapping[str, str | int | float | bool]) -> bytes:
    """16 bytes that change with the revision and with the settings that decide which fragments a content has.

    Args:
        content: These settings, by dotted key.
    """
    return blake2b(f"{sorted(content.items())} {analysis_revision()}".encode(), digest_size=16).digest()


def is_current(analysis: str, settings: Mapping[str, str | int | float | bool]) -> bool:
    """Whether what was analysed with these settings of an index or a pack would be cut so now.

    Args:
        analysis: Hexadecimal salt of that time.
        settings: Of that time; that of the embedder does not count.
    """
    content = {key: value for key, value in settings.items() if key != EMBEDDING_MODEL}
    return analysis == analysis_salt(content).hex()


def analysis_revision() -> str:
    """Hexadecimal; changes with the version, the language and role registries, the queries and the
    grammars at hand.

    A corpus that was analysed under another revision is read again, so an upgrade leaves no stale fragments.
    """
    digest = blake2b(__version__.encode(), digest_size=16)
    configs = resource_dir("configs")
    for path in (configs / "languages.toml", configs / "roles.toml", *sorted(_QUERIES.glob("*.scm"))):
        digest.update(path.read_bytes())
    digest.update(
        " ".join(sorted(entry.id for entry in registry() if registry().grammar_available(entry))).encode()
    )
    return digest.hexdigest()
