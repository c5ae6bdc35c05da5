"""The one exception that means "the user can put this right"."""


class UserError(Exception):
    """Bad input, told in one line: what is wrong and what would be right.

    The commands print it on stderr without a traceback and exit with code 2.
    """
