"""Standard output for results, standard error for everything else."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console  # 0.1 s that --json and --help do not need

    from codesearch.cli.options import Invocation

PIPE_WIDTH = 120
"""Columns of text that goes into a pipe or file, where no terminal says how wide it is."""

# JSON leaves these bare; a terminal would act on them.
_CONTROLS = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def emit_json(document: Mapping[str, object]) -> None:
    r"""Print one JSON document in UTF-8, whatever the locale.

    Lone surrogates (bytes of file names that are not UTF-8) become ``\udcXX`` escapes, so the output is
    always valid.
    """
    # Indented for people only: indenting takes Python's own encoder, ten times as long as the compiled one.
    indent = 2 if sys.stdout.isatty() else None
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=indent)
    text = _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def results_console(invocation: Invocation) -> Console:
    """Where results for people go: colours and links only on a terminal, NO_COLOR honoured."""
    return _console(sys.stdout, invocation)


def messages_console(invocation: Invocation) -> Console:
    """Where progress goes."""
    return _console(sys.stderr, invocation)


def _console(stream: TextIO, invocation: Invocation) -> Console:
    from rich.console import Console  # 0.1 s that --json and --help do not need

    return Console(
        file=stream,
        width=None if stream.isatty() else PIPE_WIDTH,
        no_color=None if invocation.color else True,
        highlight=False,
        markup=False,
        emoji=False,
    )
