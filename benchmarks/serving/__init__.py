"""One server process over the Python standard library, asked by a process beside it.

A random tenth of the files is kept out of the index; what is searched for are 20 lines of those, sent as
:mod:`benchmarks.serving.load` says.
"""

from benchmarks.serving.measure import run
from benchmarks.serving.table import table

__all__ = ["run", "table"]
