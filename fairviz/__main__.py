"""``python -m fairviz``."""

import sys

from fairviz.cli import main

sys.exit(main())
