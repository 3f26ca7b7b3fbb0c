"""A byte stream by stable name: a serial device, socket://host:port or rfc2217://host:port.

Native ports are opened exclusively, because two readers steal bytes from each other, and without software
flow control, because some indicators frame with the bytes XON and XOFF. A pulled network cable sends no
end, so sockets ask for keep-alive.
"""

import contextlib
import select
import socket
import stat
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import serial

from devices.adapter import Unavailable

SILENCE_SECONDS = 0.05
_READ_BYTES_MAX = 4096


class BytePort(Protocol):
    def read(self) -> bytes:
        """What has arrived, at most 4096 bytes; b"" after 50 ms of silence. Raises Unavailable."""
        ...

    def write(self, data: bytes) -> None:
        """Sends all of `data`; raises Unavailable."""
        ...

    def close(self) -> None: ...


def open_port(port: str, *, baud: int) -> BytePort:
    """Raises Unavailable with a sentence that names the port."""
    if port.startswith("socket://"):
        return _SocketPort(port)
    return _SerialPort(port, baud=baud)


class _SerialPort:
    def __init__(self, port: str, *, baud: int) -> None:
        self._name = port
        native = port.startswith("/")
        if native and not _is_character_device(Path(port)):
            raise Unavailable(f"There is no port {port}.")
        try:
            self._serial = serial.serial_for_url(
                port, baudrate=baud, timeout=SILENCE_SECONDS, xonxoff=False, do_not_open=True
            )
            if native:
                self._serial.exclusive = True
            self._serial.open()
        except (serial.SerialException, OSError, ValueError) as error:
            raise Unavailable(f"The port {port} cannot be opened: {error}") from error

    def read(self) -> bytes:
        try:
            data: bytes = self._serial.read(1)
            waiting = self._serial.in_waiting if data else 0
            return data + self._serial.read(min(waiting, _READ_BYTES_MAX - 1)) if waiting else data
        except (serial.SerialException, OSError, TypeError) as error:
            # TypeError: pyserial's own when the port is closed below it.
            raise Unavailable(f"The port {self._name} has gone: {error}") from error

    def write(self, data: bytes) -> None:
        try:
            self._serial.write(data)
        except (serial.SerialException, OSError, TypeError) as error:
            raise Unavailable(f"The port {self._name} has gone: {error}") from error

    def close(self) -> None:
        with contextlib.suppress(serial.SerialException, OSError, TypeError):
            self._serial.close()


def _is_character_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(path.stat().st_mode)
    except OSError:
        return False


class _SocketPort:
    """A TCP stream; our own, because pyserial's reads one byte at a time or waits out its timeout."""

    def __init__(self, url: str) -> None:
        self._name = url
        parts = urlsplit(url)
        try:
            self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3.0)
        except (OSError, ValueError) as error:
            raise Unavailable(f"{url} cannot be reached: {error}") from error
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, seconds in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, name):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)

    def read(self) -> bytes:
        try:
            ready, _, _ = select.select([self._socket], [], [], SILENCE_SECONDS)
            if not ready:
                return b""
            data = self._socket.recv(_READ_BYTES_MAX)
        except (OSError, ValueError) as error:
            raise Unavailable(f"{self._name} has gone: {error}") from error
        if not data:
            raise Unavailable(f"{self._name} was closed by the other side.")
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Unavailable(f"{self._name} has gone: {error}") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
