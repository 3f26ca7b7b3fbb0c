"""The one exception that means "what you gave me cannot be used"."""


class BadInput(Exception):
    """Input that cannot be used: one sentence with file, row and field where they are known.

    The command line prints it on standard error and ends with 2; nothing else catches it.
    """
