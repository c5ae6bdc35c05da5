"""The same as `lightning-course export`."""

import sys

try:
    from lightning_course.commands import run
except ModuleNotFoundError as error:
    print(f"error: {error}; install this checkout first: pip install -e .", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(run("export"))
