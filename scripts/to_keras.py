"""The same as `lightning-course to_keras`."""

import sys

from lightning_course.commands import run

if __name__ == "__main__":
    sys.exit(run("to_keras"))
