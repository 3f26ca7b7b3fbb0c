"""A recorded capture played to a wire: one chunk a line, `seconds hexadecimal`, seconds from the start."""

import time
from collections.abc import Sequence
from pathlib import Path

from devices.simulated_ports import Wire


def read_capture(path: Path) -> list[tuple[float, bytes]]:
    """The chunks of a capture in order; raises ValueError naming the line."""
    chunks: list[tuple[float, bytes]] = []
    for number, line in enumerate(path.read_text(encoding="ascii", errors="replace").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            at, data = float(words[0]), bytes.fromhex("".join(words[1:]))
        except ValueError as error:
            raise ValueError(f"{path}:{number}: a line is `seconds hexadecimal`: {error}.") from error
        if chunks and at < chunks[-1][0]:
            raise ValueError(f"{path}:{number}: {at} comes before the line above it.")
        chunks.append((at, data))
    return chunks


def replay(chunks: Sequence[tuple[float, bytes]], wire: Wire, *, speed: float) -> int:
    """Plays a capture `speed` times as fast; returns how many chunks were taken."""
    started, taken = time.monotonic(), 0
    for at, data in chunks:
        time.sleep(max(0.0, started + at / speed - time.monotonic()))
        while not wire.write(data):
            time.sleep(0.1)
        taken += 1
    return taken
