"""The commands, one module per verb: ``lightning-course VERB`` and ``scripts/VERB.py`` run them."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

from lightning_course.command_line import did_you_mean
from lightning_course.errors import Interrupted, UserError
from lightning_course.process.interrupts import (
    end_with_parent,
    interruptible,
    is_rank_zero,
    last_interrupt,
)
from lightning_course.process.streams import fail_safe_streams
from lightning_course.process.warnings import brief_destructors
from lightning_course.terminal import printable, visible_controls

VERBS = {
    "train": "train a task, evaluate it, write the run folder",
    "evaluate": "evaluate a finished run again from its checkpoint",
    "predict": "apply a finished run to new inputs",
    "classical": "fit a scikit-learn estimator on a task's rows, next to its latest run",
    "compare": "train tasks over several seeds: one table and one figure",
    "export": "write a finished run's model for ONNX, torch.export or plain torch",
    "to_keras": "write a finished run's model as a file for Keras",
    "from_keras": "make a run from a model that was trained in Keras",
    "explore": "look at data: columns, first rows, histograms, scatter matrix",
    "explain": "draw what the course's formulas do: convolution, gates, optimisers, …",
    "benchmark": "time training against a hand-written PyTorch loop",
}


def run(verb: str, argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        verb: One of ``VERBS``.
        argv: Arguments without the program's name; None: the process's arguments.

    Returns:
        0 for success, 2 for bad input, 1 for a defect of this project, 130 after SIGINT and 143
        after SIGTERM. If the command succeeded but its output could not be written: 141 if the
        reader has gone, as in `… | head`, and 1 if the stream was closed or the disk is full.
    """
    # Figures are only written to files; with an unknown backend the import would fail.
    os.environ["MPLBACKEND"] = "agg"
    try:
        with (
            fail_safe_streams() as output_code,
            interruptible(),
            visible_controls(),
            brief_destructors(),
        ):
            end_with_parent()
            return _run(verb, list(sys.argv[1:] if argv is None else argv)) or output_code()
    except Interrupted as error:
        # The signal came after the command's last line.
        return error.exit_code


def _run(verb: str, argv: list[str]) -> int:
    try:
        from lightning_course.process.installation import launcher_problem

        if problem := launcher_problem(os.environ):
            raise UserError(problem)
        module = importlib.import_module(f"lightning_course.commands.{verb}")
        if interrupt := last_interrupt():
            # While torch imports NumPy, it takes any exception to mean that there is no NumPy.
            raise interrupt
        module.main(argv)
    except (Interrupted, KeyboardInterrupt) as error:
        return _stopped(error if isinstance(error, Interrupted) else Interrupted(signal.SIGINT))
    except Exception as error:
        if interrupt := last_interrupt():
            return _stopped(interrupt)
        from lightning_course.process.failures import describe

        line, code = describe(error)
        print(f"error: {printable(line)}", file=sys.stderr)
        return code
    return 0


def _stopped(interrupt: Interrupted) -> int:
    if is_rank_zero():
        print(f"error: {printable(str(interrupt))}", file=sys.stderr)
    return interrupt.exit_code


def main() -> int:
    """Run ``lightning-course VERB …``."""
    verb = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if verb in ("-h", "--help"):
        with fail_safe_streams() as output_code:
            print("usage: lightning-course VERB [options]\n")
            print("\n".join(f"  {name:13} {summary}" for name, summary in VERBS.items()))
            return output_code()
    if verb not in VERBS:
        hint = did_you_mean(verb, VERBS)
        print(f"error: unknown command '{printable(verb)}'{hint}", file=sys.stderr)
        return 2
    return run(verb, sys.argv[2:])
