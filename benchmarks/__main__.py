"""Measure, write the results and regenerate the pages: ``python -m benchmarks NAME...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.documents import PAGES, Json, Page, read_results, render_page, write_result
from benchmarks.environment import describe
from benchmarks.judged.command import main as judged_command
from benchmarks.plan import MAX_LINES, MAX_ROWS, Plan, data_folder
from benchmarks.registry import BENCHMARKS
from codesearch.core.errors import CodesearchError


def report(page: Page) -> str:
    """A page as the committed results give it."""
    results = read_results()
    sections = [
        (name, benchmark.title, benchmark.table(results[name]["figures"]))
        for name, benchmark in BENCHMARKS.items()
        if name in results and benchmark.page == page
    ]
    return render_page(page, results, sections)


def _measure(name: str, run: Callable[[Plan], Json], plan: Plan) -> None:
    """Run one benchmark; a trial with some tools only is shown, because results hold tools of one run."""
    environment = describe()
    figures = run(plan)
    if plan.only:
        print("\n".join(BENCHMARKS[name].table(figures)))
    else:
        print("wrote", write_result(name, environment, figures), file=sys.stderr)


def _source(text: str) -> tuple[str, Path]:
    """A named folder, from ``NAME=FOLDER``."""
    name, equals, folder = text.partition("=")
    if not (name and equals and folder) or "/" in name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FOLDER")
    return name, Path(folder)


def main(arguments: list[str] | None = None) -> int:
    """Run the named benchmarks; 0 when all were measured, else the exit code of the error."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        published = judged_command(words[1:]) if words[:1] == ["judged"] else _run(words)
    except CodesearchError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return error.exit_code
    if published:
        for page in PAGES:
            page.path.parent.mkdir(exist_ok=True)
            page.path.write_text(report(page), encoding="utf-8")
            print("wrote", page.path, file=sys.stderr)
    return 0


def _run(words: list[str]) -> bool:
    """Run the named benchmarks; False when it was a trial, whose figures are not kept."""
    runs = {name: benchmark.run for name, benchmark in BENCHMARKS.items() if benchmark.run is not None}
    options = _parser(sorted(runs)).parse_args(words)
    plan = Plan(
        data=data_folder(),
        runs=options.runs,
        seed=options.seed,
        only=tuple(options.only),
        sources=dict(options.source),
        max_lines=options.max_lines,
        max_rows=options.max_rows,
    )
    for name in options.names:
        if name != "report":
            _measure(name, runs[name], plan)
    return not plan.only


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="See also: python -m benchmarks judged --help",
    )
    parser.add_argument("names", nargs="+", choices=[*names, "report"], metavar="NAME",
                        help=f"{', '.join(names)}, or report to measure nothing")  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="repetitions of a timed step (default 3)")
    parser.add_argument("--seed", type=int, default=0, help="seed of every random draw (default 0)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        help="a trial with the tools whose name starts so: prints the tables and writes nothing",
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        type=_source,
        metavar="NAME=FOLDER",
        help="growth, scaling-lines, cluster: code beside the standard library, named; can be repeated",
    )
    parser.add_argument(
        "--max-lines",
        type=int,
        default=MAX_LINES,
        help="the same: lines of the largest sample (default %(default)s)",
    )
    parser.add_argument(
        "--max-rows",
        type=int,
        default=MAX_ROWS,
        help="scaling: vectors of the largest structure (default %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
