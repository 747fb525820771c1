"""Measure, write the results and regenerate the pages: ``python -m benchmarks NAME...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks.documents import PAGES, Json, Page, read_results, render_page, write_result
from benchmarks.environment import describe
from benchmarks.plan import Plan, data_folder
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


def main(arguments: list[str] | None = None) -> int:
    """Run the named benchmarks; 0 when all were measured, else the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    runs = {name: benchmark.run for name, benchmark in BENCHMARKS.items() if benchmark.run is not None}
    parser.add_argument("names", nargs="+", choices=[*runs, "report"], metavar="NAME",
                        help=f"{', '.join(runs)}, or report to measure nothing")  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="repetitions of a timed step (default 3)")
    parser.add_argument("--seed", type=int, default=0, help="seed of every random draw (default 0)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        help="a trial with the tools whose name starts so: prints the tables and writes nothing",
    )
    options = parser.parse_args(arguments)
    plan = Plan(data_folder(), options.runs, options.seed, tuple(options.only))
    try:
        for name in options.names:
            if name != "report":
                _measure(name, runs[name], plan)
    except CodesearchError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return error.exit_code
    if plan.only:
        return 0
    for page in PAGES:
        page.path.parent.mkdir(exist_ok=True)
        page.path.write_text(report(page), encoding="utf-8")
        print("wrote", page.path, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
