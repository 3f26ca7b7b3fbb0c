"""The far end of a wire: a pseudo terminal under a stable name, or a TCP server; both can be unplugged."""

import contextlib
import os
import select
import socket
import threading
import tty
from pathlib import Path


class PtyWire:
    """A serial line whose near end appears at `link`, as a udev rule would name it."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._far: int | None = None
        self._near: int | None = None
        self.plug()

    def plug(self) -> None:
        if self._far is not None:
            return
        self._far, self._near = os.openpty()
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        half = self._link.with_name(self._link.name + ".new")
        half.unlink(missing_ok=True)
        half.symlink_to(os.ttyname(self._near))
        half.replace(self._link)

    def unplug(self) -> None:
        """The cable is pulled: the name disappears and the reader's port breaks."""
        with contextlib.suppress(FileNotFoundError):
            self._link.unlink()
        for end in (self._far, self._near):
            if end is not None:
                os.close(end)
        self._far = self._near = None

    def write(self, data: bytes) -> bool:
        """False when nobody takes the bytes: unplugged, or the line's buffer is full."""
        if self._far is None:
            return False
        try:
            return os.write(self._far, data) == len(data)
        except OSError:
            return False

    def read(self, *, seconds: float) -> bytes:
        """What the other side sent, or b"" after `seconds`."""
        if self._far is None:
            return b""
        try:
            ready, _, _ = select.select([self._far], [], [], seconds)
            return os.read(self._far, 4096) if ready else b""
        except (OSError, ValueError):
            return b""

    def close(self) -> None:
        self.unplug()


class TcpWire:
    """A serial device server or network scanner: one listener, one reader at a time."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1") -> None:
        self._server = socket.create_server((host, port))
        self._client: socket.socket | None = None
        self._mutex = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        host, port = self._server.getsockname()[:2]
        return f"socket://{host}:{port}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._mutex:
                self._drop()
                self._client = client

    def unplug(self) -> None:
        """Breaks the connection; the listener stays."""
        with self._mutex:
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def write(self, data: bytes) -> bool:
        with self._mutex:
            if self._client is None:
                return False
            try:
                self._client.sendall(data)
            except OSError:
                self._drop()
                return False
            return True

    def read(self, *, seconds: float) -> bytes:
        client = self._client
        if client is None:
            threading.Event().wait(seconds)
            return b""
        try:
            ready, _, _ = select.select([client], [], [], seconds)
            return client.recv(4096) if ready else b""
        except (OSError, ValueError):
            return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.unplug()
        self._thread.join(timeout=2)


Wire = PtyWire | TcpWire
