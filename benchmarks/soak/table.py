"""The figures of a soak as Markdown."""

from __future__ import annotations

from benchmarks.documents import Json, markdown_table
from benchmarks.soak.questions import ACCEPTED, OK
from benchmarks.soak.traffic import BUSY, RATED, SHARES


def table(figures: Json) -> list[str]:
    """What was sent and answered by kind, then what became of the server."""
    answers = figures["answers"]
    rows = [
        [
            kind,
            f"{answers.get(f'{kind}, {OK}', 0) + answers.get(f'{kind}, {ACCEPTED}', 0):,}",
            f"{answers.get(f'{kind}, {BUSY}', 0):,}",
            str(figures["wrong"].get(kind, 0)),
            *(f"{value:,.0f}" for value in figures["milliseconds"].get(kind, ())),
        ]
        for kind in SHARES
    ]
    pause = ""
    if "longest_pause" in figures:
        pause = f" A watcher that looks every second paused for {figures['longest_pause']:.1f} s at most."
    was, became = figures["vitals"]["middle"], figures["vitals"]["end"]
    errors = ", ".join(f"{what} ({count})" for what, count in figures["errors"].items()) or "none"
    found, kept = figures["verdicts_found_again"], figures["verdicts_kept"]
    return [
        f"{figures['requests']:,} requests in {figures['seconds'] / 60:g} minutes, {figures['rate']:g} a",
        f"second where it is rated for {RATED:g}, over {figures['files']} files of the standard library",
        f"that change all the time: {figures['jobs']} index and audit jobs ran meanwhile. Every answer is",
        "compared with the one that the server gave at rest, before or after the change. The clients run on",
        "the same two cores.",
        "",
        *markdown_table(
            ["request", "answered", "told to come back", "wrong", "p50 ms", "p95 ms", "p99 ms"], rows
        ),
        "",
        f"Errors: {errors}.{pause} From the second to the last third of the time memory went from",
        f"{was['anonymous'] / 1e6:.0f} to {became['anonymous'] / 1e6:.0f} MB, open files from",
        f"{was['handles']:.0f} to {became['handles']:.0f}, threads from {was['threads']:.0f} to",
        f"{became['threads']:.0f}. SIGTERM in the middle of it, a job being",
        f"{figures['stopped_while_job_was']}: exit code {figures['exit_code']},",
        f"{figures['orphans']} processes left,",
        f"{figures['refused_at_the_end']} requests under way refused. After the next start the job was",
        f"{figures['interrupted_job']}, and {found:,} of {kept:,} acknowledged verdicts were there.",
    ]
