"""People, their passwords, badges, PINs and API tokens.

Secrets are kept as argon2 hashes where people choose them and as SHA-256 where we make them long enough.
"""

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import CheckConstraint, Engine, ForeignKey, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import PERSONAL
from wms.auth.permissions import Role
from wms.db import Base
from wms.driver import all_rows
from wms.errors import Refusal
from wms.i18n import DEFAULT_LOCALE, LOCALES, N_

SYSTEM_ID: Final = 0
"""Who acts when nobody does: jobs, seals, the command line."""
PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 200
PIN_DIGITS: Final = (4, 8)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_HASHER: PasswordHasher = PasswordHasher()
#: Verified when there is nobody to verify, so that a wrong name takes as long as a wrong password.
_NOBODY_HASH = _HASHER.hash(secrets.token_hex())


class UserNameTaken(Refusal):
    """Names are unique."""

    message = N_("There is already a user {name}.")


class BadUserName(Refusal):
    """Names are typed on handhelds and in command lines."""

    message = N_("{name} cannot be a user name: use 1 to 40 small letters, digits, dots, dashes.")
    status = 422


class NoSuchUser(Refusal):
    """The name or number names nobody."""

    message = N_("There is no user {name}.")
    status = 404


class WeakPassword(Refusal):
    """Too short, too long, or the name again."""

    message = N_("Choose a password of {least} to {most} characters that does not contain the user name.")
    status = 422


class WeakPin(Refusal):
    """A PIN anybody would guess."""

    message = N_(
        "Choose a PIN of {least} to {most} digits that is not one digit repeated and not a row like 1234."
    )
    status = 422


