"""Fuzz one target, guided by coverage: ``PYTHONPATH=tests python -m fuzz TARGET --seconds N``.

Needs ``pip install atheris``. The process ends with what libFuzzer counted, or at the first input that
breaks the target, which is then written into the folder of crashes; ``--input FILE`` runs one such input.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz.target import Target

SLOWEST = 120
"""Seconds for one input, on a machine that has other things to do; what takes longer hangs."""
_MEMORY_MIB = 4096
_PACKAGES = ["codesearch", "indexer", "reranker", "retriever"]


def main(words: list[str] | None = None) -> int:
    """Run a campaign; 0 when its time is up, anything else when an input broke the target."""
    parser = _parser()
    options = parser.parse_args(words)
    if options.input:
        _target(parser, options.target).run(options.input.read_bytes())
        return 0
    atheris = import_module("atheris")

    with atheris.instrument_imports(include=_PACKAGES):
        target = _target(parser, options.target)
    for folder in (options.corpus, options.crashes):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (options.corpus / f"seed-{number:03}").write_bytes(seed)
    flags = (
        f"-max_total_time={options.seconds}",
        f"-max_len={target.longest}",
        f"-timeout={SLOWEST}",
        f"-report_slow_units={SLOWEST}",  # what is only slow, as beside other work, is none that breaks it
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-artifact_prefix={options.crashes}/{target.name}-",
        "-print_final_stats=1",
    )
    atheris.Setup([sys.argv[0], str(options.corpus), *flags], target.run)
    atheris.Fuzz()  # ends the process
    return 0


def _target(parser: argparse.ArgumentParser, name: str) -> Target:
    from fuzz.targets import named  # when its imports are watched

    try:
        return named(name)
    except KeyError:
        parser.error(f"no target {name!r}: fuzz/targets.py lists their modules")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("target", help="name of a target, see fuzz/targets.py")
    parser.add_argument("--seconds", type=int, default=60, help="how long (default %(default)s)")
    parser.add_argument("--corpus", type=Path, default=Path("fuzz-corpus"), help="inputs found so far")
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="inputs that break it")
    parser.add_argument("--input", type=Path, help="run this input alone")
    return parser


if __name__ == "__main__":
    sys.exit(main())
