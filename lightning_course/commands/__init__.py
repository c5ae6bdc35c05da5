"""The commands: one module a verb, found by ``scripts/VERB.py`` and ``lightning-course VERB``."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

from lightning_course.command_line import did_you_mean
from lightning_course.errors import Interrupted, UserError
from lightning_course.process.interrupts import end_with_parent, interruptible, is_leader, raised
from lightning_course.process.streams import lasting
from lightning_course.process.warnings import brief_destructors
from lightning_course.terminal import printable, visible_controls

VERBS = {
    "train": "train a task, evaluate it, write the run folder",
    "evaluate": "evaluate a finished run again from its checkpoint",
    "predict": "apply a finished run to new inputs",
    "classical": "fit a scikit-learn estimator on a task's rows, beside its latest run",
    "compare": "train tasks over several seeds: one table and one figure",
    "export": "write a finished run's model for ONNX, torch.export or plain torch",
    "to_keras": "write a finished run's model as a file for Keras",
    "from_keras": "make a run of a model that was trained in Keras",
    "explore": "look at data: columns, first rows, histograms, scatter matrix",
    "explain": "draw what the course's formulas do: convolution, gates, optimisers, …",
    "benchmark": "time training against a hand-written PyTorch loop",
}


def run(verb: str, argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    It is 0 for done, 2 for bad input, 1 for a defect of ours, 130 and 143 after SIGINT and SIGTERM,
    and where the command is done but not all of its output could be written, 141 (the reader had
    gone, as in `… | head`) or 1 (closed, or a full disk).

    Args:
        verb: One of ``VERBS``.
        argv: Arguments without the program's name; None takes the process's.
    """
    # Figures are files here; a backend that matplotlib does not know would end its import.
    os.environ["MPLBACKEND"] = "agg"
    try:
        with lasting() as output_code, interruptible(), visible_controls(), brief_destructors():
            end_with_parent()
            return _run(verb, list(sys.argv[1:] if argv is None else argv)) or output_code()
    except Interrupted as error:
        # It came after the last line of the command.
        return error.exit_code


def _run(verb: str, argv: list[str]) -> int:
    try:
        from lightning_course.process.installation import launcher_problem

        if problem := launcher_problem(os.environ):
            raise UserError(problem)
        module = importlib.import_module(f"lightning_course.commands.{verb}")
        if swallowed := raised():
            # torch takes it for the word that there is no NumPy.
            raise swallowed
        module.main(argv)
    except (Interrupted, KeyboardInterrupt) as error:
        return _stopped(error if isinstance(error, Interrupted) else Interrupted(signal.SIGINT))
    except Exception as error:
        if swallowed := raised():
            return _stopped(swallowed)
        from lightning_course.process.failures import describe

        line, code = describe(error)
        print(f"error: {printable(line)}", file=sys.stderr)
        return code
    return 0


def _stopped(by: Interrupted) -> int:
    if is_leader():
        print(f"error: {printable(str(by))}", file=sys.stderr)
    return by.exit_code


def main() -> int:
    """Run ``lightning-course VERB …``."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if verb in ("-h", "--help"):
        with lasting() as output_code:
            print("usage: lightning-course VERB [options]\n")
            print("\n".join(f"  {name:13} {what}" for name, what in VERBS.items()))
            return output_code()
    if verb not in VERBS:
        hint = did_you_mean(verb, VERBS)
        print(f"error: unknown command '{printable(verb)}'{hint}", file=sys.stderr)
        return 2
    return run(verb, sys.argv[2:])
