"""The edge beside the system on one machine: the gateway of the site, and the simulated site it listens to.

What they need is made here: the gateway's token, which acts as a user of its own with the gate's rights, kept in a file
only its owner can read. What stands in the way of the site is one sentence; the system runs without it.
"""

import os
import socket
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.settings import Settings
from devices.registry import Gate, Lane, Printer, Registry, RegistryError, Scale, Scanner, load_registry
from wms.auth.permissions import Role
from wms.auth.users import SYSTEM_ID, User, add_user, make_token, revoke_tokens, token_person
from wms.db import run

GATEWAY: Final = "gateway"
_TOKEN_DAYS: Final = 365


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program of the edge and its command line."""

    name: str
    argv: list[str]


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What is to be started beside the system, and what is to be said of it."""

    programs: tuple[Program, ...]
    said: str


def edge(settings: Settings, sessions: sessionmaker[Session], *, at: datetime) -> Edge:
    """The programs of the edge as the setting `site` asks, with the gateway's token in its place."""
    if settings.site == "none":
        return Edge(programs=(), said="")
    try:
        registry = _registry(settings)
    except RegistryError as error:
        return Edge(programs=(), said=f"No site: {error}")
    if settings.site == "simulated" and (taken := taken_ports(registry)):
        ports = ", ".join(str(port) for port in taken)
        return Edge(
            programs=(),
            said=f"No site: another program has port {ports}; a file of your own may name others (WMS_DEVICES_FILE)",
        )
    keep_token(registry.warehouse.token_file, sessions, at=at)
    programs = [Program(name="gateway", argv=_command(settings, "run"))]
    said = f"The gateway {registry.gateway.id} runs with {len(registry.device)} devices of {settings.devices_file}"
    if settings.site == "simulated":
        play = ("simulate", "--site", "demo", "--pace", "10")
        programs.insert(0, Program(name="simulated site", argv=_command(settings, *play)))
        said = (
            f"The simulated site is alive behind gateway {registry.gateway.id}; for an excursion:"
            f" {_shown(settings)} simulate --site demo --scenario excursion (or: late)"
        )
    return Edge(programs=tuple(programs), said=said)


def _registry(settings: Settings) -> Registry:
    return load_registry(settings.devices_file, data_dir=settings.data_dir, warehouse_url=_url(settings))


def _url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared only
    return f"http://{host}:{settings.port}/api/readings"


def _command(settings: Settings, *words: str) -> list[str]:
    return [
        *(sys.executable, "-m", "devices", "--config", str(settings.devices_file.absolute())),
        *("--data-dir", str(settings.data_dir.absolute()), "--warehouse", _url(settings)),
        *words,
    ]


def _shown(settings: Settings) -> str:
    given = "" if settings.data_dir == Path("var") else f" --data-dir {settings.data_dir}"
    return f"python -m devices{given}"


def taken_ports(registry: Registry) -> list[int]:
    """Ports of this machine that a simulated site would listen on and that others have. The broker's is not one.

    A broker that listens there already is used, if it knows our name and password.
    """
    return [port for host, port in _ports(registry) if not _is_free(host, port)]


def _ports(registry: Registry) -> list[tuple[str, int]]:
    ports: list[tuple[str, int]] = []
    for device in registry.device:
        match device:
            case Scanner(port=port) | Scale(port=port) if port.startswith("socket://"):
                parts = urlsplit(port)
                ports.append((parts.hostname or "127.0.0.1", parts.port or 0))
            case Gate(listen_host=host, listen_port=port):
                ports.append((host, port))
            case Lane(listen_host=host, listen_port=int(port)):
                ports.append((host, port))
            case Printer(host=host, port=port):
                ports.append((host, port))
            case _:
                pass
    return ports


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def keep_token(file: Path | None, sessions: sessionmaker[Session], *, at: datetime) -> None:
    """A token of the gateway in its file; one that no longer lets it in is replaced, and the old one taken back."""
    if file is None:
        return
    text = file.read_text("ascii").strip() if file.exists() else ""
    with sessions() as session:
        known = token_person(session, text, at=at) if text else None
    if known is not None:
        return

    def make(session: Session) -> None:
        user = session.scalars(select(User).where(User.name == GATEWAY)).one_or_none()
        if user is None:
            user = add_user(session, name=GATEWAY, display_name="站点网关", role=Role.GATE, at=at)
        revoke_tokens(session, user, name=GATEWAY, at=at)
        # Before the commit: a token that nobody wrote down would lock the gateway out.
        _write(file, make_token(session, user, name=GATEWAY, days=_TOKEN_DAYS, at=at))

    run(sessions, make, by_id=SYSTEM_ID, action="gateway.token")


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as kept:
        kept.write(text)
        kept.flush()
        os.fsync(kept.fileno())
    draft.replace(file)
