"""Corpora become files worth analysing; nothing is skipped silently.

Enters: the paths a user names. Leaves: :class:`~codesearch.core.protocols.SourceFile` or
:class:`~codesearch.core.protocols.SkippedFile`, each file exactly once, in path order.

- ``reader``: the :class:`~codesearch.core.protocols.CorpusReader` over a folder or a single file.
- ``walk``, ``gitfiles``, ``ignore``: which files there are: what git lists, elsewhere what ignore files
  leave.
- ``names``: how a path of any bytes is shown and stored. ``opening``: regular files only, at most so many
  bytes.
- ``decode``: raw bytes to UTF-8, and which step of the ladder did it.
- ``roles``: source, test, generated, vendored, minified or data, by the named rules of
  ``configs/roles.toml``.
- ``ledger``: seen = analysed + skipped, by reason, role, language and encoding.

Another kind of corpus (an archive, a remote store) is one more class with ``name``, ``root`` and ``files``.
"""
