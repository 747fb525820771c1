"""JSON documents as files: one line, safe to print and to parse."""

from __future__ import annotations

import json
import re
from typing import TextIO

# JSON leaves the first kind bare, and a terminal would act on it. Half a surrogate pair is no character:
# strict parsers refuse the whole document over an escape of one.
_CONTROLS = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def write_json(document: object, out: TextIO) -> None:
    r"""Write a document and a line end; controls become ``\u`` escapes, lone surrogates U+FFFD."""
    # No indentation: it takes Python's own encoder, ten times as long as the compiled one.
    text = json.dumps(document, ensure_ascii=False, allow_nan=False)
    text = _LONE_SURROGATES.sub("\ufffd", text)
    out.write(_CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    out.write("\n")
