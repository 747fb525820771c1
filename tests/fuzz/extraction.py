"""Fragment extraction in every language: whatever the text, its fragments lie in it, in order."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
from fuzz.target import Target, refusals

from codesearch.core.types import ParsedSource
from indexer.corpus.decode import decode
from indexer.corpus.opening import CannotRead
from indexer.fragments import cut_fragments
from indexer.parsing.extract import MinimumSize, parse_source, select_lines
from indexer.parsing.languages import Language, registry
from indexer.parsing.limits import ParseLimits

LANGUAGES = tuple(sorted(registry(), key=lambda language: language.id))
_SAMPLES = Path(__file__).parents[1] / "indexer" / "parsing" / "samples"
_MINIMA = (MinimumSize(1, 1), MinimumSize(2, 6), MinimumSize())
_LIMITS = ParseLimits(depth=60)
_SNIPPET = b"/* a */ f(x) { \"s\\n\" + 'c' // b\n  x += 0x1f; }\n# c\nend\n"


def _extracts(data: bytes) -> None:
    """The first byte names the language, the second the smallest fragment and whether the text is decoded."""
    if len(data) < 2:
        return
    language, minimum = LANGUAGES[data[0] % len(LANGUAGES)], _MINIMA[data[1] % len(_MINIMA)]
    text = data[2:]
    with suppress(CannotRead):  # parsers are promised UTF-8, and other bytes do no harm
        text = decode(text).text
    with refusals():
        parsed = parse_source(text, language, minimum, _LIMITS)
        _check(parsed, text, minimum)
        assert parsed.lines == select_lines(text, language, limits=_LIMITS).lines
        again = parse_source(text, language, minimum, _LIMITS)
        assert parsed.spans == again.spans
        assert [one.exact_key for _, one in cut_fragments(parsed)] == [
            one.exact_key for _, one in cut_fragments(again)
        ]


def _check(parsed: ParsedSource, text: bytes, minimum: MinimumSize) -> None:
    lines = parsed.tokens.lines
    assert parsed.lines <= text.count(b"\n") + 1
    assert (np.diff(lines) >= 0).all()
    assert not len(lines) or (lines[0] >= 1 and lines[-1] <= parsed.lines)
    assert parsed.tokens.indents is None or len(parsed.tokens.indents) == len(lines)
    for span in parsed.spans:
        assert 0 <= span.first < span.last <= len(parsed.tokens)
        assert 1 <= span.start_line <= span.end_line <= parsed.lines
        assert span.start_line <= lines[span.first]
        assert lines[span.last - 1] <= span.end_line
        assert span.end_line - span.start_line + 1 >= minimum.lines
        assert span.last - span.first >= minimum.tokens
        assert "\n" not in span.name + span.container
    assert len({(span.first, span.last) for span in parsed.spans}) == len(parsed.spans)
    for before, after in pairwise(parsed.spans):
        assert (before.first, -before.last) < (after.first, -after.last)


def _seeds() -> tuple[bytes, ...]:
    samples: dict[str, bytes] = {}
    for path in sorted(_SAMPLES.iterdir()):
        language = registry().for_path(path)
        if language is not None:
            samples[language.id] = path.read_bytes()[:_LONGEST]
    return tuple(input_of(language, samples.get(language.id, _SNIPPET)) for language in LANGUAGES)


def input_of(language: Language | str, text: bytes, minimum: int = 1) -> bytes:
    """The input that means a text in a language."""
    chosen = registry().get(language) if isinstance(language, str) else language
    return bytes([LANGUAGES.index(chosen), minimum]) + text


_LONGEST = 3000

TARGETS = (Target("extraction", "fragment extraction", _extracts, _seeds()),)
