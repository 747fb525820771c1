"""Measure, write the results and regenerate the report: ``python -m benchmarks NAME...``."""

from __future__ import annotations

import argparse
import sys

from benchmarks.documents import REPORT, read_results, render_report, write_result
from benchmarks.environment import describe
from benchmarks.plan import Plan, data_folder
from benchmarks.registry import BENCHMARKS
from codesearch.core.errors import CodesearchError


def report() -> str:
    """``docs/benchmarks.md`` as the committed results give it."""
    results = read_results()
    sections = [
        (name, benchmark.title, benchmark.table(results[name]["figures"]))
        for name, benchmark in BENCHMARKS.items()
        if name in results
    ]
    return render_report(results, sections)


def _measure(name: str, plan: Plan) -> None:
    """Run one benchmark; a trial with some tools only is shown, because results hold tools of one run."""
    environment = describe()
    figures = BENCHMARKS[name].run(plan)
    if plan.only:
        print("\n".join(BENCHMARKS[name].table(figures)))
    else:
        print("wrote", write_result(name, environment, figures), file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run the named benchmarks; 0 when all were measured, else the exit code of the error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", choices=[*BENCHMARKS, "report"], metavar="NAME",
                        help=f"{', '.join(BENCHMARKS)}, or report to measure nothing")  # fmt: skip
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
                _measure(name, plan)
    except CodesearchError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return error.exit_code
    if plan.only:
        return 0
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(), encoding="utf-8")
    print("wrote", REPORT, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
