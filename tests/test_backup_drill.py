"""A drill of the backups: the commands of docs/operations.md, typed on a running system and on an empty folder."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.customs.filings import order, payment
from wms.db import make_engine, make_sessions
from wms.embedded import keep
from wms.embedded.folder import APP, Folder
from wms.orders.documents import Order
from wms.sealed import Keyring, hang_keyring

pytestmark = pytest.mark.drill
ROOT = Path(__file__).resolve().parent.parent


def blocks() -> list[str]:
    """The shell blocks of the chapter: making a backup, and restoring it."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    chapter = text.split("## Backups", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for two installations and the backup; their keepers end with the test."""
    with tempfile.TemporaryDirectory(prefix="wms-backup-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
        for each in ("running", "restored"):
            folder = Folder(Path(name) / each / "postgres")
            if folder.keeper_lock.exists() and folder.is_kept():
                os.kill(folder.keeper() or 0, signal.SIGTERM)
                while folder.is_kept():
                    time.sleep(0.1)


def environ(data_dir: Path) -> dict[str, str]:
    """As an administrator has it: the environment of the program, and where its data lie."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WMS_", "PG"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    return kept | {"PATH": path, "WMS_DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}


def type_in(script: str, data_dir: Path, folder: Path) -> str:
    """Type a block, line after line; the first that fails ends it."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environ(data_dir),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def buyers(data_dir: Path) -> list[str]:
    """Who ordered, read with the keys of an installation."""
    engine = make_engine(keep(data_dir / "postgres").url(APP), pool_size=1)
    hang_keyring(engine, Keyring(data_dir, lambda: "2026-11"))
    with make_sessions(engine)() as session:
        found = [each.buyer_name for each in session.scalars(select(Order).order_by(Order.id))]
    engine.dispose()
    return found


def test_the_commands_of_the_chapter_save_a_running_system_and_bring_it_back(place: Path) -> None:
    """Rows, ledgers, seals and the names in them; the private server needs no address and no password typed."""
    running, restored = place / "running", place / "restored"
    save, restore = blocks()
    for folder in (running, restored):
        folder.mkdir()
    for number, raw in enumerate((order(1), payment(1))):
        (place / f"{number}.xml").write_text(raw, "utf-8")
    script = f"flask --app wsgi migrate; flask --app wsgi registry load {ROOT}/config/demo;"
    type_in(script + "flask --app wsgi messages receive 0.xml 1.xml; flask --app wsgi seal", running, place)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "work"]
    worker = subprocess.Popen(command, cwd=ROOT, env=environ(running), stderr=subprocess.DEVNULL)
    try:
        type_in(save, running, place)
    finally:
        worker.terminate()
        worker.wait()

    said = type_in(restore, restored, place)

    assert "The ledgers are whole." in said
    names = buyers(running)
    assert names
    assert buyers(restored) == names
    assert (place / "wms.dump").stat().st_size > 10_000
