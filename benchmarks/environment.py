"""Where and when figures were measured; a figure without this means nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.documents import Json
from benchmarks.plan import CHECKOUT

PACKAGES = ("codesearch-clones", "numpy", "faiss-cpu", "tree-sitter", "bm25s", "jscpd", "copydetect",
            "torch", "sentence-transformers")  # fmt: skip


def describe() -> Json:
    """Machine, load, interpreter, installed packages, commit and date (UTC) of this moment."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed_version(name))},
        "commit": _commit(),
    }


def installed_version(distribution: str) -> str:
    """Version of an installed distribution; empty when it is absent."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _commit() -> str:
    """Short hash of the checkout, with ``+`` when files differ from it; empty outside git."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    head = git("rev-parse", "--short=12", "HEAD")
    return head + "+" if head and git("status", "--porcelain", "--untracked-files=no") else head
