import os
import signal
import sys
from pathlib import Path

import pytest

from lightning_course.comparing.processes import Children
from lightning_course.errors import Interrupted


def test_a_signal_stops_the_children_and_waits_for_them(tmp_path: Path) -> None:
    code = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('saved'), "
    code += "sys.exit(143))); print('ready'); time.sleep(60)"
    log = tmp_path / "log"
    handlers = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)]
    with Children[str]() as children:
        children.start("a", [sys.executable, "-c", code], log)
        while "\nready" not in log.read_text():
            assert children.wait(0.05) == []
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted) as stopped:
            children.wait(60)
    assert stopped.value.exit_code == 130
    assert log.read_text().endswith("saved\n")
    assert [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)] == handlers


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; print('error: why', file=sys.stderr); print('later'); sys.exit(2)", "why"),
        ("import sys; sys.exit(3)", "exit code 3 and no message"),
        ("pass", ""),
    ],
)
def test_why_a_process_ended(tmp_path: Path, code: str, error: str) -> None:
    (tmp_path / "log").write_text("error: of an earlier run\n")
    with Children[int]() as children:
        children.start(1, [sys.executable, "-c", code], tmp_path / "log")
        (result,) = children.wait(60)
    assert result.error == error
    assert (result.exit_code == 0) == (error == "")
