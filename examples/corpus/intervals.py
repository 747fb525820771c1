"""Overlapping spans, as a scheduler needs them."""


def merge_spans(spans):
    """Join the spans (start, end) that touch or overlap, in order."""
    merged = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def free_between(spans, opening, closing):
    """Gaps that the spans leave between opening and closing, in order."""
    gaps = []
    cursor = opening
    for start, end in merge_spans(spans):
        if start > cursor:
            gaps.append((cursor, min(start, closing)))
        cursor = max(cursor, end)
    if cursor < closing:
        gaps.append((cursor, closing))
    return gaps
