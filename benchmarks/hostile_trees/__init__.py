"""Trees that are made to break their reader; generated where they are needed, never stored.

Enters: an empty folder. Leaves: one hostile thing between two healthy files that are clones of each other,
and what is expected to be said of every file.

- ``case``: a case as a value, the healthy neighbours, and planting both.
- ``encodings``, ``nesting``, ``shapes``, ``openers``, ``filesystem``, ``names``, ``repositories``, ``traps``,
  ``sizes``: the cases, by what is hostile about them.
- ``cases``: all of them. ``planting``: trees while they stand.
- ``bounded``: a command within limits of time and memory.
- ``examined``: codesearch over trees, and what is wrong with its answers. ``jscpd``: likewise of that peer.

Another case is one function that writes below a folder, and one
:class:`~benchmarks.hostile_trees.case.HostileCase` in the ``CASES`` of its module.
"""
