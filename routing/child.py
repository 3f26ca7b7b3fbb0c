"""Work in a forked child process: it can be ended at once, and its CPU time is counted.

For solvers that look at their interrupt too seldom. The child inherits everything by fork, so nothing
is pickled on the way in; what it tells on the way is kept if it must be ended before it is done.
"""

import multiprocessing
import multiprocessing.connection
import os
import resource
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Word = TypeVar("Word")
Answer = TypeVar("Answer")
LOOK_SECONDS = 0.05


class Child(Generic[Word, Answer]):
    """Runs ``work(tell)``; afterwards ``last_word`` is the last thing told, ``answer`` the result or None."""

    def __init__(self, work: Callable[[Callable[[Word], None]], Answer]) -> None:
        self.work = work
        self.last_word: Word | None = None
        self.answer: Answer | None = None

    def run(self, *, must_stop: Callable[[float], bool]) -> None:
        """Run until done or until ``must_stop(the child's CPU seconds)``; raises RuntimeError if it dies."""
        if multiprocessing.current_process().daemon:  # a cluster's worker may have no children
            self.answer = self.work(lambda _: None)
            return
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=self._serve, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        try:
            while True:
                if ours.poll(LOOK_SECONDS):
                    is_answer, word = ours.recv()
                    if is_answer:
                        self.answer = word
                        return
                    self.last_word = word
                elif must_stop(cpu_seconds_of(process.pid)):
                    return
        except EOFError:
            process.join()
            raise RuntimeError(f"A solver process ended with {process.exitcode} and no answer.") from None
        finally:
            process.kill()
            process.join()
            ours.close()

    def _serve(self, pipe: multiprocessing.connection.Connection) -> None:
        answer = self.work(lambda word: pipe.send((False, word)))
        pipe.send((True, answer))
        pipe.close()


def cpu_seconds_of(process: int | None) -> float:
    """CPU seconds a living process has used; 0 where the system does not tell."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:  # noqa: PTH123 - proc is no data file
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """CPU seconds of this process and of its ended children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime
