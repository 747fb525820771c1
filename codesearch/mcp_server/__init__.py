"""The agent server: what a coding agent may ask over the Model Context Protocol.

A call enters as a :class:`.request.Request`, one module per tool, and leaves as an :class:`.request.Answer`:
a short text for a model's context and the document that the command line prints as JSON. All of them read
one :class:`~codesearch.serving.live_index.LiveIndex`, off the event loop.
:mod:`.server` binds both to the SDK; :mod:`.stdio` and :mod:`.streamable_http` carry it.

One more tool: write a :class:`~.request.Request` in a module of its own and name it in :data:`.server.TOOLS`.
"""
