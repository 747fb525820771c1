"""Token patterns: one regular expression per language, built from its lexicon.

Repetitions are possessive, so that a pattern never tries the same text in two ways, and none has a group, so
that ``findall`` returns plain bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from indexer.parsing.languages import Lexicon

_DOUBLE = r'"(?:[^"\\\n]++|\\(?s:.))*+"'
_SINGLE = r"'(?:[^'\\\n]++|\\(?s:.))*+'"
_DOUBLE_LINES = r'"(?:[^"\\]++|\\(?s:.))*+"'
_SINGLE_LINES = r"'(?:[^'\\]++|\\(?s:.))*+'"
_DOUBLE_VERBATIM = r'"(?:[^"]++|"")*+"'
_TRIPLE_DOUBLE = r'"""(?:[^"\\]++|\\(?s:.)|"(?!""))*+"""'
_TRIPLE_SINGLE = r"'''(?:[^'\\]++|\\(?s:.)|'(?!''))*+'''"
_TRIPLE_RAW = r'"""(?:[^"]++|"{1,2}+(?!"))*+"{3,}+'
_TEMPLATE_CODE = r"\$\{(?:[^{}`]++|\{(?:[^{}`]++|\{[^{}`]*+\})*+\}|`[^`]*+`)*+\}"
_REGEX = r"/(?![*/])(?:[^/\\\[\n]++|\\[^\n]|\[(?:[^\]\\\n]++|\\[^\n])*+\])++/[a-z]*+"
_CPP_PREFIX = r"(?:u8|[uUL])?+"

# A slash begins a regular expression where no operand can have ended: after an opening bracket, an operator
# or a keyword that takes a value, or after indentation. Look-behind is of fixed width: nothing or one space
# between.
_NO_OPERAND_BEFORE = (
    r"(?:\A|(?<=[(,=:\[!&|?{};+*%~^<>\n-])|(?<=[(,=:\[!&|?{};+*%~^<>-][ ])|(?<=[ \t][ \t])|(?<=\n\t)"
    r"|(?<=\breturn )|(?<=\bcase )|(?<=\btypeof )|(?<=\bif )"
    r"|(?<=\bwhen )|(?<=\bunless )|(?<=\band )|(?<=\bor ))"
)
_PERL_BODY = (
    r"(?:\{(?:[^{}\\]++|\\(?s:.)|\{[^{}]*+\})*+\}|\((?:[^()\\]++|\\(?s:.)|\([^()]*+\))*+\)|\[[^\]]*+\]|<[^>\n]*+>"
    r"|/(?:[^/\\\n]++|\\.)*+/|!(?:[^!\\\n]++|\\.)*+!|\|(?:[^|\\\n]++|\\.)*+\|)"
)

# A literal whose opening is another text than its end runs to the end of the source when that is missing, as
# compilers have it: tried and given up, every further opening would be read to the end again.
STRING_FORMS = {
    "double": _DOUBLE,
    "single": _SINGLE,
    "double_lines": _DOUBLE_LINES,
    "single_lines": _SINGLE_LINES,
    "double_doubled": r'"(?:[^"\n]++|"")*+"',
    "single_doubled": r"'(?:[^'\n]++|'')*+'",
    # One character, so that lifetimes, type variables, attributes, transposes and quoted lists stay apart.
    "char": r"b?+'(?:[^'\\\n\x80-\xff]|[\x80-\xff]{2,4}+|\\[^\n][^'\n]{0,10}+)'",
    "triple_double": _TRIPLE_DOUBLE,
    "triple_raw": _TRIPLE_RAW,
    "triple_single": _TRIPLE_SINGLE,
    "python": rf"[rRbBuUfFtT]{{0,2}}+(?:{_TRIPLE_DOUBLE}|{_TRIPLE_SINGLE}|{_DOUBLE}|{_SINGLE})",
    "cpp": (rf'{_CPP_PREFIX}(?:R"\((?:[^)]++|\)(?!"))*+(?:\)"|\Z)|{_DOUBLE}|{_SINGLE})'),
    "csharp": (rf"(?:\$++@|@\$++|@){_DOUBLE_VERBATIM}|\$*+{_TRIPLE_RAW}|\$?+{_DOUBLE}|{_SINGLE}"),
    "rust": (
        r'b?r"[^"]*+"|b?r#"(?:[^"]++|"(?!#))*+(?:"#|\Z)|b?r##"(?:[^"]++|"(?!##))*+(?:"##|\Z)'
        r'|b?r###"(?:[^"]++|"(?!###))*+(?:"###|\Z)'
        rf"|[bc]?+{_DOUBLE_LINES}"
    ),
    "swift": rf'#"(?:[^"]++|"(?!#))*+(?:"#|\Z)|{_TRIPLE_DOUBLE}|{_DOUBLE}',
    "raw_backtick": r"`[^`]*+`",
    "template": rf"`(?:[^`\\$]++|\\(?s:.)|{_TEMPLATE_CODE}|\$)*+`",
    "js_regex": _NO_OPERAND_BEFORE + _REGEX,
    "ruby_regex": _NO_OPERAND_BEFORE + _REGEX,
    "ruby_percent": rf"%[qQwWiIrxs]{_PERL_BODY}[imxo]*+",
    "ruby_symbol": r":\"(?:[^\"\\\n]++|\\.)*+\"",
    "perl_quote": rf"(?:qq|qw|qr|q|m)\b[ ]?+{_PERL_BODY}[a-z]*+"
    rf"|(?:s|tr|y)(?=[{{/!|])(?:{_PERL_BODY}){{1,2}}+[^/\n;]*+/?+[a-z]*+",
    "shell": rf"\$?+'[^']*+'|\$?+{_DOUBLE_LINES}",
    "lua_long": r"\[\[(?:[^\]]++|\](?!\]))*+(?:\]\]|\Z)|\[=\[(?:[^\]]++|\](?!=\]))*+(?:\]=\]|\Z)"
    r"|\[==\[(?:[^\]]++|\](?!==\]))*+(?:\]==\]|\Z)",
    "lisp_char": r"#\\(?:\w++|(?s:.))",
    "clojure_char": r"\\(?:\w++|[^\s\w])",
    "powershell_here": r"@\"\r?\n(?:[^\"]++|\"(?!@))*+(?:\"@|\Z)|@'\r?\n(?:[^']++|'(?!@))*+(?:'@|\Z)",
    "backtick_double": r'"(?:[^"`]++|`(?s:.)|"")*+"',
    "elixir_sigil": rf"~[a-zA-Z](?:{_TRIPLE_DOUBLE}|{_DOUBLE}|{_PERL_BODY})[a-z]*+",
    "erlang_char": r"\$(?:\\.|[^\s])",
    "pascal_code": r"#\$?+[0-9A-Fa-f]++",
    "objective_c": rf"@?{_DOUBLE}|{_SINGLE}",
}
"""String, character and regular expression literals by the name a lexicon uses."""

# `xx*+` instead of `x++`: an alternative that begins with a character class is passed over without being
# tried.
_SPACE = r"[ \t\r\n\f\v][ \t\r\n\f\v]*+"
# What may follow the letters that are part of a literal: `r"`, `b'`, `q{`.
_AFTER_PREFIX = {
    "python": "\"'",
    "cpp": "\"'",
    "rust": '"#',
    "char": "'",
    "perl_quote": r"{(\[<!/| ",
}
_NUMBER = (
    r"0[xX][\da-fA-F_]++[\w.]*+|0[bBoO][\d_]++\w*+"
    r"|(?:\d|\.(?=\d))(?:[eE][+-]?+(?=\d)|\.(?=\d)|'(?=\d)|\w)*+"
)
_OPERATORS = (
    ">>>= <<= >>= >>> **= //= ??= ||= &&= === !== <=> ... ..= ..< <- -> => == != <= >= += -= *= /= %= &= "
    "|= ^= ~= := && || ++ -- ** // << >> :: ?? ?. ?: .. !! |> <|"
)
# These never begin a longer operator, so one character class settles most of the punctuation.
_OPERATOR_OPENERS = {"js_regex": "/", "ruby_regex": "/", "ruby_percent": "%", "elixir_sigil": "~"}
_PLAIN = "()[]{},;"


@dataclass(frozen=True, slots=True)
class TokenPatterns:
    """Compiled patterns of one language.

    Attributes:
        split: Its ``findall`` covers every byte of any source.
        classify: ``fullmatch`` of one piece has the group ``skip``, ``string``, ``word`` or ``number``; an
            operator does not match.
    """

    split: re.Pattern[bytes]
    classify: re.Pattern[bytes]


@cache
def token_patterns(lexicon: Lexicon) -> TokenPatterns:
    """Compile a lexicon, once per process."""
    comments = [_block_comment(*pair, nested=lexicon.nested_comments) for pair in lexicon.block_comments]
    comments += [rf"{opener}[^\n]*+" for opener in lexicon.line_comments]
    strings = [STRING_FORMS[name] for name in lexicon.strings]
    after_prefix = "".join(_AFTER_PREFIX.get(name, "") for name in lexicon.strings)
    alternatives = [
        _SPACE,
        # Most names are settled here; only those that may be the prefix of a string go on to the string
        # forms.
        f"{lexicon.identifier}(?![{after_prefix}])" if after_prefix else lexicon.identifier,
        f"[{re.escape(_plain_characters(lexicon))}]",
        *comments,
        rf"[{re.escape(_single_operators(lexicon))}](?![-+*/%=<>!&|^~?.:\d\"'`])",
        *strings,
        *([lexicon.identifier] if after_prefix else []),
        _NUMBER,
        _operators(lexicon.operators),
        # A continued line, and quotes that are escaped outside of any string: those never open one, which
        # also keeps a long run of them from being scanned to its end again and again.
        r"\\\r?\n|\\[\"'`/]|(?s:.)",
    ]
    groups = {
        "skip": [_SPACE, r"\\\r?\n", *comments],
        "string": [form.removeprefix(_NO_OPERAND_BEFORE) for form in strings],
        "word": [lexicon.identifier],
        "number": [_NUMBER],
    }
    classify = "|".join(f"(?P<{name}>{'|'.join(forms)})" for name, forms in groups.items() if forms)
    return TokenPatterns(
        split=re.compile("|".join(alternatives).encode("latin-1"), re.MULTILINE),
        classify=re.compile(classify.encode("latin-1"), re.MULTILINE),
    )


def _block_comment(opener: str, closer: str, *, nested: bool) -> str:
    """A comment from ``opener`` to ``closer``; nested ones to a depth of three, as deep as people go.

    Without its closer it runs to the end of the source, as compilers have it.
    """
    closer = rf"(?:{closer}|\Z)"
    if not nested:
        return f"{opener}(?s:.*?){closer}"
    text = f"(?s:(?!{opener}|{closer}).)"
    comment = f"{opener}{text}*+{closer}"
    for _ in range(2):
        comment = f"{opener}(?:{comment}|{text})*+{closer}"
    return comment


def _plain_characters(lexicon: Lexicon) -> str:
    """Brackets, comma and semicolon, but those that open a comment or a string of the language."""
    openers = [*lexicon.line_comments, *(opener for opener, _ in lexicon.block_comments)]
    taken = {opener[opener.startswith("\\")] for opener in openers} | (
        {"["} if "lua_long" in lexicon.strings else set()
    )
    return "".join(char for char in _PLAIN if char not in taken)


def _single_operators(lexicon: Lexicon) -> str:
    """Operator characters that begin no string; alone, they need none of the longer alternatives."""
    taken = {_OPERATOR_OPENERS[name] for name in lexicon.strings if name in _OPERATOR_OPENERS}
    return "".join(char for char in "+*/%=<>!&|^~?.:-" if char not in taken)


def _operators(extra: str) -> str:
    """Operators of several characters, longest first, grouped by their first one."""
    followers: dict[str, list[str]] = {}
    for operator in sorted({*_OPERATORS.split(), *extra.split()}, key=lambda text: (-len(text), text)):
        followers.setdefault(operator[0], []).append(re.escape(operator[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in followers.items())
