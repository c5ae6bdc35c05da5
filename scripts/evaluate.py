"""The same as `lightning-course evaluate`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("evaluate"))
