"""A file to query with. Comments say what an index of the standard library and examples/ should answer."""

import re
from difflib import SequenceMatcher
from heapq import nlargest


# Type-2: copyfileobj in shutil.py (CPython, PSF-2.0), every name changed.
def pump(source, sink, chunk=0):
    """Write everything that source still holds to sink."""
    if not chunk:
        chunk = DEFAULT_CHUNK
    take = source.read
    give = sink.write
    while True:
        piece = take(chunk)
        if not piece:
            break
        give(piece)


# Type-3: bisect_right in bisect.py (CPython, PSF-2.0), without its key and with a check of the end.
def upper_bound(items, wanted, low=0, high=None):
    """Index behind the last item that is not greater than wanted; items are sorted."""
    if low < 0:
        raise ValueError("low must be non-negative")
    if high is None or high > len(items):
        high = len(items)
    while low < high:
        middle = (low + high) // 2
        if wanted < items[middle]:
            high = middle
        else:
            low = middle + 1
    return low


# Type-3: get_close_matches in difflib.py (CPython, PSF-2.0), ignoring case.
def closest_words(word, candidates, limit=3, least=0.6):
    """At most limit candidates that resemble word, best first."""
    if limit <= 0:
        raise ValueError(f"limit must be > 0: {limit!r}")
    if not 0.0 <= least <= 1.0:
        raise ValueError(f"least must be in [0.0, 1.0]: {least!r}")
    found = []
    matcher = SequenceMatcher()
    matcher.set_seq2(word.lower())
    for candidate in candidates:
        matcher.set_seq1(candidate.lower())
        if (
            matcher.real_quick_ratio() >= least
            and matcher.quick_ratio() >= least
            and matcher.ratio() >= least
        ):
            found.append((matcher.ratio(), candidate))
    found = nlargest(limit, found)
    return [candidate for _, candidate in found]


# Type-3: dedent in textwrap.py (CPython, PSF-2.0), on a list of lines.
def strip_margin(lines):
    """The lines without the white space that all of them start with."""
    margin = None
    for indent in re.findall(r"(?m)(^[ \t]*)(?:[^ \t\n])", "\n".join(lines)):
        if margin is None:
            margin = indent
        elif indent.startswith(margin):
            continue
        elif margin.startswith(indent):
            margin = indent
        else:
            for i, (x, y) in enumerate(zip(margin, indent, strict=False)):
                if x != y:
                    margin = margin[:i]
                    break
    if margin:
        lines = [line.removeprefix(margin) for line in lines]
    return lines


# Type-4: commonprefix in genericpath.py, which compares only the smallest and the greatest string.
def shared_start(strings):
    """Longest text that all strings start with, empty without strings."""
    start = []
    for letters in zip(*strings, strict=False):
        first = letters[0]
        if any(letter != first for letter in letters):
            break
        start.append(first)
    return "".join(start)


# Type-4, across languages: corpus/word_count.go, corpus/wordCount.ts, corpus/word_count.rb.
def word_frequencies(text):
    """How often each word occurs, ignoring case."""
    frequencies = {}
    for word in re.split(r"\W+", text.lower()):
        if word:
            frequencies[word] = frequencies.get(word, 0) + 1
    return frequencies


# Type-3: merge_spans in corpus/intervals.py, with a tolerance.
def join_ranges(ranges, tolerance=0):
    """Join the ranges (start, end) that are at most tolerance apart, in order."""
    joined = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1] + tolerance:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


DEFAULT_CHUNK = 64 * 1024
