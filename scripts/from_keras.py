"""The same as `lightning-course from_keras`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("from_keras"))
