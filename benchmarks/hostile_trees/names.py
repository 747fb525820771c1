"""Names that end lines, colour terminals, break globs, look like options or are no text."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import HEALTHY, CannotPlant, HostileCase

_NAMES: dict[str, tuple[str, tuple[bytes, ...], tuple[str, ...]]] = {
    "line-ends": (
        "line feed, carriage return, LS in names",
        (b"new\nline.py", b"carriage\rreturn.py", "separator\u2028.py".encode()),
        ("new%0Aline.py", "carriage%0Dreturn.py", "separator%E2%80%A8.py"),
    ),
    "escapes": (
        "terminal escapes in names",
        (b"esc\x1b[31mred\x07.py", b"csi\x9b2J.py", b"title\x1b]0;x\x07.py", b"\x7f\x08.py"),
        ("esc%1B[31mred%07.py", "csi%9B2J.py", "title%1B]0;x%07.py", "%7F%08.py"),
    ),
    "invalid-utf-8": (
        "names that are not UTF-8",
        (b"bad\xff\xfe.py", b"latin-gr\xfc\xdfe.py", b"surrogate\xed\xa0\x80.py", b"cut\xe6\xbc.py"),
        ("bad%FF%FE.py", "latin-gr%FC%DFe.py", "surrogate%ED%A0%80.py", "cut%E6%BC.py"),
    ),
    "bidi": (
        "names that are shown in another order",
        ("bidi\u202egnp.py".encode(), "isolate\u2066x\u2069.py".encode(), "mark\u200f.py".encode()),
        ("bidi%E2%80%AEgnp.py", "isolate%E2%81%A6x%E2%81%A9.py", "mark%E2%80%8F.py"),
    ),
    "longest": (
        "names of 255 bytes",
        (b"n" * 252 + b".py", "é".encode() * 126 + b".py"),
        ("n" * 252 + ".py",),
    ),
    "case-colliding": (
        "names that differ in case alone",
        (b"Same.py", b"same.py", b"SAME.py", b"dir/a.py", b"Dir/a.py"),
        ("Same.py", "same.py", "SAME.py", "dir/a.py", "Dir/a.py"),
    ),
    "normal-forms": (
        "one name in two normal forms, and look-alikes",
        (
            "\u00e9.py".encode(),
            "e\u0301.py".encode(),
            "\u0430.py".encode(),
            b"a.py",
            "zero\u200bwidth.py".encode(),
        ),
        ("\u00e9.py", "e\u0301.py", "\u0430.py", "a.py"),
    ),
    "options": (
        "names like options, ranges and devices",
        (b"-rf.py", b"--help.py", b"a:1-2.py", b"-.py", b"CON.py", b"nul.py", b"@file.py", b"=x.py", b"~.py"),
        ("-rf.py", "--help.py", "a:1-2.py", "CON.py", "@file.py"),
    ),
    "globs": (
        "names of pattern characters",
        (b"[a].py", b"*.py", b"?.py", b"!x.py", b"#x.py", b"{a,b}.py", b"back\\slash.py", b"a\\nb.py"),
        ("[a].py", "*.py", "!x.py", "#x.py", "back\\slash.py"),
    ),
    "shell": (
        "names that a shell or a page would run",
        (
            b"$(touch owned).py",
            b"`id`.py",
            b";rm -rf x;.py",
            b"<script>alert(1)<.py",
            b"a'b\"c.py",
            b"=cmd|x!A1.py",
            b"%s%n.py",
        ),
        ("$(touch owned).py", "`id`.py", "<script>alert(1)<.py", "a'b\"c.py"),
    ),
    "percent": (
        "names that are escaped already",
        (b"%0A.py", b"%.py", b"100%.py", b"%FF.py", b"%252F.py", b"..%2Fx.py"),
        ("%250A.py", "%.py", "100%.py", "%25FF.py"),
    ),
    "spaces-and-dots": (
        "names of spaces and dots",
        (b" .py", b"  x  .py", b"tab\t.py", b"...py", b"x..py", b".hidden.py", b" /x.py", b"../x.py"[3:]),
        (" .py", "tab%09.py", "x..py", ".hidden.py", " /x.py"),
    ),
    "emoji": (
        "names beyond the basic plane",
        ("🙂👩‍👩‍👧.py".encode(), "𝔞.py".encode()),
        ("🙂👩‍👩‍👧.py", "𝔞.py"),
    ),
}


def _plant(root: Path, names: tuple[bytes, ...]) -> None:
    base = os.fsencode(root)
    for name in names:
        path = base + b"/" + name
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - bytes that are no text
        try:
            with open(path, "xb") as file:  # noqa: PTH123
                file.write(HEALTHY.encode())
        except OSError as error:  # macOS refuses what is not UTF-8; others fold case
            raise CannotPlant(f"the file system refuses the name {name!r}") from error


CASES = tuple(
    HostileCase(f"names-{name}", planted, partial(_plant, names=names), found=shown)
    for name, (planted, names, shown) in _NAMES.items()
)
