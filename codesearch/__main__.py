"""``python -m codesearch`` is the command ``codesearch``."""

from codesearch.cli.main import run

run()
