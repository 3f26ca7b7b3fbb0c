"""The drop folder loses nothing and takes nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from wms.customs.drop import DropFolder, take_all
from wms.customs.effects import Desk
from wms.customs.inbox import InboxMessage, Outcome
from wms.i18n import render


def desk() -> Desk:
    return Desk(settings=Settings.load({}), rules=CustomsRules.load(), by_id=0, at=datetime.now(UTC))


@pytest.fixture
def folder(tmp_path: Path) -> DropFolder:
    return DropFolder(root=tmp_path / "messages")


def lay(folder: DropFolder, name: str, raw: bytes = b"<Unheard/>") -> None:
    (folder.root / "in" / name).write_bytes(raw)


def names(folder: DropFolder, room: str) -> list[str]:
    return sorted(path.name for path in (folder.root / room).iterdir())


def test_a_refused_file_lies_in_refused_with_its_reason(fresh_database: Database, folder: DropFolder) -> None:
    lay(folder, "坏.xml")
    folder = replace(folder, in_words=lambda said: str(render(said, "zh_Hans")))

    outcomes = [each.outcome for each in take_all(fresh_database.sessions, folder, desk=desk)]

    assert outcomes == [Outcome.REFUSED]
    assert names(folder, "in") == []
    assert names(folder, "refused") == ["1-坏.xml.reason.txt"]
    reason = (folder.root / "refused" / "1-坏.xml.reason.txt").read_text("utf-8")
    assert reason == "UNKNOWN_KIND: 报文以 Unheard 开头，本系统没有这种报文。\n"


def test_a_file_still_being_written_is_left_alone(fresh_database: Database, folder: DropFolder) -> None:
    lay(folder, "a.xml.part")
    lay(folder, ".b.xml")

    assert list(take_all(fresh_database.sessions, folder, desk=desk)) == []
    assert names(folder, "in") == [".b.xml", "a.xml.part"]


def test_what_a_killed_watcher_had_claimed_is_taken_again(
    fresh_database: Database, folder: DropFolder
) -> None:
    lay(folder, "a.xml")
    assert folder.claim(folder.root / "in" / "a.xml") is not None

    taken = list(take_all(fresh_database.sessions, folder, desk=desk))

    assert len(taken) == 1
    with fresh_database.sessions() as session:
        assert [message.file_name for message in session.scalars(select(InboxMessage))] == ["a.xml"]


def test_a_file_another_watcher_took_is_left_to_it(folder: DropFolder) -> None:
    lay(folder, "a.xml")
    path = folder.root / "in" / "a.xml"
    assert folder.claim(path) is not None
    assert folder.claim(path) is None


def test_a_second_file_of_the_same_name_waits_until_the_first_is_put_away(folder: DropFolder) -> None:
    """A claimed file stays claimed while the database is away; the next of its name must not lie down upon it."""
    lay(folder, "a.xml", b"<First/>")
    taken = folder.claim(folder.root / "in" / "a.xml")
    assert taken is not None
    lay(folder, "a.xml", b"<Second/>")

    assert folder.claim(folder.root / "in" / "a.xml") is None

    assert taken.read_bytes() == b"<First/>"
    assert names(folder, "in") == ["a.xml"]


def test_what_was_taken_in_names_nobody_on_the_disk(fresh_database: Database, folder: DropFolder) -> None:
    """The inbox has the bytes sealed, under a key with a term; a copy beside it would be for anybody and for ever."""
    lay(folder, "a.xml", "<Unheard>扎西平措 540102199001011234</Unheard>".encode())

    (taken,) = take_all(fresh_database.sessions, folder, desk=desk)

    left = [path for path in folder.root.rglob("*") if path.is_file()]
    assert left, "what became of it is told"
    assert not any("扎西平措" in path.read_text("utf-8") for path in left)
    with fresh_database.sessions() as session:
        assert "扎西平措" in session.get_one(InboxMessage, taken.message_id).raw.decode()


def test_what_nobody_read_is_kept_whole_for_its_sender_alone(
    fresh_database: Database, folder: DropFolder
) -> None:
    """Too large to be read: nothing else keeps its bytes, so they lie in `refused`, where only the system looks."""
    small = Desk(
        settings=Settings.load({"WMS_MESSAGE_BYTES_MAX": "1000"}),
        rules=CustomsRules.load(),
        by_id=0,
        at=datetime.now(UTC),
    )
    lay(folder, "big.xml", b"x" * 1001)

    (taken,) = take_all(fresh_database.sessions, folder, desk=lambda: small)

    assert taken.reason == "TOO_LARGE"
    assert names(folder, "refused") == ["1-big.xml", "1-big.xml.reason.txt"]
    assert {(folder.root / room).stat().st_mode & 0o777 for room in ("taken", "done", "refused")} == {0o700}
