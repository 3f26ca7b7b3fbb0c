"""Bytes of weighing indicators turned into weights; pure, no clock, no port.

Formats, as in the makers' manuals: Yaohua XK3190 continuous (`yaohua`) and command mode answers
(`yaohua_command`), the "=" formats with digits reversed (`equals_reversed`) or forward (`equals_forward`),
A12E text lines (`a12e`), Toledo continuous (`toledo`, `toledo_short`). A format is configured, never guessed:
the "=" formats carry no check and read as another weight when turned round.

One check byte is weak: of frames with one or two flipped bits 1.5 % pass with a wrong weight. So a single
frame is never a weight; see `StableWeight`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

BUFFER_BYTES_MAX = 4096


@dataclass(frozen=True, kw_only=True)
class WeightFrame:
    """One reading of an indicator. `in_motion` is None where the format does not say."""

    mass_kg: Decimal
    raw: bytes
    in_motion: bool | None = None
    out_of_range: bool = False
    is_net: bool = False


class WeightFramer(Protocol):
    #: Frames dropped for a wrong check, a wrong shape or want of an end.
    errors: int

    def feed(self, data: bytes) -> list[WeightFrame]:
        """The frames that `data` completes."""
        ...

    def drop(self) -> None:
        """Forgets a half frame, as after a reconnect."""
        ...


#: Looks at the buffer's head: (frame or None, bytes used); 0 bytes means "wait for more".
Reader = Callable[[bytes], tuple[WeightFrame | None, int]]


class BufferedFramer:
    """Runs a reader over a bounded buffer; a byte that starts nothing is skipped and counted once a run."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._buffer = b""
        self._lost = False
        self.errors = 0

    def feed(self, data: bytes) -> list[WeightFrame]:
        self._buffer += data
        frames = []
        at = 0
        while at < len(self._buffer):
            frame, used = self._read(self._buffer[at : at + BUFFER_BYTES_MAX])
            if used == 0:
                break
            skipped = self._buffer[at : at + used].strip(b"\r\n")
            at += used
            if frame is not None:
                frames.append(frame)
                self._lost = False
            elif skipped and not self._lost:
                self.errors += 1
                self._lost = True
        self._buffer = self._buffer[at:]
        return frames

    def drop(self) -> None:
        self._buffer = b""
        self._lost = False


