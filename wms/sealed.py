"""Columns whose values leave this process only as ciphertext: who a person is, and where they live.

A value is sealed under the key of its month. Keys are files beside the data and never in the database, so a copy of
the database alone names nobody. When a month's term is over its key is destroyed, here and in the backups: the rows
stay and go on working, and the value reads as `Forgotten`. Sealed columns cannot be searched or compared in SQL; two
equal values are different ciphertexts. What must be told apart for years (a buyer's yearly sum, a repeated element)
has a keyed hash of its own.
"""

import hashlib
import hmac
import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self
from weakref import WeakKeyDictionary

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Engine, LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from wms.errors import Refusal
from wms.i18n import N_
from wms.kept_key import kept_key

#: First byte of a sealed value; a later form gets another.
_FORM: Final = b"\x01"
#: form, month (2026-05), print of the key; then nonce, ciphertext and tag
_MONTH: Final = slice(1, 8)
_PRINT: Final = slice(8, 12)
_NONCE: Final = slice(12, 24)
_BODY: Final = 24
_MONTH_TEXT: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_NAME: Final = re.compile(r"personal-([0-9]{4}-[0-9]{2})\.key")


class TooEarlyToForget(Refusal):
    """The law wants the data readable for longer."""

    message = N_(
        "Personal data must stay readable for {months} months. Today only months before {latest} may be forgotten."
    )


class NotAMonth(Refusal):
    """The text is no month."""

    message = N_("{text} is not a month. Write it like {example}.")
    status = 422


class Forgotten(str):
    """A personal text whose key was destroyed. It equals nothing, not even itself: nobody is matched by it."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return False

    def __ne__(self, _other: object) -> bool:
        return True

    __hash__ = str.__hash__

    def strip(self, _chars: str | None = None, /) -> Self:
        """Still forgotten."""
        return self

    def upper(self) -> Self:
        """Still forgotten."""
        return self


class ForgottenBytes(bytes):
    """Bytes whose key was destroyed: empty, so that nothing can be read out of them."""


#: What a forgotten text reads as where nobody translates it.
GONE: Final = Forgotten("(forgotten)")


class Keyring:
    """The monthly keys in one folder, shared by every process of the installation.

    `month` says which key seals now, as 2026-05. Keys in memory are dropped as soon as the folder changes, so a
    destroyed key is gone from a running server too.
    """

    def __init__(self, data_dir: Path, month: Callable[[], str]) -> None:
        self._data_dir, self._month = data_dir, month
        self._folder = data_dir / "secrets"
        self._seen = 0
        self._by_month: dict[str, tuple[bytes, AESGCM]] = {}
        self._lasting: bytes | None = None

    def seal(self, clear: bytes) -> bytes:
        """The ciphertext of this month; twice the same gives two."""
        month = self._month()
        known = self._known(month) or self._made(month)
        nonce = os.urandom(12)
        head = _FORM + month.encode() + known[0]
        return head + nonce + known[1].encrypt(nonce, clear, head)

    def open(self, sealed: bytes) -> bytes | None:
        """The clear value, or none when its key is not here any more.

        Raises cryptography's InvalidTag when the key is here and the value was changed.
        """
        assert sealed[:1] == _FORM, "not a sealed value"
        known = self._known(sealed[_MONTH].decode())
        if known is None or known[0] != sealed[_PRINT]:
            return None
        return known[1].decrypt(sealed[_NONCE], sealed[_BODY:], sealed[: _PRINT.stop])

    def digest(self, clear: bytes) -> str:
        """A keyed hash that stays the same for ever, hexadecimal: tells equal contents without telling them."""
        if self._lasting is None:
            self._lasting = kept_key(self._data_dir, "digests")
        return hmac.new(self._lasting, clear, hashlib.sha256).hexdigest()

    def months(self) -> list[str]:
        """Months whose key is here, the oldest first."""
        names = (_NAME.fullmatch(path.name) for path in self._folder.glob("personal-*.key"))
        return sorted(found[1] for found in names if found)

    def forget(self, *, before: str) -> list[str]:
        """Destroy the keys of all months before this one (2026-05); gives the months forgotten."""
        gone = [month for month in self.months() if month < before]
        for month in gone:
            path = self._folder / f"personal-{month}.key"
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        return gone

    def _known(self, month: str) -> tuple[bytes, AESGCM] | None:
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed != self._seen:
            self._by_month, self._seen = {}, changed
        if month not in self._by_month:
            try:
                raw = (self._folder / f"personal-{month}.key").read_bytes()
            except FileNotFoundError:
                return None
            self._by_month[month] = _key(raw)
        return self._by_month[month]

    def _made(self, month: str) -> tuple[bytes, AESGCM]:
        return _key(kept_key(self._data_dir, f"personal-{month}"))


def _key(raw: bytes) -> tuple[bytes, AESGCM]:
    return hashlib.sha256(b"print" + raw).digest()[:4], AESGCM(raw)


def seal_json(keyring: Keyring, value: object) -> bytes:
    """What JSON can hold, sealed; as a `SealedJson` column keeps it."""
    return keyring.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def open_json(keyring: Keyring, sealed: bytes) -> Any:
    """The value of `seal_json`; an empty object once forgotten."""
    clear = keyring.open(sealed)
    return {} if clear is None else json.loads(clear)


_KEYRINGS: Final[WeakKeyDictionary[Dialect, Keyring]] = WeakKeyDictionary()


def hang_keyring(engine: Engine, keyring: Keyring) -> None:
    """From now on sealed columns go in and out of this engine under these keys."""
    _KEYRINGS[engine.dialect] = keyring


def keyring_of(source: Session | Dialect) -> Keyring:
    """The keys of a session's engine. Raises LookupError where none were hung: a bug of whoever made the engine."""
    dialect = source.get_bind().dialect if isinstance(source, Session) else source
    found = _KEYRINGS.get(dialect)
    if found is None:
        raise LookupError("this engine has no keyring; call hang_keyring first")
    return found


class Sealed(TypeDecorator[str]):
    """A text that is ciphertext in the database; `Forgotten` once its key is destroyed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).seal(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        clear = keyring_of(dialect).open(value)
        return GONE if clear is None else clear.decode()


class SealedBytes(TypeDecorator[bytes]):
    """A whole message that is ciphertext in the database, packed before it is sealed; empty once forgotten."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring_of(dialect).seal(zlib.compress(value, 1))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        clear = keyring_of(dialect).open(value)
        return ForgottenBytes() if clear is None else zlib.decompress(clear)


class SealedJson(TypeDecorator[Any]):
    """What JSON can hold, as ciphertext in the database; an empty object once forgotten."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else seal_json(keyring_of(dialect), value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else open_json(keyring_of(dialect), value)


def forget_before(keyring: Keyring, *, before: str, today: str, keep_months: int) -> list[str]:
    """Destroy the keys of the months before `before`; gives the months forgotten. Months are texts like 2023-11.

    Raises NotAMonth, and TooEarlyToForget while one of them is younger than `keep_months` after its end.
    """
    if not _MONTH_TEXT.fullmatch(before):
        raise NotAMonth(text=before[:20], example=today)
    year, month = map(int, today.split("-"))
    months = year * 12 + month - 1 - keep_months
    latest = f"{months // 12:04}-{months % 12 + 1:02}"
    if before > latest:
        raise TooEarlyToForget(months=keep_months, latest=latest)
    return keyring.forget(before=before)


#: Types of columns that are ciphertext in the database.
SEALED: Final = (Sealed, SealedBytes, SealedJson)
