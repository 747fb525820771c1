"""A file, snippet or standard input to fragments to results.

:mod:`.source` reads what the user names, :mod:`.search` asks retriever and cascade and finds the places,
:mod:`.folding` keeps one answer where several overlap, :mod:`.compare` settles two sources without an index.
"""
