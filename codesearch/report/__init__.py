"""Reports: result values as text for people and as documents for programs.

In: the values of :mod:`codesearch.core.results` and :mod:`codesearch.core.audit`. Out: a JSON-ready mapping
(:mod:`.json_documents`), something that rich can print (:mod:`.text`, with :mod:`.side_by_side` for code), or
a file in one of the formats of :mod:`.audit_formats`, which :mod:`.report_file` alone writes. Whatever comes
from a corpus passes through :mod:`.printable` before it reaches a terminal. A new format of audits is one
module here, one line in ``audit_formats.FORMATS``, and a pass of the contract suite.
"""
