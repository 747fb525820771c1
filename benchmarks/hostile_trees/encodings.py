"""Text in every encoding that source is found in, and bytes that are no text."""

from __future__ import annotations

import codecs
from pathlib import Path

from benchmarks.hostile_trees.case import HEALTHY, HostileCase, any_of, skipped

# What each character set can write, in a comment above the healthy function.
_SAMPLES = {
    "utf-8": "grüße Ж 漢字 한글 🙂",
    "utf-8-sig": "grüße Ж 漢字 한글 🙂",
    "latin-1": "grüße à bientôt",
    "cp1252": "“grüße” – 5 €",
    "iso8859-7": "Καλημέρα",
    "koi8-r": "привет, мир",
    "cp1251": "привет, мир",
    "cp866": "привет, мир",
    "mac-roman": "grüße à bientôt",
    "shift_jis": "表示する能力",  # bytes of some of these end with a backslash
    "euc-jp": "漢字かな",
    "gbk": "简体中文",
    "gb18030": "简体中文🙂",
    "big5": "許功蓋",  # likewise
    "euc-kr": "한국어",
    "tis-620": "สวัสดี",
}
_MARKED = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
_BAD_DECLARATIONS = (
    *("rot13", "hex", "base64", "zlib", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7"),
    *("undefined", "mbcs", "no-such-codec", "../../etc/passwd", "x" * 400),
)
# Valid for no decoder, each in a comment: half of a pair, an overlong NUL, beyond Unicode, cut off.
_BROKEN_UTF8 = {
    "surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "overlong": b"\xc0\x80\xe0\x80\xaf",
    "beyond-unicode": b"\xf4\x90\x80\x80\xf8\x88\x80\x80\x80",
    "cut-off": b"\xe6\xbc",
}


def _found(name: str, planted: str, content: bytes, path: str = "text.py") -> HostileCase:
    def plant(root: Path) -> None:
        (root / path).write_bytes(content)

    return HostileCase(f"encoding-{name}", planted, plant, found=(path,))


def _lost(name: str, planted: str, content: bytes, reason: str) -> HostileCase:
    def plant(root: Path) -> None:
        (root / "bytes.py").write_bytes(content)

    return HostileCase(f"encoding-{name}", planted, plant, skipped(reason, "bytes.py"))


def _declared() -> HostileCase:
    def plant(root: Path) -> None:
        for number, name in enumerate(_BAD_DECLARATIONS):
            text = f"# -*- coding: {name} -*-\n# gr\xfc\xdfe\n{HEALTHY}"
            (root / f"declared-{number}.py").write_bytes(text.encode("latin-1"))

    found = tuple(f"declared-{number}.py" for number in range(len(_BAD_DECLARATIONS)))
    return HostileCase(
        "encoding-declared-traps", "declared codecs that are no character sets", plant, found=found
    )


def _guesses() -> HostileCase:
    """EBCDIC and UTF-7: text to nobody who is not told, so it matters only that its fate is said."""

    def plant(root: Path) -> None:
        (root / "ebcdic.py").write_bytes(HEALTHY.encode("cp037"))
        (root / "seven.py").write_bytes(HEALTHY.encode("utf-7"))

    return HostileCase(
        "encoding-ebcdic-and-utf-7", "EBCDIC, UTF-7", plant, any_of("ebcdic.py", "binary", "analysed")
    )


CASES = (
    *(
        _found(codec, f"a file in {codec}", f"# {sample}\n{HEALTHY}".encode(codec))
        for codec, sample in _SAMPLES.items()
    ),
    *(
        _found(
            f"declared-{codec}",
            f"a file in {codec} that says so",
            f"# -*- coding: {codec} -*-\n# {_SAMPLES[codec]}\n{HEALTHY}".encode(codec),
        )
        for codec in ("shift_jis", "gbk", "euc-kr", "koi8-r")
    ),
    *(
        _found(f"{codec}-marked", f"{codec} with its mark", mark + f"# grüße 漢\n{HEALTHY}".encode(codec))
        for codec, mark in _MARKED.items()
    ),
    *(
        _found(f"{codec}-unmarked", f"{codec} without a mark", f"# grüße\n{HEALTHY}".encode(codec))
        for codec in ("utf-16-le", "utf-16-be")
    ),
    *(
        _lost(f"{codec}-unmarked", f"{codec} without a mark", HEALTHY.encode(codec), "binary")
        for codec in ("utf-32-le", "utf-32-be")
    ),
    *(
        _found(f"broken-utf-8-{name}", f"UTF-8 with {name}", b"# " + broken + b"\n" + HEALTHY.encode())
        for name, broken in _BROKEN_UTF8.items()
    ),
    _lost(
        "utf-16-lone-surrogates", "UTF-16 with halves of pairs", b"\xff\xfe\x00\xd8\x00\xd8", "undecodable"
    ),
    _lost(
        "utf-16-odd-length",
        "UTF-16 that ends in half a character",
        b"\xff\xfe" + b"x\0" * 99 + b"y",
        "undecodable",
    ),
    _lost("utf-32-out-of-range", "UTF-32 beyond Unicode", b"\xff\xfe\0\0\xff\xff\xff\x7f", "undecodable"),
    _lost("nul-inside", "NULs among text", b"x = 1\0\0\n" * 100, "binary"),
    _lost("mark-then-binary", "a mark before NULs", codecs.BOM_UTF8 + b"\0\1\2" * 99, "binary"),
    _found("double-mark", "two byte order marks", codecs.BOM_UTF8 * 2 + b"\n" + HEALTHY.encode()),
    _found("carriage-returns", "lines that end with CR", HEALTHY.replace("\n", "\r").encode()),
    _found("unicode-line-ends", "NEL, LS and PS in a comment", f"# a\x85b\u2028c\u2029d\n{HEALTHY}".encode()),
    _declared(),
    _guesses(),
)
