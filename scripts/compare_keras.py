"""The same as `lightning-course compare_keras`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("compare_keras"))
