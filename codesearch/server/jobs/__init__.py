"""Index and audit runs that callers ask the server for.

:class:`.queue.JobQueue` keeps them in the store, so that they outlive the server, and has one at a time
carried out by a process of its own: :mod:`.process` is the server's end of it, :mod:`.child` the other one,
which hears what to do as one line on its standard input and tells how far it is as lines of :mod:`.messages`.
While the server runs it runs due schedules as well (:mod:`.scheduling`). A new kind of job is a member of
:class:`codesearch.core.jobs.JobKind` and a function of :mod:`.work`.
"""
