"""What the answers of judges depend on: a stored audit is read back only where this is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from codesearch.core.feedback import Precedent
from codesearch.core.settings.sections import Judge

_NO_ANSWER = frozenset(
    {
        "api_key",
        "budget",
        "token_budget",
        "concurrency",
        "requests_per_minute",
        "timeout_seconds",
        "retries",
        "tracing",
    }
)
"""Settings that decide whether and when a model answers, not what: an audit in which it did not is never
read back."""


def judge_digest(settings: Judge, precedents: Iterable[Precedent]) -> str:
    """32 hexadecimal digits: who judges, how it is asked, and what the user said about pairs."""
    chosen = settings.model_dump(mode="json", exclude=set(_NO_ANSWER))
    digest = blake2b(repr(sorted(chosen.items())).encode("utf-8", "surrogateescape"), digest_size=16)
    for precedent in precedents:
        digest.update(repr(precedent).encode())
    if settings.kind == "local" and settings.model:
        for state in _states(path for path in (Path(settings.model), settings.adapter) if path):
            digest.update(state.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _states(paths: Iterable[Path]) -> Iterator[str]:
    """Size and time of the files of a local model, which another one may replace under the same name."""
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                state = file.stat()
                yield f"{file}\0{state.st_size}\0{state.st_mtime_ns}\0"
