"""The commands: one module a verb, found by ``scripts/VERB.py`` and ``lightning-course VERB``."""

import importlib
import io
import os
import sys
from collections.abc import Sequence

from lightning_course.catalogue import did_you_mean
from lightning_course.terminal import printable, visible_controls

VERBS = {
    "train": "train a task, evaluate it, write the run folder",
    "evaluate": "evaluate a finished run again from its checkpoint",
    "predict": "apply a finished run to new inputs",
    "classical": "fit a scikit-learn estimator on a task's rows, beside its latest run",
    "compare": "train tasks over several seeds: one table and one figure",
    "compare_keras": "train tasks over several seeds here and in Keras: do results differ?",
    "export": "write a finished run's model for ONNX, torch.export or plain torch",
    "to_keras": "write a finished run's model as a file for Keras",
    "from_keras": "make a run of a model that was trained in Keras",
    "explore": "look at data: columns, first rows, histograms, scatter matrix",
    "explain": "draw what the course's formulas do: convolution, gates, optimisers, …",
    "benchmark": "time training against a hand-written PyTorch loop",
}


def run(verb: str, argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 bad input, 1 a defect of ours.

    Args:
        verb: One of ``VERBS``.
        argv: Arguments without the program's name; None takes the process's.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A message with a £ must not end a run on a terminal that has none.
            stream.reconfigure(errors="replace")
    with visible_controls():
        return _run(verb, list(sys.argv[1:] if argv is None else argv))


def _run(verb: str, argv: list[str]) -> int:
    try:
        module = importlib.import_module(f"lightning_course.commands.{verb}")
        module.main(argv)
    except BrokenPipeError:
        # The reader of our output has gone, as in `… | head`; Python must not write to it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        from lightning_course.commands.failures import describe

        line, code = describe(error)
        print(f"error: {printable(line)}", file=sys.stderr)
        return code
    return 0


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning in one line, without the line of code that gave it."""
    print(f"warning: {printable(' '.join(str(message).split()))}", file=sys.stderr)


def main() -> int:
    """Run ``lightning-course VERB …``."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if verb in ("-h", "--help"):
        print("usage: lightning-course VERB [options]\n")
        print("\n".join(f"  {name:13} {what}" for name, what in VERBS.items()))
        return 0
    if verb not in VERBS:
        hint = did_you_mean(verb, VERBS)
        print(f"error: unknown command '{printable(verb)}'{hint}", file=sys.stderr)
        return 2
    return run(verb, sys.argv[2:])
