"""Source bytes become tokens and fragments.

Enters: the bytes of a file (UTF-8, as ``indexer.corpus`` decodes them) and its language. Leaves: a
:class:`~codesearch.core.types.ParsedSource` with columnar tokens and the spans of its fragments.

- ``languages``: the registry; one entry of ``configs/languages.toml`` each. ``guess``: which one a snippet is
  in.
- ``patterns``, ``vocabulary``, ``lexer``: one regular expression per language splits a source, numpy does the
  rest.
- ``grammar``, ``definitions``: tree-sitter and one ``queries/<id>.scm`` per language find the definitions.
- ``extract``, ``windows``: definitions become fragments; without a grammar, overlapping windows of lines do.

One more language is one entry in ``configs/languages.toml`` and, when it has a grammar wheel, one ``.scm``
file.
"""
