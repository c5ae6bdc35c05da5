"""``python -m lightning_course VERB`` is ``lightning-course VERB``."""

import sys

from lightning_course.commands import main

if __name__ == "__main__":
    sys.exit(main())
