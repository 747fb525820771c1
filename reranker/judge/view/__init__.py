"""Code as a model sees it: a fragment enters, numbered lines leave that hold no text that could speak.

:mod:`.code` writes the lines, :mod:`.spelling` says what a token may look like, :mod:`.everyday_names`
which names say nothing but what a call does; :mod:`.spacing` and :mod:`.layout` make the lines pleasant to
read.
"""
