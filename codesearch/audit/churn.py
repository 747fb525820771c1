"""How often files changed lately: what changes often has to be changed in every copy."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from codesearch.audit.git import Git
from codesearch.core.errors import CodesearchError
from indexer.corpus.gitfiles import in_work_tree
from indexer.corpus.names import display_path

COMMITS = 1000  # the newest ones; reading their names takes 0.1 s in a repository of CPython's size


def recent_commits(root: Path) -> Counter[str]:
    """Commits by path relative to ``root``, among its newest; empty where git knows none."""
    if not in_work_tree(str(root)):
        return Counter()
    try:
        listed = Git(root).answer(
            *("log", f"-n{COMMITS}", "--no-merges", "--no-renames", "--no-ext-diff"),
            "--no-show-signature",  # a look at one starts the program that the repository names for it
            *("--relative", "--name-only", "--format=", "-z", "--", "."),
        )
    except CodesearchError:
        return Counter()  # the order of the classes is less telling then, and nothing else
    names = (listed or b"").replace(b"\n", b"\0").split(b"\0")
    return Counter(display_path(os.fsdecode(name)) for name in names if name)
