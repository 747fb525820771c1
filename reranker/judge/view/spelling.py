"""How tokens of untrusted code are spelled for a model: what is plain is kept, the rest gives way.

Code may carry text that talks to whoever reads it. Comments are gone before a fragment exists; what is left
are names, literals and stray bytes. Each is shown only in a form that has no room for a sentence.
"""

from __future__ import annotations

import re
import unicodedata

from indexer.normal.subtokens import split_identifier
from reranker.judge.manipulation.detector import reads_as_instruction

LONGEST_NAME = 60  # the longest in CPython's standard library that no generator wrote has 57
LONGEST_STRING = 40
LONGEST_NUMBER = 40
MOST_WORDS = 3  # no instruction is shorter once the detector has seen it

# Sigils and suffixes of the languages of the registry: $x, @x, r#x, 'a, x?, set!, lisp-case, a::b, x->y.
_NAME = re.compile(
    r"(?:[A-Za-z0-9_$@#%&:!?'*+./=]|->?)*[A-Za-z_](?:[A-Za-z0-9_$@#%&:!?'*+./=]|->?)*|[<>=+*/!?_$@-]{1,3}"
)
_ROLE_NAMES = frozenset(("INST",))  # in brackets, as an index, it is a chat template's marker
_QUOTED_NAME = re.compile(r"(`)([^`]*)`|\$\{([^}]*)\}")
_NUMBER = re.compile(
    r"(?:0[xX][\dA-Fa-f_']{1,20}|0[bBoO][\d_']+|[\d_'.]+(?:[eEpP][+-]?\d+)?)(?:[A-Za-z]{1,2}|[iuf](?:8|16|32|64|128|size))?"
)
_LITERAL = re.compile(
    r"(?P<prefix>[A-Za-z@$#~:]{0,3})(?P<quote>\"{3,}|'{3}|\"|'|`)(?P<body>.*?)(?P<end>\2#{0,3})?", re.DOTALL
)
_FUNCTION_WORDS = frozenset(
    (
        *(b"a", b"an", b"the", b"this", b"that", b"these", b"those", b"is", b"are", b"was", b"be", b"been"),
        *(
            b"you",
            b"your",
            b"must",
            b"should",
            b"shall",
            b"will",
            b"and",
            b"or",
            b"of",
            b"as",
            b"all",
            b"any",
        ),
        *(b"please", b"with", b"they", b"it", b"both", b"only", b"always", b"never", b"not", b"do", b"so"),
    )
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_MARKUP = re.compile(
    r"""\{\{|\}\}|\{%|<\||\|>|</|/>|<[A-Za-z!?]|<<<|>>>|```|~~~|\#\#\#|===|\[/?[A-Z]{3,}|-{4,}|["'`]\s*[}\]]"""
)
# Letters that are written as their numbers.
_ESCAPES = re.compile(
    r"\\(?:x[4-7]|u\{?0*[4-7][\dA-Fa-f]\b|u00[4-7]|U000000[4-7]|N\{|1[0-7]{2})|&#|%[4-7][\dA-Fa-f]"
)
# A run in which a message may be encoded: base64 mixes cases and digits, hexadecimal has no other letters.
_ENCODED = re.compile(
    r"(?=\S*\d)(?=\S*[a-z])(?=\S*[A-Z])[A-Za-z0-9+/_-]{16,}={0,2}|[\dA-Fa-f]{16,}|[A-Za-z0-9+/]{8,}==?"
)


def is_plain_name(name: str) -> bool:
    """Whether an identifier may be shown as it is: ASCII, of ordinary length, no sentence, no instruction."""
    return (
        len(name) <= LONGEST_NAME
        and _NAME.fullmatch(name) is not None
        and name not in _ROLE_NAMES
        and not _is_sentence(name)
        and not reads_as_instruction(name)
    )


def plain_name(name: str) -> str:
    """An identifier in its compatibility form without quotes around it; empty when it may not be shown."""
    folded = unicodedata.normalize("NFKC", name)
    if (quoted := _QUOTED_NAME.fullmatch(folded)) is not None:
        folded = quoted[2] or quoted[3]
    return folded if is_plain_name(folded) else ""


def safe_name(text: str) -> str:
    """A name for a title: the text itself where it is a plain identifier, else ``name``."""
    return plain_name(text) or "name"


def shown_string(literal: str) -> str:
    """A string literal as it may be shown, on one line: itself, or its quotes around a placeholder."""
    form = _LITERAL.fullmatch(literal)
    # Else it is a regular expression, the body of a heredoc or a literal with brackets for quotes.
    closed = form is None or form["end"] is not None
    return literal if closed and _is_plain_text(form["body"] if form else literal) else hidden_string(literal)


def hidden_string(literal: str) -> str:
    """A string literal with a placeholder for its text, whatever that is."""
    form = _LITERAL.fullmatch(literal)
    if form is None:
        return f'"{_placeholder(literal)}"'
    return f"{form['prefix']}{form['quote']}{_placeholder(form['body'])}{form['quote']}"


def shown_number(literal: str) -> str:
    """A number, or its first digits where it is too long or is none that a language has."""
    if len(literal) <= LONGEST_NUMBER and _NUMBER.fullmatch(literal):
        return literal
    digits = re.match(r"[\d.]{0,12}", literal)
    return f"{digits[0] if digits and digits[0] else 0}..."


def shown_operator(text: str) -> str:
    """An operator, or ``?`` for a byte that is none."""
    return text if text.isascii() and text.isprintable() and not text.isspace() else "?"


def _is_sentence(name: str) -> bool:
    """Whether a name has as many words, and such words, as claims about code have."""
    parts = split_identifier(name.encode())
    return len(parts) >= 5 and sum(part in _FUNCTION_WORDS for part in parts) >= 2


def _is_plain_text(text: str) -> bool:
    """Whether the text of a string may be shown."""
    return (
        len(text) <= LONGEST_STRING
        and text.isascii()
        and text.isprintable()
        and len(text.split()) <= MOST_WORDS
        and len(_WORD.findall(text)) <= MOST_WORDS
        and not _ESCAPES.search(text)
        and not _MARKUP.search(text)
        and not _ENCODED.search(text)
        and not reads_as_instruction(text)
    )


def _placeholder(text: str) -> str:
    return f"<text, {len(text)} characters>"
