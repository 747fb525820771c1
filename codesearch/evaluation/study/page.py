"""``study.html``: one document that needs nothing else and runs nothing."""

from __future__ import annotations

from typing import TextIO

import jinja2
from markupsafe import Markup

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.resources import resource_dir
from codesearch.evaluation.study.charts import study_charts
from codesearch.evaluation.study.results import Study
from codesearch.evaluation.study.text import interval, scarce, shown, summary, with_context
from codesearch.report.printable import printable


def write_page(study: Study, out: TextIO) -> None:
    """Write the report; what comes from the data or the settings is text in it.

    Raises:
        EnvironmentFailure: The installation lacks the page's files.
    """
    try:
        template = _environment().get_template("study/page.html")
        # Drawn by us of numbers and of names of prompts, which the product defines.
        charts = [(chart.title, Markup(chart.svg)) for chart in study_charts(study)]  # noqa: S704 - matplotlib escapes
        for piece in template.generate(study=study, charts=charts, scarce=scarce(study)):
            out.write(piece)
    except jinja2.TemplateError as error:
        raise EnvironmentFailure(
            f"cannot render the report of the study ({error})", "reinstall codesearch-clones"
        ) from error


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("web") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["count"] = _count
    environment.filters["share"] = shown
    environment.filters["interval"] = interval
    environment.filters["summary"] = summary
    environment.filters["temperature"] = "{:g}".format
    environment.filters["with_context"] = with_context
    return environment


def _finalize(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
