"""Bytes of a scanner cut into frames; pure, no clock, no port.

A frame ends at CR or LF, or after a silence the caller reports; GS (0x1D) is data. Text is decoded only
after the cut. Nothing here raises, whatever the bytes: what is too long is dropped and counted.
"""

from dataclasses import dataclass

FRAME_BYTES_MAX = 4096
_ENDS = frozenset(b"\r\n")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One scan as it came, without its terminator."""

    raw: bytes


class ScanFramer:
    """Cuts a stream into frames. `overflows` counts runs of bytes dropped for want of an end."""

    def __init__(self, *, bytes_max: int = FRAME_BYTES_MAX) -> None:
        self._buffer = bytearray()
        self._bytes_max = bytes_max
        self._skipping = False
        self.overflows = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order; empty frames (CR LF) are none."""
        frames = []
        for byte in data:
            if byte in _ENDS:
                if self._buffer and not self._skipping:
                    frames.append(Frame(raw=bytes(self._buffer)))
                self._clear()
            elif not self._skipping:
                self._buffer.append(byte)
                if len(self._buffer) > self._bytes_max:
                    self._buffer.clear()
                    self._skipping = True
                    self.overflows += 1
        return frames

    def silence(self) -> list[Frame]:
        """Ends the frame of a scanner that sends no terminator; called after 50 ms without a byte."""
        frames = [Frame(raw=bytes(self._buffer))] if self._buffer and not self._skipping else []
        self._clear()
        return frames

    def drop(self) -> None:
        """Forgets a half frame, as after a reconnect."""
        self._clear()

    def _clear(self) -> None:
        self._buffer.clear()
        self._skipping = False


def decode_text(raw: bytes, *, encoding: str = "utf-8") -> str:
    """The text of a frame; bytes that are not `encoding` are read as Latin-1, so nothing is lost."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")
