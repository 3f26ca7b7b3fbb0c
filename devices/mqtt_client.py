"""paho's client, reading and acknowledging in large pieces.

paho asks the socket for one byte, then another, then the rest of a packet, and sends every acknowledgement by
itself: four calls a message, and Python's lock changes hands at each while the spool's thread waits for
it. Through buffers the whole gateway keeps up with nearly twice as many messages. The two private methods
this leans on are held by tests.
"""

import contextlib
from collections.abc import Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_PIECE_BYTES = 64 * 1024


class BufferedClient(mqtt.Client):
    """Drive it by `loop_read`; while `has_unread`, the socket need not be readable for a packet to be there."""

    _unread = b""
    _at = 0
    _unsent = b""
    _is_gathering = False

    @property
    def has_unread(self) -> bool:
        return self._at < len(self._unread)

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    def acknowledge(self, messages: Iterable[tuple[int, int]]) -> None:
        """Acknowledges (mid, qos) of messages of this connection, in one piece."""
        self._is_gathering = True
        try:
            for mid, qos in messages:
                self.ack(mid, qos)
        finally:
            self._is_gathering = False
        # A connection that breaks here is found broken by the next read.
        with contextlib.suppress(OSError):
            self.flush()

    def flush(self) -> None:
        """Sends what waits, as far as the socket takes it; raises OSError for a broken connection."""
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                sent = super()._sock_send(self._unsent)
                self._unsent = self._unsent[sent:]

    def reconnect(self) -> MQTTErrorCode:
        """What an old connection left unread or unsent is nothing to the new one."""
        self._unread, self._at, self._unsent = b"", 0, b""
        return super().reconnect()

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self.has_unread:
            self._unread, self._at = super()._sock_recv(_PIECE_BYTES), 0
        piece = self._unread[self._at : self._at + bufsize]
        self._at += len(piece)
        return piece

    def _sock_send(self, buf: bytes | bytearray) -> int:
        self._unsent += bytes(buf)
        if not self._is_gathering:
            self.flush()
        return len(buf)
