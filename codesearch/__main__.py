"""``python -m codesearch`` is the command ``codesearch``."""

import sys

from codesearch.cli.main import main

sys.exit(main())
