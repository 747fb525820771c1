"""A server under a mixed load, three times what it is rated for, while its corpus changes.

Every answer is checked: it has to be the one that the corpus gave at rest, before or after a change.
"""

from benchmarks.soak.measure import run
from benchmarks.soak.table import table

__all__ = ["run", "table"]
