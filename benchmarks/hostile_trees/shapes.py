"""Text of unusual shape: lines, literals, functions and files that are too long, too many or unfinished."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile
from functools import partial
from pathlib import Path

from benchmarks.hostile_trees.case import ANALYSED, HEALTHY, HostileCase, any_of, file_case, skipped

MILLION = 1_000_000
_ENDS = (ANALYSED, "timeout", "out-of-memory")
_LONG_LINES = {
    "string": ("line.js", lambda: b'var a = "' + b"x" * MILLION + b'";\n'),
    "identifier": ("line.py", lambda: b"x" * MILLION + b" = 1\n"),
    "number": ("line.py", lambda: b"x = " + b"9" * MILLION + b"\n"),
    "comment": ("line.c", lambda: b"/*" + b"-" * MILLION + b"*/\n"),
    "operators": ("line.java", lambda: b"+" * MILLION + b"\n"),
    "words": ("line.rb", lambda: b"a " * (MILLION // 2) + b"\n"),
    "spaces": ("line.go", lambda: b" " * MILLION + b"\n"),
    "statements": ("line.js", lambda: b"f(a,1);" * (MILLION // 7) + b"\n"),
}
_UNFINISHED = {
    "python-string": ("open.py", 'x = """' + "never closed\n" * 2000),
    "js-template": ("open.js", "x = `" + "never ${closed\n" * 500),
    "c-comment": ("open.c", "/* " + "never closed\n" * 2000),
    "c-string": ("open.cpp", 'char *x = "never closed\n' * 2000),
    "heredoc": ("open.sh", "cat <<END\n" + "never closed\n" * 2000),
    "ruby-heredoc": ("open.rb", "x = <<~A + <<~B\n" + "never closed\n" * 2000),
    "raw-string": ("open.rs", 'let x = r###"' + "never closed\n" * 2000),
    "html": ("open.html", "<!-- <script> " + "never closed\n" * 2000),
    "php": ("open.php", "<?php $x = <<<EOT\n" + "never closed\n" * 2000),
    "brackets": ("open.java", "class A { void f() {{{{{{ ((((( [[[[[ " + "never(closed\n" * 100),
    "recovery": ("blank.tsx", "(x" + "\n" * 20 + "]"),  # the grammar does not come to an end
    "closers": ("close.js", "}" * 500 + ")" * 500 + "]" * 500 + "\n"),
}
_MAGIC = {
    "elf.py": b"\x7fELF\x02\x01\x01" + bytes(9),
    "image.js": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "classes.java": b"\xca\xfe\xba\xbe\0\0\0\x34",
    "database.sql": b"SQLite format 3\0",
    "pickle.py": b"\x80\x04\x95\0\0\0\0\0\0\0\0\x8c\x02os",
}


def _compressed(kind: str) -> bytes:
    """Ten megabytes of zeros in an archive of some kilobytes."""
    zeros, target = bytes(10 << 20), io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros.py", zeros)
    elif kind == "tar.gz":
        with tarfile.open(fileobj=target, mode="w:gz") as archive_:
            member = tarfile.TarInfo("../../zeros.py")
            member.size = len(zeros)
            archive_.addfile(member, io.BytesIO(zeros))
    else:
        target.write(gzip.compress(zeros))
    return target.getvalue()


def _archives(root: Path) -> None:
    for kind in ("zip", "tar.gz", "gz"):
        (root / f"zeros.{kind}").write_bytes(_compressed(kind))
    (root / "zip.py").write_bytes(_compressed("zip"))
    (root / "gzip.js").write_bytes(_compressed("gz"))


def _magic(root: Path) -> None:
    for name, magic in _MAGIC.items():
        (root / name).write_bytes(magic * 50)


def _noise(root: Path) -> None:
    generator = random.Random(8)
    for extension in ("py", "js", "java", "c", "rb", "sh", "html"):
        (root / f"noise.{extension}").write_bytes(generator.randbytes(50_000))


def _polyglots(root: Path) -> None:
    """One text under the endings of many languages: valid in some of them, nonsense in the others."""
    head = '#!/bin/sh\n#if 0\n"""":\nexec true\n"""\n<?php /* <script> */ ?>\n(* -- {- REM\n#endif\n'
    for extension in (
        "py",
        "sh",
        "c",
        "php",
        "html",
        "hs",
        "ml",
        "sql",
        "lua",
        "rb",
        "js",
        "pl",
        "lisp",
        "vb",
    ):
        (root / f"polyglot.{extension}").write_text(head + HEALTHY, encoding="utf-8")


def _spread(root: Path, name: str, before: str, after: str) -> None:
    (root / name).write_text(f"{before}\n{HEALTHY}{after}\n", encoding="utf-8")


def _large(root: Path) -> None:
    """Source over the megabyte at which peers stop reading."""
    filler = "".join(f"value_{number} = {number}  # one of many\n" for number in range(60_000))
    _spread(root, "large.py", filler, filler[:100])


def _lookalikes(root: Path) -> None:
    """Names of Cyrillic letters that look Latin, and characters that nobody sees."""
    text = HEALTHY.replace("total", "tоtаl").replace("limit", "l\u200bimit").replace(" = 0", " =\u00a00")
    (root / "lookalikes.py").write_text(text, encoding="utf-8")
    hidden = "# \u202e\u2066 esrever \u2069\u200b\u200d\ufeff\U000e0041\n"
    _spread(root, "bidi.py", hidden * 50, hidden)


