"""The same as `lightning-course export`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("export"))
