"""The same as `lightning-course classical`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("classical"))
