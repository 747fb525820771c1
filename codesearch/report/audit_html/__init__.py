"""One self-contained HTML file for an audit: opens offline, fast, and may be sent to anybody.

In: an :class:`~codesearch.core.audit.AuditReport` and its sources. Out: one page, made of the templates in
``web/templates/audit``, the styles and scripts in ``web/static/audit``, and two islands of JSON data that the
scripts read: the classes at once, the source text when a class is compared for the first time.
``classes`` and ``excerpts`` choose what is embedded within ``limits``, and count what is cut; ``highlight``,
``alignment``, ``treemap`` (over ``folders``) and ``trend`` compute what the page draws, so that the scripts
only show, page, filter and sort. ``page`` puts it together under a content security policy that allows
nothing but the page's own script and style.

Roots of corpora are left out on purpose: the file is passed on.
"""

from codesearch.report.audit_html.reporter import HtmlReporter

__all__ = ["HtmlReporter"]
