"""The web server: an HTTP API, pages for people and the tools of the agent server over one engine.

A request passes :mod:`.security`, reaches a route of :mod:`.api` (documents, as the command line prints them)
or of :mod:`.pages` (HTML), and is worked out by :mod:`.work` in a thread of the pool. What takes minutes is a
job of :mod:`.jobs`, a process of its own. :mod:`.app` puts it together, :mod:`.run` serves it.
"""
