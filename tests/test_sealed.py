"""Personal data are ciphertext in the database, and gone for good when their month's key is destroyed."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from wms.audit import AuditEntry, hang_listener, mark_refused, marks_in_clear
from wms.db import Sessions, run
from wms.errors import Refusal
from wms.sealed import (
    Forgotten,
    Keyring,
    NotAMonth,
    Sealed,
    SealedBytes,
    SealedJson,
    TooEarlyToForget,
    forget_before,
    hang_keyring,
    keyring_of,
)

NAME = "扎西顿珠"


class Month:
    """The month a keyring believes in."""

    now = "2026-05"

    def __call__(self) -> str:
        return self.now


@pytest.fixture
def month() -> Month:
    return Month()


@pytest.fixture
def keyring(tmp_path: Path, month: Month) -> Keyring:
    return Keyring(tmp_path, month)


@pytest.fixture
def dialect(keyring: Keyring) -> Engine:
    """An engine that never connects, with the keys hung on it."""
    engine = create_engine("postgresql+psycopg://")
    hang_keyring(engine, keyring)
    return engine


@settings(deadline=None)
@given(clear=st.binary(max_size=300))
def test_what_is_sealed_opens_again(clear: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    keyring = Keyring(tmp_path_factory.getbasetemp(), lambda: "2026-05")

    assert keyring.open(keyring.seal(clear)) == clear


def test_the_same_text_is_never_the_same_ciphertext(keyring: Keyring) -> None:
    """Equal buyers cannot be counted in a dump."""
    assert keyring.seal(NAME.encode()) != keyring.seal(NAME.encode())


def test_a_changed_byte_is_found(keyring: Keyring) -> None:
    sealed = keyring.seal(NAME.encode())

    with pytest.raises(InvalidTag):
        keyring.open(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_the_key_is_the_owners_alone(keyring: Keyring, tmp_path: Path) -> None:
    keyring.seal(b"")

    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700


def test_two_processes_have_the_same_keys(keyring: Keyring, tmp_path: Path) -> None:
    other = Keyring(tmp_path, lambda: "2026-06")

    assert other.open(keyring.seal(b"one")) == b"one"
    assert keyring.open(other.seal(b"two")) == b"two"
    assert other.digest(b"one") == keyring.digest(b"one")


def test_each_type_gives_back_what_it_took(dialect: Engine) -> None:
    for column, value in (
        (Sealed(), NAME),
        (Sealed(), ""),
        (SealedBytes(), b"<a/>" * 100),
        (SealedJson(), {"line": [1, None, NAME]}),
    ):
        kept = column.process_bind_param(value, dialect.dialect)  # type: ignore[arg-type]

        assert isinstance(kept, bytes)
        assert NAME.encode() not in kept
        assert column.process_result_value(kept, dialect.dialect) == value


def test_a_running_server_forgets_with_the_file(keyring: Keyring, month: Month, tmp_path: Path) -> None:
    """Its memory holds the key no longer than the folder does; other months stay."""
    running = Keyring(tmp_path, month)
    old = running.seal(b"old")
    month.now = "2026-06"
    new = running.seal(b"new")

    assert keyring.forget(before="2026-06") == ["2026-05"]

    assert running.open(old) is None
    assert running.open(new) == b"new"
    assert running.months() == ["2026-06"]


def test_a_new_key_for_the_month_opens_nothing_old(keyring: Keyring) -> None:
    sealed = keyring.seal(b"old")
    keyring.forget(before="2026-06")
    keyring.seal(b"new")

    assert keyring.open(sealed) is None


def test_a_forgotten_text_says_so_and_equals_nothing(dialect: Engine, keyring: Keyring) -> None:
    """Two forgotten buyers are not the same buyer, so no order is matched by what nobody can read."""
    kept = Sealed().process_bind_param(NAME, dialect.dialect)
    keyring.forget(before="2026-06")

    name = Sealed().process_result_value(kept, dialect.dialect)

    assert isinstance(name, Forgotten)
    assert str.__str__(name) == "(forgotten)"
    assert name != name.strip()
    assert name.strip() != name
    assert SealedJson().process_result_value(kept, dialect.dialect) == {}
    assert SealedBytes().process_result_value(kept, dialect.dialect) == b""


@pytest.mark.parametrize(("before", "refused"), [("2023-05", False), ("2023-06", True), ("2026-05", True)])
def test_no_month_is_forgotten_within_its_term(keyring: Keyring, before: str, refused: bool) -> None:
    """36 months after April 2023 ended it is May 2026: April may go, May may not."""
    old = Keyring(keyring._data_dir, lambda: "2023-04")
    old.seal(b"")

    if refused:
        with pytest.raises(TooEarlyToForget):
            forget_before(keyring, before=before, today="2026-05", keep_months=36)
        assert keyring.months() == ["2023-04"]
    else:
        assert forget_before(keyring, before=before, today="2026-05", keep_months=36) == ["2023-04"]


@pytest.mark.parametrize("text", ["", "2023", "2023-13", "2023-1", "２０２３-01", "../../x"])
def test_nonsense_is_no_month(keyring: Keyring, text: str) -> None:
    with pytest.raises(NotAMonth):
        forget_before(keyring, before=text, today="2026-05", keep_months=36)


class SomebodyElse(Refusal):
    """For this test."""

    message = "{name} is somebody else."


def test_the_facts_of_a_refusal_are_sealed_in_the_trail(sessions: Sessions) -> None:
    """They repeat what was scanned or typed; the sealed trail covers the ciphertext and stays whole."""
    hang_listener(sessions)
    refusal = SomebodyElse(name=NAME)
    run(sessions, lambda session: mark_refused(session, refusal), by_id=8, action="test.refuse")

    with sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "test.refuse")).one()
        assert NAME not in str(entry.marks)
        assert marks_in_clear(session, entry)["facts"] == {"name": NAME}


def test_an_engine_without_keys_is_a_loud_bug() -> None:
    with pytest.raises(LookupError, match="keyring"):
        keyring_of(create_engine("postgresql+psycopg://").dialect)
