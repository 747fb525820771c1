"""Templates as answers: everything escaped, nothing that reorders or hides text left as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from codesearch import __version__
from codesearch.core.resources import resource_dir
from codesearch.core.tokens import Scope
from codesearch.report.moments import iso_time, shown_time
from codesearch.report.printable import printable
from codesearch.server.pages.decision_words import explained
from codesearch.server.security.csrf import csrf_token
from codesearch.server.security.scopes import caller_of

STATIC = "/static"


def render(
    request: Request, template: str, context: Mapping[str, object], *, status: int = 200
) -> HTMLResponse:
    """A page, or a part of one, of ``web/templates/site``.

    Beside ``context`` a template knows the ``caller``, None for a stranger, and its scopes, ``may``.
    """
    caller = caller_of(request)
    html = (
        _environment()
        .get_template(template)
        .render(
            **context,
            csrf=csrf_token(request),
            caller=caller,
            may=frozenset(scope for scope in Scope if caller is not None and caller.scope.includes(scope)),
            path=request.url.path,
            version=__version__,
        )
    )
    return HTMLResponse(html, status)


def static(name: str) -> str:
    """Address of a file of ``web/static``, such as ``site/site.css``: another one whenever its content is."""
    return f"{STATIC}/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    content = (resource_dir("web") / "static" / name).read_bytes()
    return hashlib.blake2b(content, digest_size=6).hexdigest()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_dir("web") / "templates" / "site"),
        autoescape=True,
        auto_reload=False,  # an upgrade in place would mix templates with code of another version
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals["static"] = static
    environment.filters["explained"] = explained
    environment.filters["moment"] = _moment
    environment.filters["shown"] = printable
    environment.filters["percent"] = _percent
    environment.filters["number"] = _number
    return environment


def _shown(value: object) -> object:
    """A value as it is written: text of others without control and bidirectional characters."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) or not isinstance(value, str) else printable(value)


def _moment(seconds: float | None) -> Markup:
    """A time element; a dash where there is none."""
    if seconds is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(iso_time(seconds), shown_time(seconds))


def _percent(share: float) -> str:
    """A share of 1 in percent, without claiming certainty that it does not have."""
    percent = 100 * share
    if 0 < percent < 1:
        return "<1 %"
    if 99 < percent < 100:
        return ">99 %"
    return f"{percent:.0f} %"


def _number(value: int) -> str:
    return f"{value:,}"
