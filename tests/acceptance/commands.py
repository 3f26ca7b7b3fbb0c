"""``python -m tests.acceptance.commands``: the system's own commands one after another, in a process that starts once.

A line of its input is the JSON list of a command's words; a line of its output says how it ended and what it printed.
"""

import json
import os
import sys

from wsgi import app


def main() -> None:
    """Until the input ends."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what is logged meanwhile is no answer
        for line in sys.stdin:
            done = app.test_cli_runner().invoke(args=json.loads(line))
            fault = "" if isinstance(done.exception, SystemExit | None) else repr(done.exception)
            said = done.output + fault if done.exit_code else done.stdout
            answers.write(json.dumps({"code": done.exit_code, "said": said}) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
