"""``python -m tests.acceptance DAY [--require section,section:part] [--differences N] [--keep]``."""

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.acceptance.compare import Verdict, compare, rows_of
from tests.acceptance.day import Day, NoDay
from tests.acceptance.facts import Facts, key_with_papers
from tests.acceptance.play import People, Played, Replay
from tests.acceptance.system import CannotStart, System
from tests.acceptance.web import NotThere

USAGE: Final = 2
#: Troubles that are printed; the rest are counted.
TROUBLES_SHOWN: Final = 12


def main(argv: list[str] | None = None) -> int:
    """0 when all that is asked is whole, 1 when not, 2 when the day cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance", description="Play a recorded day.")
    parser.add_argument("day", type=Path, help="folder of the day")
    parser.add_argument("--require", default="", help="sections or section:part, with commas; default: all")
    parser.add_argument("--differences", type=int, default=5, help="differences printed for each")
    parser.add_argument("--keep", action="store_true", help="keep database and logs afterwards")
    arguments = parser.parse_args(argv)
    try:
        day = Day(arguments.day.resolve())
        sections = list(day.key)
    except (NoDay, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    began = time.monotonic()
    verdicts = _play(day, sections, keep=arguments.keep)
    required = [name.strip() for name in arguments.require.split(",") if name.strip()] or sections
    _report(verdicts, sections, required, differences=arguments.differences)
    wanting = [name for name in required if name not in verdicts or not verdicts[name].is_whole]
    print(
        f"{time.monotonic() - began:.0f} s; " + (f"not whole: {', '.join(wanting)}" if wanting else "whole")
    )
    return 1 if wanting else 0


def _play(day: Day, sections: Iterable[str], *, keep: bool) -> dict[str, Verdict]:
    """Verdicts of all sections and parts, however far the day came."""
    try:
        with System(day, keep=keep) as system, ExitStack() as closing:
            system.load_registry()
            people = People(system, day, closing.enter_context(system.serve()))
            closing.callback(people.close)
            played = Played()
            try:
                system.load_history()
            except CannotStart as trouble:
                played.troubles.append(str(trouble))
            Replay(system, day, people, played=played).run(say=lambda line: print(line, flush=True))
            _tell(played.troubles)
            facts = Facts(people.api("officer"), day, played.stages, declarant=people.api("declarant"))
            return _verdicts(day, sections, facts)
    except (CannotStart, NotThere) as error:
        print(f"the day could not be played: {error}", file=sys.stderr)
        return _verdicts(day, sections, None)


def _verdicts(day: Day, sections: Iterable[str], facts: Facts | None) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = {}
    for section in sections:
        key = key_with_papers(section, rows_of(section, day.key[section]), day)
        why = "the day could not be played" if facts is None else None
        try:
            ours = [] if facts is None else facts.read(section)
        except (NotThere, KeyError, TypeError, AttributeError) as error:
            ours, why = [], f"{error}" or type(error).__name__
        whole, parts = compare(section, key, ours)
        if why is not None:
            whole = Verdict(name=section, agreed=0, total=whole.total, why=why)
        verdicts[section] = whole
        verdicts |= {part.name: replace(part, why=why) for part in parts.values()}
    return verdicts


def _tell(troubles: list[str]) -> None:
    for trouble in troubles[:TROUBLES_SHOWN]:
        print(f"! {trouble}")
    if len(troubles) > TROUBLES_SHOWN:
        print(f"! and {len(troubles) - TROUBLES_SHOWN} more of what did not go")


def _report(
    verdicts: Mapping[str, Verdict], sections: list[str], required: list[str], *, differences: int
) -> None:
    """Every section, and every part that is asked for, with its first differences."""
    for name in [*sections, *(name for name in required if name not in sections)]:
        verdict = verdicts.get(name)
        if verdict is None:
            print(f"{name}: 0/0\n    the key has no such section or part")
            continue
        print(f"{name}: {verdict.agreed}/{verdict.total}")
        if verdict.why is not None:
            print(f"    {verdict.why}")
            continue
        for line in verdict.differences[:differences]:
            print(f"    {line}")
        if len(verdict.differences) > differences:
            print(f"    and {len(verdict.differences) - differences} more")


if __name__ == "__main__":
    # a polite end, so that what was started ends with us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