def _escapes(root: Path) -> None:
    """What a terminal would obey, in comments, strings and names."""
    _spread(root, "escapes.py", "# \x1b]0;pwned\x07 \x1b[2J \x9b31m\nx = '\x1b[8m'", "# \x1bc")


def _tiny_functions(root: Path) -> None:
    code = "".join(f"def f{number}(a):\n    return a + {number}\n\n" for number in range(20_000))
    (root / "tiny.py").write_text(code, encoding="utf-8")


def _one_function(root: Path, lines: int) -> None:
    body = "".join(
        f"    value_{number % 97} = call_{number}(value_{number % 89}, {number})\n" for number in range(lines)
    )
    (root / "endless.py").write_text(f"def endless():\n{body}", encoding="utf-8")


def _copies(root: Path, count: int) -> None:
    """The same function again and again: every pair of them is a clone."""
    code = "".join(HEALTHY.replace("settle", f"settle_{number}") + "\n" for number in range(count))
    (root / "copies.py").write_text(code, encoding="utf-8")


def _periodic(root: Path) -> None:
    """Runs of equal tokens, in which everything aligns with everything."""
    for name in ("first", "second"):
        body = "    step(value, value)\n" * 5_000
        (root / f"{name}.py").write_text(f"def {name}(value):\n{body}", encoding="utf-8")


def _table(root: Path) -> None:
    rows = "".join(f"    ({n}, {n * 7}, 'row {n}'),\n" for n in range(30_000))
    (root / "table.py").write_text(f"TABLE = [\n{rows}]\n", encoding="utf-8")


def _minified(root: Path) -> None:
    code = "".join(
        f"function a{n}(b,c){{for(var d=0;d<b.length;d++)c+=b[d]*{n};return c}}" for n in range(8_000)
    )
    (root / "app.js").write_text(code, encoding="utf-8")


def _empty(root: Path) -> None:
    for name, content in {
        "nothing.py": b"",
        "newline.py": b"\n",
        "blank.js": b" \t\r\n" * 50_000,
        "bom.c": b"\xef\xbb\xbf",
    }.items():
        (root / name).write_bytes(content)


CASES = (
    *(
        file_case(f"line-of-{name}", f"a line of {MILLION:,} characters: {name}", path, content, *_ENDS)
        for name, (path, content) in _LONG_LINES.items()
    ),
    *(
        file_case(
            f"unfinished-{name}", f"{name.replace('-', ' ')} without an end", path, text.encode(), *_ENDS
        )
        for name, (path, text) in _UNFINISHED.items()
    ),
    HostileCase(
        "archives-of-zeros",
        "10 MB of zeros in archives, and archives named like source",
        _archives,
        skipped("not-code", "zeros.zip", "zeros.tar.gz", "zeros.gz") | skipped("binary", "zip.py", "gzip.js"),
    ),
    HostileCase(
        "binaries-named-as-source", "programs, images, databases", _magic, skipped("binary", *_MAGIC)
    ),
    HostileCase(
        "random-bytes",
        "50 KB of noise in 7 languages",
        _noise,
        skipped(
            "binary", *(f"noise.{extension}" for extension in ("py", "js", "java", "c", "rb", "sh", "html"))
        ),
    ),
    file_case("zeros", "4 MB of NULs named .py", "zeros.py", lambda: bytes(4 << 20), "binary"),
    HostileCase("polyglots", "one text in 14 languages", _polyglots),
    HostileCase("source-over-a-megabyte", "2.3 MB of Python", _large, found=("large.py",)),
    file_case("source-too-large", "9 MB of Python", "huge.py", lambda: b"x = 1\n" * 1_500_000, "too-large"),
    HostileCase(
        "lookalikes", "homoglyphs, zero-width and bidirectional characters", _lookalikes, found=("bidi.py",)
    ),
    HostileCase(
        "terminal-escapes", "escape sequences in comments and strings", _escapes, found=("escapes.py",)
    ),
    HostileCase(
        "tiny-functions", "20,000 functions of two lines", _tiny_functions, any_of("tiny.py", *_ENDS)
    ),
    HostileCase(
        "endless-function-10000",
        "a function of 10,000 lines",
        partial(_one_function, lines=10_000),
        any_of("endless.py", *_ENDS),
    ),
    HostileCase(
        "endless-function-100000",
        "a function of 100,000 lines",
        partial(_one_function, lines=100_000),
        any_of("endless.py", *_ENDS),
        nightly=True,
    ),
    HostileCase(
        "copies-in-one-file",
        "500 copies of a function in a file",
        partial(_copies, count=500),
        found=("copies.py",),
    ),
    HostileCase(
        "many-copies-in-one-file",
        "5,000 copies of a function in a file",
        partial(_copies, count=5_000),
        found=("copies.py",),
        nightly=True,
    ),
    HostileCase(
        "periodic-code",
        "5,000 equal statements, twice",
        _periodic,
        any_of("first.py", *_ENDS) | any_of("second.py", *_ENDS),
    ),
    HostileCase("data-table", "30,000 rows of literals", _table),
    HostileCase("minified", "600 KB of JavaScript on one line", _minified),
    HostileCase("empty-files", "files without a token", _empty),
)
