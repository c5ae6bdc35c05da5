"""The same as `lightning-course explain`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("explain"))
