"""``python -m foistats``."""

import sys

from foistats.cli import main

if __name__ == "__main__":
    sys.exit(main())
