"""Where the reference data lies, and the sentence said when it does not."""

import os
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parent.parent


def reference(*parts: str) -> Path:
    """A path below WMS_REFERENCE_DATA (default ../shared/data); skips aloud when it is absent."""
    return _found(Path(os.environ.get("WMS_REFERENCE_DATA", _ROOT.parent / "shared" / "data")), parts)


def acceptance_day(name: str = "day-a") -> Path:
    """The folder of an acceptance day beside the reference data; skips aloud when it is absent."""
    data = Path(os.environ.get("WMS_REFERENCE_DATA", _ROOT.parent / "shared" / "data"))
    return _found(data.parent / "acceptance", (name,))


def _found(root: Path, parts: tuple[str, ...]) -> Path:
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"reference data is absent: {path} (set WMS_REFERENCE_DATA)")
    return path
