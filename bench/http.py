"""What HTTP costs: a post of one move and of a hundred, beside the same server's parse-only route and beside pgbench.

Everything runs in turns on one machine within one run, so that the ratios mean something where the rates do not.
Reach: single at least 0.18 × the parse-only route; a hundred at once at least 2 × TPC-B, in moves.
Ends with 1 when a demand is missed.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID

import psycopg

from bench.ledger import COLD, HUNDRED_COLD, Report, Way, asked, prepare
from bench.postgres import free_port
from bench.site import Site, tpcb
from config.settings import Settings
from wms.embedded import keep
from wms.embedded.folder import OWNER
from wms.supervisor import web_command

ROOT: Final = Path(__file__).resolve().parent.parent
CLIENTS: Final = 8
#: different bodies of a client, sent in random order; every post has a key of its own
BODIES: Final = 40
_KEY: Final = b"{key}"
_LENGTH: Final = re.compile(rb"\r\nContent-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n")
LEAST_SINGLE: Final = 0.18
LEAST_HUNDRED: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Served:
    """The server under test: where it listens, who asks, and what the places are called."""

    port: int
    token: str
    codes: dict[int, str]


@contextlib.contextmanager
def served(site: Site, folder: Path, *, who: str) -> Iterator[Served]:
    """gunicorn as `make run` starts it, on the benchmark's database, asked by a new user of that name."""
    port = free_port()
    environ = os.environ | {
        "WMS_DATABASE_URL": site.url,
        "WMS_OWNER_DATABASE_URL": keep(folder).url(OWNER, "bench"),
        "WMS_DATA_DIR": str((folder / "data").absolute()),
        "WMS_PORT": str(port),
        "WMS_API_CALLS_PER_MINUTE": "1000000000",
    }
    token = _token(environ, who)
    with psycopg.connect(site.superuser_url) as db:
        codes: dict[int, str] = dict(db.execute("select id, code from location").fetchall())
    settings = Settings.load(environ)
    log = (folder / "web.log").open("wb")
    server = subprocess.Popen(web_command(settings), env=environ, stdout=log, stderr=log)
    try:
        _wait(port)
        yield Served(port=port, token=token, codes=codes)
    finally:
        server.terminate()
        server.wait(timeout=30)
        log.close()


def _token(environ: dict[str, str], who: str) -> str:
    def flask(*words: str) -> str:
        command = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi.py"), *words]
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    flask("users", "add", who, "--role", "keeper", "--password", secrets.token_urlsafe(12))
    return flask("tokens", "add", who, "--for", "bench")


def _wait(port: int) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the web server did not start")
        time.sleep(0.2)


def posts(site: Site, served: Served, path: str, way: Way, *, seconds: float) -> float:
    """Posts per second of that many clients, each on a connection it keeps, with bodies written before the clock runs.

    Writing them is the clients' work, and pgbench's own is next to nothing.
    """
    counts = [0] * CLIENTS
    errors: list[str] = []
    ready = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        rng = random.Random()
        bodies = [_request(served, path, _body(site, served, way, rng)) for _ in range(BODIES)]
        ready.wait()
        with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ends = time.perf_counter() + seconds
            while time.perf_counter() < ends:
                said = _ask(connection, rng.choice(bodies), key=UUID(int=rng.getrandbits(128)))
                if not said.startswith(b"HTTP/1.1 200 "):
                    errors.append(f"{said[:600]!r}")
                    return
                counts[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]
    return sum(counts) / seconds


def _request(served: Served, path: str, body: bytes) -> bytes:
    """A whole request but for its key, which belongs where the mark is."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {served.token}\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: "
    )
    return head.encode() + _KEY + b"\r\n\r\n" + body


def _ask(connection: socket.socket, request: bytes, *, key: UUID) -> bytes:
    """Send it and read the whole answer: of what this machine has, the clients take next to nothing, as in pgbench."""
    connection.sendall(request.replace(_KEY, str(key).encode(), 1))
    said = b""
    while (found := _LENGTH.search(said)) is None or len(said) < found.end() + int(found[1]):
        piece = connection.recv(65536)
        if not piece:
            return b"the connection ended after " + said
        said += piece
    return said


def _body(site: Site, served: Served, way: Way, rng: random.Random) -> bytes:
    moves = [
        {
            "source": served.codes[move.source_id],
            "target": served.codes[move.target_id],
            "lot_id": move.source_lot_id,
            "quantity": move.quantity,
        }
        for move in asked(site, way, rng)
    ]
    return json.dumps({"moves": moves}).encode()


def compare(site: Site, folder: Path, report: Report, *, starts: int, rounds: int, seconds: float) -> None:
    """Rounds on servers started anew; the medians of the ratios of a round count.

    Many short rounds: this machine's speed wanders within seconds, and what is compared must stand side by side.
    Several starts: the same code differs by a tenth from one start to the next.
    """
    single, hundred = [], []
    for start in range(1, starts + 1):
        with served(site, folder, who=f"bench{start}") as server:
            for one, many in _rounds(site, server, report, start=start, rounds=rounds, seconds=seconds):
                single.append(one)
                hundred.append(many)
    report.line("post of one move", "parse-only", ratio=median(single), least=LEAST_SINGLE)
    report.line("post of a hundred, moves", "TPC-B", ratio=median(hundred), least=LEAST_HUNDRED)


def _rounds(
    site: Site, server: Served, report: Report, *, start: int, rounds: int, seconds: float
) -> Iterator[tuple[float, float]]:
    """Parse-only, one, a hundred and TPC-B in turns, once all are warm: the two ratios of each round."""
    for path, way in (("/api/moves/check", COLD), ("/api/moves", COLD), ("/api/moves", HUNDRED_COLD)):
        posts(site, server, path, way, seconds=3)
    tpcb(site.pgbench, site.tpcb_url, clients=CLIENTS, seconds=3)
    for number in range(1, rounds + 1):
        parsed = posts(site, server, "/api/moves/check", COLD, seconds=seconds)
        one = posts(site, server, "/api/moves", COLD, seconds=seconds)
        many = 100 * posts(site, server, "/api/moves", HUNDRED_COLD, seconds=seconds)
        beside, _ = tpcb(site.pgbench, site.tpcb_url, clients=CLIENTS, seconds=seconds)
        report.line(
            f"start {start}, round {number}",
            f"parse-only {parsed:.0f}/s, one move {one:.0f}/s, by hundreds {many:.0f} moves/s, "
            f"TPC-B {beside:.0f} tx/s",
        )
        yield one / parsed, many / beside


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2, help="length of each run")
    parser.add_argument("--starts", type=int, default=5, help="how often the server is started anew")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured in turn then")
    parser.add_argument("--moves", type=int, default=200_000, help="moves loaded before")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where the server lives")
    words = parser.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    site = prepare(words.folder, moves=words.moves)
    compare(site, words.folder, report, starts=words.starts, rounds=words.rounds, seconds=words.seconds)
    if report.missed:
        print("missed:", ", ".join(report.missed))
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
