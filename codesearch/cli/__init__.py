"""The command line: one module per command, loaded when it is called.

:mod:`.main` is the entry: it runs a command and turns every failure into one line and an exit code.
:mod:`.commands` lists the commands with their one-line help, so that ``codesearch --help`` imports none of
them (0.1 s instead of seconds). A new command is a module here with a click command named ``command`` and one
entry in that list.
"""
