"""paho's client, reading its socket in large pieces.

paho asks the socket for one byte, then another, then the rest of a packet: three calls a message, and Python's lock
changes hands at each while the spool's thread waits for it. Read through a buffer the whole gateway keeps
up with nearly twice as many messages. The one private method this leans on is held by a test.
"""

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode

_PIECE_BYTES = 64 * 1024


class BufferedClient(mqtt.Client):
    """Drive it by `loop_read`; while `has_unread`, the socket need not be readable for a packet to be there."""

    _unread = b""
    _at = 0

    @property
    def has_unread(self) -> bool:
        return self._at < len(self._unread)

    def reconnect(self) -> MQTTErrorCode:
        """What an old connection left unread is nothing to the new one."""
        self._unread, self._at = b"", 0
        return super().reconnect()

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self.has_unread:
            self._unread, self._at = super()._sock_recv(_PIECE_BYTES), 0
        piece = self._unread[self._at : self._at + bufsize]
        self._at += len(piece)
        return piece
