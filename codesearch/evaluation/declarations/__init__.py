"""Which names a piece of code declares itself, and where each of them stands.

A query of a language (``<query>.scm``, named as in the registry) uses these captures:

- ``@name``: a name that stands by itself.
- ``@declared``: one that the code introduces here: variable, parameter, function, class, label.
- ``@member``: a field or method that a class introduces, reached through a receiver (``self.count``).
- ``@own``: a member that its class also reaches by its bare name (``count`` in Java).
- ``@access``: a name after a receiver; ``@call``: the same where the syntax hides that it is called.
- ``@keyword``: the name of a parameter or field at a call: ``f(depth=1)``, ``Point { x: 1 }``.
- ``@extension``: one that is reached through a receiver of any type: extension methods, macros.
- ``@type``: a name that can only be a type.
- ``@self``: what a method calls its own object.
- ``@argument``: the first argument of what may be a macro of the code.
- ``@owned``, ``@owner``: what encloses the members of a class, and the name of the class.
- ``@held``: a class whose definition declares a variable as well.
- ``@raw``: code that the grammar leaves as text: the body of a C macro.

One more language is one more ``.scm`` file.
"""
