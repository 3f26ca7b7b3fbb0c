"""``python -m tests.acceptance.oracle DAY``: compare a day's key with what its files and rules say it must be."""

import json
import sys
from pathlib import Path

from tests.acceptance.compare import compare, rows_of
from tests.acceptance.oracle.key import Oracle


def main(folder: Path) -> int:
    """0 when every section agrees."""
    ours = Oracle(folder).key()
    theirs = json.loads((folder / "expected.json").read_text("utf-8"))
    for part in ("planted", "seed"):
        theirs["meta"].pop(part, None)
    wanting = 0
    for section, content in theirs.items():
        verdict, _ = compare(section, rows_of(section, content), rows_of(section, ours[section]))
        wanting += not verdict.is_whole
        print(f"{section}: {verdict.agreed}/{verdict.total}")
        for line in verdict.differences[:5]:
            print(f"    {line}")
    return 1 if wanting else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
