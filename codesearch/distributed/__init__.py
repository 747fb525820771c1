"""The jobs of one machine on a Ray cluster, with the same results (extra ``ray``).

A job enters with the seams that its package has anyway, and only what fills them differs: :mod:`.indexing`
analyses files and builds segments on many nodes, :mod:`.auditing` runs an audit's joins there.
:mod:`.cluster` connects, :mod:`.readiness` makes sure that the nodes fit before any work is sent,
:mod:`.work` sends it, and :mod:`.failures` turns what Ray says into lines that a user can act on.
Scheduling, retries and the death of nodes are Ray's. To run one more job here, write functions of a module
whose answers depend on their arguments alone, and hand them to :meth:`.cluster.Cluster.map`.

Nothing is imported from Ray before a cluster is asked for.
"""
