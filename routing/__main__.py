"""``python -m routing VERB …``: looks the verb up and hands over; knows nothing else."""

import importlib
import sys
from collections.abc import Callable

from routing.errors import BadInput

# verb -> (module, function(argv) -> exit code, one line for the list of verbs)
VERBS: dict[str, tuple[str, str, str]] = {
    "generate": ("routing.plan_command", "generate", "write a seeded problem to standard output"),
    "reach": ("routing.plan_command", "reach", "earliest arrivals, or the rules that block; no planning"),
    "plan": ("routing.plan_command", "plan", "plan a problem: bound, first plan, search"),
    "check": ("routing.plan_command", "check", "judge a plan without a solver"),
    "replan": ("routing.ask_command", "replan", "a new plan from a disrupted one, with a price on change"),
    "explain": ("routing.ask_command", "explain", "why this itinerary, why not that port, what is full"),
    "stress": ("routing.ask_command", "stress", "what losing each port in each week would cost"),
    "network": ("routing.plan_command", "network", "the tables of the site, how sure they are, a picture"),
    "schema": ("routing.plan_command", "schema", "the JSON Schema of each kind of file"),
    "rounds": ("routing.rounds_command", "main", "first and last mile: VRPTW, CVRP, pickup and delivery"),
    "design": ("routing.design_command", "main", "fixed-charge network design, timeless"),
}


def main(argv: list[str]) -> int:
    """Run one verb; 0 is done, 1 is a "no" as answer, 2 is input that cannot be used."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: python -m routing VERB …\n")
        for verb, (_, _, line) in VERBS.items():
            print(f"  {verb:9} {line}")
        return 0 if argv else 2
    if argv[0] not in VERBS:
        print(f"There is no verb {argv[0]!r}; known are {', '.join(VERBS)}.", file=sys.stderr)
        return 2
    module, function, _ = VERBS[argv[0]]
    try:
        run: Callable[[list[str]], int] = getattr(importlib.import_module(module), function)
        return run(argv[1:])
    except BadInput as refused:
        print(refused, file=sys.stderr)
        return 2
    except (FileNotFoundError, IsADirectoryError, PermissionError) as missing:
        print(f"{missing.filename}: {missing.strerror}.", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; Python would print a trace at exit
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
