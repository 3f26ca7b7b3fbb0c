"""Runs every OR-Tools routing solve in a process of its own, ended at once when asked.

The child gets the task pickled on its standard input, a memory cap from the kernel and a CPU cap
as a second guard, and answers pickled on its standard output. A crash, a full memory or an
overrun in it is one `ChildFailed` here and nothing else. Both ends are this module: what is
unpickled was written by our own other half.
"""

import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

from routing.rounds_limits import Cancel, never
from routing.rounds_tasks import Task, Verdict

MEMORY_MB = 2048
"""What a solve may hold at most; one of 1,000 stops holds some 400 MB."""


class ChildFailed(Exception):
    """The solve's process ended without an answer; the message says how."""


class Cancelled(Exception):
    """The caller asked to stop; the solve's process is gone."""


def ask(task: Task, *, cpu_seconds: float, memory_mb: int = MEMORY_MB, cancel: Cancel = never) -> Verdict:
    """The verdict on a task. The kernel ends the child at three times `cpu_seconds` and 20 s."""
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    cap = int(cpu_seconds * 3 + 20)
    child = subprocess.Popen(
        [sys.executable, "-m", "routing.rounds_child", str(memory_mb), str(cap)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )
    out: list[bytes] = [b"", b""]
    talk = threading.Thread(target=_talk, args=(child, pickle.dumps(task, protocol=5), out), daemon=True)
    talk.start()
    try:
        while talk.is_alive():
            talk.join(0.05)
            if cancel():
                raise Cancelled  # noqa: TRY301 - one way out ends the child, whatever the reason
    except BaseException:
        # Told to stop, by the caller or by a key: the solve must not live on.
        child.kill()
        talk.join()
        raise
    if child.returncode or not out[0]:
        raise ChildFailed(_how(child.returncode, out[1], memory_mb))
    verdict = pickle.loads(out[0])  # noqa: S301 - written by our own child
    assert isinstance(verdict, Verdict)
    return verdict


def _talk(child: subprocess.Popen[bytes], task: bytes, out: list[bytes]) -> None:
    out[0], out[1] = child.communicate(task)


def _how(code: int, errors: bytes, memory_mb: int) -> str:
    last = errors.decode(errors="replace").strip().splitlines()[-1:] or [""]
    if "MemoryError" in last[0] or "bad_alloc" in last[0]:
        return f"the OR-Tools solve needed more than {memory_mb} MB."
    return f"the OR-Tools solve ended with code {code} and no answer ({last[0] or 'no word'})."


def main(memory_mb: int, cpu_cap: int) -> None:
    from routing.rounds_verdict import answer  # noqa: PLC0415 - only the child loads OR-Tools

    # Ctrl-C reaches all processes of a terminal; whether it ends this one is for the parent to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_cap, cpu_cap))
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent
    # The solver may print; the answer must stand alone on standard output.
    channel = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(channel, "wb") as replies:
        pickle.dump(answer(task), replies, protocol=5)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
