"""Text reduced to its letters, so that no disguise of them makes a difference."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from codesearch.core.types import I64

_HIGH = bytes(range(0x80, 0x100))
_KEPT = np.zeros(256, np.bool_)
_KEPT[np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)] = True
_DROPPED = np.flatnonzero(~_KEPT).astype(np.uint8).tobytes()
_LOWER = bytes(range(256)).lower()

# Letters of other scripts that fonts do not tell from Latin ones (a selection of Unicode TR 39).
_LOOKALIKES = dict(
    zip(
        "аеорсухіјѕԁһӏѵԛԝАВЕКМНОРСТУХІЈЅԌαορνικτυχβγΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡɑոսԍ",
        "aeopcyxijsdhlvqwABEKMHOPCTYXIJSGaopviktuxbyABEZHIKMNOPTYXigansg",
        strict=True,
    )
)
_LOOKALIKE = re.compile(f"[{''.join(_LOOKALIKES)}]")
_DISGUISED = re.compile(
    f"[{''.join(_LOOKALIKES)}\uff01-\uff5e\u2100-\u214f\u24b6-\u24e9\U0001d400-\U0001d7ff\U0001f130-\U0001f189]"
)
_BETWEEN_SPACES = re.compile(rb" [\x80-\xff]+(?= )")


def ascii_form(source: bytes) -> bytes:
    """UTF-8 text as ASCII: letters that look like Latin ones become them, all else beyond ASCII is left out.

    Lines stay. Of the two spaces around what is left out, as around an emoji, one stays.
    """
    if source.isascii():
        return source
    text = source.decode("utf-8", "replace")
    if _DISGUISED.search(text):
        folded = _LOOKALIKE.sub(lambda match: _LOOKALIKES[match[0]], unicodedata.normalize("NFKC", text))
        source = folded.encode("utf-8", "replace")
    return _BETWEEN_SPACES.sub(b"", source).translate(None, _HIGH)


def squeeze(text: bytes) -> bytes:
    """The ASCII letters, in lower case, and digits of a text."""
    return text.translate(_LOWER, _DROPPED)


def squeezed_places(text: bytes) -> I64:
    """int64 [m], where in the text each byte of its squeezed form stands."""
    return np.flatnonzero(_KEPT[np.frombuffer(text, np.uint8)])
