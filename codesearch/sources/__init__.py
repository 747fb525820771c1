"""Corpora that are not folders yet: tar and zip archives, and git repositories by URL.

What comes in are the words of a command line or the lines of a list (:mod:`.spec`). What leaves are ordinary
folders below the index folder, one per source (:mod:`.shelf`), which are then indexed as any corpus. All that
is read is hostile: git runs without hooks, filters, prompts or submodules (:mod:`.git`), and what it hands
over, as what archives hold (:mod:`.archive`), passes one writer that bounds and checks all that it writes
(:mod:`.tree`). To add a kind of source, parse it in :mod:`.spec` and fetch it in :mod:`.fetch`.
"""
