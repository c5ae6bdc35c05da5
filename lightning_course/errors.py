"""The exceptions that end a command with one line instead of a traceback."""

import signal


class UserError(Exception):
    """Bad input, told in one line: what is wrong and what would be right.

    The commands print it on stderr without a traceback and exit with :attr:`exit_code`.
    """

    exit_code = 2


class Interrupted(UserError):
    """The user or the system asked the process to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        # As shells report a process that a signal ended.
        self.exit_code = 128 + signum
