"""Templates, style and script of the page as one document that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache

import jinja2
from markupsafe import Markup

from codesearch.core.errors import EnvironmentFailure
from codesearch.core.resources import resource_dir
from codesearch.report.printable import printable

STYLES = ("page.css", "source.css")
SCRIPTS = ("data.js", "filter.js", "source.js", "card.js", "list.js")
"""Joined in this order into one module: inline modules cannot import each other without a network."""


def render_page(context: Mapping[str, object]) -> Iterator[str]:
    """The document in pieces.

    Everything in ``context`` is escaped, control and bidirectional characters included, but what the
    template calls safe: the page's own files and the two islands.

    Raises:
        EnvironmentFailure: A file of the installation is missing or damaged.
    """
    style, script = _joined(STYLES), _joined(SCRIPTS)
    try:
        template = _environment().get_template("audit/page.html")
        yield from template.generate(
            **context,
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    except jinja2.TemplateError as error:
        raise EnvironmentFailure(
            f"cannot render the HTML report ({error})", "reinstall codesearch-clones"
        ) from error


def _policy(style: str, script: str) -> str:
    """Content security policy: this script, this style, and nothing from anywhere."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}"


@cache
def _joined(names: tuple[str, ...]) -> str:
    folder = resource_dir("web") / "static" / "audit"
    try:
        return "\n".join((folder / name).read_text("utf-8") for name in names)
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFailure(f"cannot read {folder} ({error})", "reinstall codesearch-clones") from error


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("web") / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["count"] = "{:,}".format
    environment.filters["plural"] = _plural
    return environment


def _finalize(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _plural(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 class``, ``2 classes``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
