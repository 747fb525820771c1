"""Models of the Hugging Face hub, by way of its cache on this disk."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from codesearch.core.errors import EnvironmentFailure


def fetch_model(repository: str, commit: str | None, parts: Iterable[str], shown: str) -> Path:
    """The folder of a hub model in the cache; what is there already is taken as it is.

    Args:
        repository: ``ORG/NAME``.
        commit: Which one, so that the hub is asked once; None for the newest.
        parts: Globs of the files that are wanted.
        shown: What to call it in messages.

    Raises:
        EnvironmentFailure: It cannot be fetched.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    fetch = partial(snapshot_download, repository, revision=commit, allow_patterns=list(parts))
    try:
        try:
            return Path(fetch(local_files_only=True))
        except LocalEntryNotFoundError:
            return Path(fetch())
    except Exception as error:  # those of the hub, of its HTTP library and of the disk share no other base
        reason = str(error).strip().partition("\n")[0]
        raise EnvironmentFailure(
            f"cannot fetch {shown} ({reason})",
            "check the name, the commit and the network, or name a local folder",
        ) from error
