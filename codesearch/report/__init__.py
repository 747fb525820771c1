"""Reports: result values as text for people and as documents for programs. No report does input or output.

In: the values of :mod:`codesearch.core.results`. Out: a JSON-ready mapping (:mod:`.json_documents`) or
something that rich can print (:mod:`.text`, with :mod:`.side_by_side` for code). Whatever comes from a corpus
passes through :mod:`.printable` before it reaches a terminal. A new output format is one new module here.
"""
