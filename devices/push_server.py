"""A small HTTP listener for cameras that push: one address, POST only, 8 MiB at most, each push judged by `take`."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devices.adapter import Unavailable

PUSH_BYTES_MAX = 8 * 1024 * 1024
#: Takes (content type, body); raises UnreadablePush.
Take = Callable[[str, bytes], None]


class UnreadablePush(Exception):
    """The camera's message is not what this listener takes; the message says why."""


class PushServer:
    """Listens from the moment it is made; raises Unavailable when the port cannot be had."""

    def __init__(self, address: tuple[str, int], *, take: Take, name: str) -> None:
        try:
            self._server = ThreadingHTTPServer(address, _Handler)
        except OSError as error:
            raise Unavailable(f"Port {address[1]} cannot be listened on: {error}") from error
        self._server.daemon_threads = True
        self._server.take = take  # type: ignore[attr-defined]
        threading.Thread(target=self._server.serve_forever, name=f"{name}-push", daemon=True).start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_address[1]

    def close(self) -> None:
        """Stops listening; what is being taken is finished."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > PUSH_BYTES_MAX:
            self._answer(413 if length.isdigit() else 411)
            return
        body = self.rfile.read(int(length))
        try:
            self.server.take(self.headers.get("Content-Type", ""), body)  # type: ignore[attr-defined]
        except UnreadablePush as error:
            self._answer(400, str(error))
        except OSError as error:
            self._answer(507, str(error))
        else:
            self._answer(200)

    def _answer(self, status: int, said: str = "") -> None:
        body = said.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """The health page counts; http.server's own log would only repeat."""
