"""What stands between the network and the routes: who a caller is, what it may do and how much it may take.

A connection is accepted by :mod:`.slow_clients`. A request then passes the middleware that :mod:`.middleware`
puts in order, each a module: the log, headers of every answer, names of this server, where the request comes
from, time, caller, sign-in, rate and size. Routes ask for a scope with :mod:`.scopes` and, where a form
changes something, for the form's token with :mod:`.csrf`.

To add one more check, write a pure ASGI middleware that answers with :func:`.refusals.refuse`, and name it in
:mod:`.middleware` where it belongs: cheap checks that need no caller come first.
"""