def xor_of(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte
    return check


_YAOHUA = re.compile(rb"\x02([+-])([0-9]{6})([0-4])([0-9A-F]{2})\x03")


def read_yaohua(head: bytes) -> tuple[WeightFrame | None, int]:
    """12 bytes: STX, sign, six digits, number of decimals, XOR of the eight before as two hex digits, ETX."""
    if head[0] != 0x02:
        return None, _until(head, b"\x02")
    if len(head) < 12:
        return None, 0
    match = _YAOHUA.fullmatch(head[:12])
    if match is None or xor_of(head[1:9]) != int(match[4], 16):
        return None, 1
    mass = Decimal(match[2].decode()).scaleb(-int(match[3]))
    return WeightFrame(mass_kg=_signed(match[1], mass), raw=head[:12]), 12


def read_yaohua_command(head: bytes) -> tuple[WeightFrame | None, int]:
    """Answer to the command for the gross or net weight: as continuous, with address and command letter."""
    if head[0] != 0x02:
        return None, _until(head, b"\x02")
    if len(head) < 14:
        return None, 0
    match = re.fullmatch(rb"\x02([A-Z])([BD])([+-])([0-9]{6})([0-4])([0-9A-F]{2})\x03", head[:14])
    if match is None or xor_of(head[1:11]) != int(match[6], 16):
        return None, 1
    mass = Decimal(match[4].decode()).scaleb(-int(match[5]))
    return WeightFrame(mass_kg=_signed(match[3], mass), raw=head[:14], is_net=match[2] == b"D"), 14


def yaohua_command(address: str, command: str) -> bytes:
    """The request for a weight: B gross, C tare, D net; A is the handshake."""
    body = (address + command).encode("ascii")
    return b"\x02" + body + f"{xor_of(body):02X}".encode() + b"\x03"


def read_equals_reversed(head: bytes) -> tuple[WeightFrame | None, int]:
    """`=` and eight bytes to be read from the end: `=00.1000-` is -1.00."""
    return _read_equals(head, reverse=True)


def read_equals_forward(head: bytes) -> tuple[WeightFrame | None, int]:
    """`=` and eight bytes in reading order: `=-0001.00`."""
    return _read_equals(head, reverse=False)


_EQUALS = re.compile(rb"([ +-]?)(?=[0-9]*\.?[0-9]+ ?$)([0-9]{0,7}\.?[0-9]{1,8}) ?")


def _read_equals(head: bytes, *, reverse: bool) -> tuple[WeightFrame | None, int]:
    if head[:1] != b"=":
        return None, _until(head, b"=")
    if len(head) < 9:
        return None, 0
    body = head[8:0:-1] if reverse else head[1:9]
    match = _EQUALS.fullmatch(body)
    if match is None or len(head[1:9].replace(b"=", b"")) < 8:
        return None, 1
    return WeightFrame(mass_kg=_signed(match[1], Decimal(match[2].decode())), raw=head[:9]), 9


def read_a12e(head: bytes) -> tuple[WeightFrame | None, int]:
    """A text line `WG004.139kg3D`: gross or net, seven characters, unit, XOR of the first eleven bytes."""
    if head[:1] != b"W":
        return None, _until(head, b"W")
    end = min((at for at in (head.find(b"\r"), head.find(b"\n")) if at >= 0), default=-1)
    if end < 0:
        return (None, 0) if len(head) <= 16 else (None, 1)
    line = head[:end]
    if len(line) != 13 or xor_of(line[:11]) != _hex(line[11:]):
        return None, 1
    value, unit = line[2:9], line[9:11]
    if line[1:2] not in b"GN" or unit != b"kg":
        return None, end + 1
    if value.strip() in {b"OL", b"LO"}:
        return WeightFrame(mass_kg=Decimal(0), raw=line, out_of_range=True), end + 1
    match = re.fullmatch(rb"([ +-]?)([0-9]+(?:\.[0-9]+)?)", value)
    if match is None:
        return None, end + 1
    mass = _signed(match[1], Decimal(match[2].decode()))
    return WeightFrame(mass_kg=mass, raw=line, is_net=line[1:2] == b"N"), end + 1


def toledo_reader(*, has_tare: bool, has_check: bool) -> Reader:
    """STX, status A B C, six digits of weight, six of tare unless short, CR, optional check byte."""
    size = 4 + 6 + (6 if has_tare else 0) + 1 + (1 if has_check else 0)

    def read(head: bytes) -> tuple[WeightFrame | None, int]:
        if head[0] != 0x02:
            return None, _until(head, b"\x02")
        if len(head) < size:
            return None, 0
        frame = head[:size]
        # The check is the two's complement of the sum of the low seven bits of all before it.
        if has_check and sum(byte & 0x7F for byte in frame) & 0x7F:
            return None, 1
        status_a, status_b = frame[1], frame[2]
        digits = frame[4:10]
        at_return = frame[16 if has_tare else 10]
        if at_return != 0x0D or not re.fullmatch(rb" *[0-9]+", digits) or not status_b & 0x20:
            return None, 1
        # Bits 0-2 of A place the point: 2 is none, 3 one decimal … 7 five; 0 and 1 are trailing zeros.
        mass = Decimal(digits.decode().strip()).scaleb(2 - (status_a & 0x07))
        return WeightFrame(
            mass_kg=-mass if status_b & 0x02 else mass,
            raw=frame,
            in_motion=bool(status_b & 0x08),
            out_of_range=bool(status_b & 0x04),
            is_net=bool(status_b & 0x01),
        ), size

    return read


READERS: dict[str, Reader] = {
    "yaohua": read_yaohua,
    "yaohua_command": read_yaohua_command,
    "equals_reversed": read_equals_reversed,
    "equals_forward": read_equals_forward,
    "a12e": read_a12e,
    "toledo": toledo_reader(has_tare=True, has_check=True),
    "toledo_unchecked": toledo_reader(has_tare=True, has_check=False),
    "toledo_short": toledo_reader(has_tare=False, has_check=True),
}


def weight_framer(format_name: str) -> WeightFramer:
    """A fresh framer for a format named in READERS."""
    return BufferedFramer(READERS[format_name])


def _until(head: bytes, start: bytes) -> int:
    at = head.find(start)
    return len(head) if at < 0 else at


def _signed(sign: bytes, mass: Decimal) -> Decimal:
    return -mass if sign == b"-" else mass


def _hex(digits: bytes) -> int:
    return int(digits, 16) if re.fullmatch(rb"[0-9A-F]{2}", digits) else -1


@dataclass(frozen=True, kw_only=True)
class StableWeight:
    """A weight a person may rely on, with the frames that prove it."""

    mass_kg: Decimal
    frames: tuple[bytes, ...]


class StabilityJudge:
    """Gives one StableWeight per load: enough agreeing frames without motion, once until the pan is empty.

    `division_kg` is one step of the instrument; frames agree when all lie within one division of each other.
    `rearm_below_kg` is what still counts as empty.
    """

    def __init__(self, *, division_kg: Decimal, rearm_below_kg: Decimal, frames_needed: int = 5) -> None:
        self._division_kg = division_kg
        self._rearm_below_kg = rearm_below_kg
        self._frames_needed = frames_needed
        self._recent: list[WeightFrame] = []
        self._armed = True

    def judge(self, frame: WeightFrame) -> StableWeight | None:
        """The stable weight that this frame completes, or None."""
        if frame.out_of_range or frame.in_motion:
            self._recent.clear()
            return None
        self._recent = [*self._recent[-(self._frames_needed - 1) :], frame]
        masses = [recent.mass_kg for recent in self._recent]
        if len(masses) < self._frames_needed or max(masses) - min(masses) > self._division_kg:
            return None
        if max(masses) <= self._rearm_below_kg:
            self._armed = True
            return None
        if not self._armed or min(masses) <= self._rearm_below_kg:
            return None
        self._armed = False
        return StableWeight(mass_kg=frame.mass_kg, frames=tuple(recent.raw for recent in self._recent))

    def drop(self) -> None:
        """Forgets what was seen, as after a reconnect; a load already weighed is not weighed again."""
        self._recent.clear()