class User(Base):
    """A person who signs in, or a partner's system that has a token."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("role in ({})".format(", ".join(f"'{role}'" for role in Role)), name="role"),
        {"comment": "A person who signs in, or a system that has a token"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the user")
    name: Mapped[str] = mapped_column(unique=True, comment="What is typed to sign in, lower case")
    display_name: Mapped[str] = mapped_column(info=PERSONAL, comment="Name as colleagues know it")
    role: Mapped[str] = mapped_column(comment="What the user is here for; decides every permission")
    company_code: Mapped[str | None] = mapped_column(comment="Customs code of the company the user works for")
    locale: Mapped[str] = mapped_column(comment="Language of the pages")
    active: Mapped[bool] = mapped_column(comment="False: cannot sign in any more")
    created_at: Mapped[datetime] = mapped_column(comment="When the user was added")
    password_hash: Mapped[str | None] = mapped_column(info=PERSONAL, comment="argon2 of the password")
    badge_digest: Mapped[str | None] = mapped_column(
        unique=True, info=PERSONAL, comment="SHA-256 of the badge's text, hexadecimal"
    )
    pin_hash: Mapped[str | None] = mapped_column(
        info=PERSONAL, comment="argon2 of the PIN that goes with the badge"
    )


class ApiToken(Base):
    """Lets a system act as a user through the API."""

    __tablename__ = "api_token"
    __table_args__ = {"comment": "A bearer token of the API; only its digest is kept"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the token")
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True, comment="Whom it acts as")
    name: Mapped[str] = mapped_column(comment="What it is for")
    token_digest: Mapped[str] = mapped_column(
        unique=True, info=PERSONAL, comment="SHA-256 of the token, hexadecimal"
    )
    created_at: Mapped[datetime] = mapped_column(comment="When it was made")
    expires_at: Mapped[datetime] = mapped_column(comment="Not taken from this moment on")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="When it was taken back")


@dataclass(frozen=True, kw_only=True)
class Person:
    """The signed-in person as edges carry it around."""

    id: int
    name: str
    display_name: str
    role: Role
    company_code: str | None
    locale: str


def person_of(user: User) -> Person:
    """The values of a user that outlive the session; a row with these columns will do."""
    return Person(
        id=user.id,
        name=user.name,
        display_name=user.display_name,
        role=Role(user.role),
        company_code=user.company_code,
        locale=user.locale,
    )


def add_user(
    session: Session,
    *,
    name: str,
    display_name: str,
    role: Role,
    at: datetime,
    company_code: str | None = None,
    locale: str = DEFAULT_LOCALE,
) -> User:
    """A new user without password or badge; raises BadUserName and UserNameTaken."""
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise BadUserName(name=name)
    if session.scalars(select(User.id).where(User.name == name)).first() is not None:
        raise UserNameTaken(name=name)
    assert locale in LOCALES
    user = User(
        name=name,
        display_name=display_name.strip() or name,
        role=role.value,
        company_code=company_code,
        locale=locale,
        active=True,
        created_at=at,
    )
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, name: str) -> User:
    """The user of a name; raises NoSuchUser."""
    user = session.scalars(select(User).where(User.name == name.strip().lower())).first()
    if user is None:
        raise NoSuchUser(name=name)
    return user


def get_user(session: Session, user_id: int) -> User:
    """The user of a number; raises NoSuchUser."""
    user = session.get(User, user_id)
    if user is None:
        raise NoSuchUser(name=user_id)
    return user


def list_users(session: Session) -> list[User]:
    """Everybody, by name."""
    return list(session.scalars(select(User).order_by(User.active.desc(), User.name)))


def set_password(session: Session, user: User, password: str) -> None:
    """Give a password; raises WeakPassword."""
    password = unicodedata.normalize("NFKC", password)
    length = len(password)
    if not PASSWORD_CHARS_MIN <= length <= PASSWORD_CHARS_MAX or user.name in password.lower():
        raise WeakPassword(least=PASSWORD_CHARS_MIN, most=PASSWORD_CHARS_MAX)
    user.password_hash = _HASHER.hash(password)
    session.flush()


def set_badge(session: Session, user: User, *, badge: str, pin: str) -> None:
    """Give a badge and its PIN; the old badge stops working. Raises WeakPin."""
    least, most = PIN_DIGITS
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)} if _is_digits(pin) else set()
    if not least <= len(pin) <= most or not steps or steps in ({0}, {1}, {9}):
        raise WeakPin(least=least, most=most)
    user.badge_digest, user.pin_hash = badge_digest(badge), _HASHER.hash(pin)
    session.flush()


def new_badge() -> str:
    """The text of a badge nobody can guess: digits and capitals only, so every scanner types it alike."""
    return f"U1{secrets.token_hex(8).upper()}"


def take_badge(session: Session, user: User) -> None:
    """The badge is lost or handed back."""
    user.badge_digest = user.pin_hash = None
    session.flush()


def badge_digest(badge: str) -> str:
    """What is kept of a badge: scanners may add blanks or send full-width letters."""
    text = unicodedata.normalize("NFKC", badge).strip().upper()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_password_of(user: User | None, password: str) -> bool:
    """Whether the password is right; takes as long when there is no such user."""
    return _verified(None if user is None else user.password_hash, unicodedata.normalize("NFKC", password))


def is_pin_of(user: User | None, pin: str) -> bool:
    """Whether the PIN is right; takes as long when there is no such badge."""
    return _verified(None if user is None else user.pin_hash, pin)


def make_token(session: Session, user: User, *, name: str, days: int, at: datetime) -> str:
    """A new API token; the text is given once and never kept."""
    text = f"wms_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(
            user_id=user.id,
            name=name,
            token_digest=_token_digest(text),
            created_at=at,
            expires_at=at + timedelta(days=days),
        )
    )
    session.flush()
    return text


# Every call of the API asks this, so it goes straight to the driver.
_TOKEN_PERSON: Final = text("""
    select u.id, u.name, u.display_name, u.role, u.company_code, u.locale
    from api_token t join user_account u on u.id = t.user_id
    where t.token_digest = :digest and t.expires_at > :at and t.revoked_at is null and u.active
""")


def token_person(on: Session | Engine, words: str, *, at: datetime) -> Person | None:
    """Whom a token acts as; None when unknown, expired, revoked, or its user was put out."""
    found = all_rows(on, _TOKEN_PERSON, digest=_token_digest(words), at=at)
    return person_of(found[0]) if found else None


def revoke_tokens(session: Session, user: User, *, name: str, at: datetime) -> int:
    """Take back the user's tokens of that name; says how many."""
    tokens = session.scalars(
        select(ApiToken).where(
            ApiToken.user_id == user.id,
            func.lower(ApiToken.name) == name.lower(),
            ApiToken.revoked_at.is_(None),
        )
    ).all()
    for token in tokens:
        token.revoked_at = at
    session.flush()
    return len(tokens)


def _token_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _verified(secret_hash: str | None, secret: str) -> bool:
    try:
        _HASHER.verify(secret_hash or _NOBODY_HASH, secret.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return secret_hash is not None


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
