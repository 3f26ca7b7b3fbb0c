"""Signing in: by name and password, or on the handheld by badge and PIN; and staying signed in.

A wrong attempt is a value, not an exception, because its count must be kept.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import PERSONAL, UNAUDITED, mark, mark_refused
from wms.auth import limits
from wms.auth.users import Person, User, badge_digest, is_password_of, is_pin_of, person_of
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_

#: Attempts of one address in one minute, whoever is tried; a whole shift may sit behind one address.
ADDRESS_ATTEMPTS_MAX: Final = 120
#: The stored moment of the last request is only this exact, so that reading pages seldom writes.
_SEEN_EVERY: Final = timedelta(minutes=1)


class WrongSignIn(Refusal):
    """Says neither whether the name nor whether the password was wrong."""

    message = N_("User name or password is wrong.")
    status = 401


class WrongBadge(Refusal):
    """Says neither whether the badge nor whether the PIN was wrong."""

    message = N_("Badge or PIN is wrong.")
    status = 401


class SignIn(Base):
    """One person signed in on one device, from then until ended."""

    __tablename__ = "sign_in"
    __table_args__ = {"comment": "One person signed in on one device", "info": UNAUDITED}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the sign-in")
    token_digest: Mapped[str] = mapped_column(
        unique=True, info=PERSONAL, comment="SHA-256 of the cookie's token"
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True, comment="Who")
    device: Mapped[str | None] = mapped_column(comment="On which device")
    way: Mapped[str] = mapped_column(comment="password or badge")
    began_at: Mapped[datetime] = mapped_column(comment="When it began")
    seen_at: Mapped[datetime] = mapped_column(comment="Last request, to the minute")
    ended_at: Mapped[datetime | None] = mapped_column(
        comment="When it was ended, by the person or by an administrator"
    )


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The site's settings that matter here."""

    attempts_max: int
    lock_minutes: int
    session_minutes: int


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A sign-in that worked: the person, and the token for the cookie, given once."""

    person: Person
    token: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Where an attempt comes from."""

    address: str
    device: str | None
    at: datetime


def sign_in(session: Session, name: str, password: str, attempt: Attempt, rules: Rules) -> SignedIn | Refusal:
    """By name and password; gives WrongSignIn or TooManyAttempts as a value."""
    key = name.strip().lower()
    full = _count(session, "password", key, attempt, rules)
    if full is not None:
        return _refused(session, full)
    user = session.scalars(select(User).where(User.name == key, User.active)).first()
    if not is_password_of(user, password):
        return _refused(session, WrongSignIn())
    assert user is not None
    limits.forget_attempts(session, "password", key)
    return _begin(session, user, way="password", attempt=attempt)


def sign_in_by_badge(
    session: Session, badge: str, pin: str, attempt: Attempt, rules: Rules
) -> SignedIn | Refusal:
    """By badge scan and PIN; gives WrongBadge or TooManyAttempts as a value."""
    key = badge_digest(badge)
    full = _count(session, "badge", key, attempt, rules)
    if full is not None:
        return _refused(session, full)
    user = session.scalars(select(User).where(User.badge_digest == key, User.active)).first()
    if not is_pin_of(user, pin):
        return _refused(session, WrongBadge())
    assert user is not None
    limits.forget_attempts(session, "badge", key)
    return _begin(session, user, way="badge", attempt=attempt)


def who_is(
    session: Session, token: str, *, rules: Rules, at: datetime, by_itself: bool = False
) -> Person | None:
    """Whom a cookie's token stands for; None when it ended, was silent too long, or the user was put out.

    A page that asks `by_itself`, to keep itself fresh, is no sign that anybody is there.
    """
    row = session.execute(
        select(SignIn, User)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.token_digest == _digest(token), SignIn.ended_at.is_(None), User.active)
    ).first()
    if row is None:
        return None
    found, user = row
    if found.seen_at <= at - timedelta(minutes=rules.session_minutes):
        return None
    if found.seen_at <= at - _SEEN_EVERY and not by_itself:
        found.seen_at = at
    return person_of(user)


def sign_out(session: Session, token: str, *, at: datetime) -> None:
    """End the sign-in behind a token; an ended or unknown one stays as it is."""
    session.execute(
        update(SignIn)
        .where(SignIn.token_digest == _digest(token), SignIn.ended_at.is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


def end_sign_ins(session: Session, user: User, *, at: datetime, way: str | None = None) -> None:
    """Sign a user out everywhere: the password changed, or the user was put out.

    With `way`, only where the user came in so: by a badge that is lost.
    """
    ended = update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    session.execute(
        (ended if way is None else ended.where(SignIn.way == way))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )


def _count(session: Session, kind: str, key: str, attempt: Attempt, rules: Rules) -> Refusal | None:
    return limits.count_attempt(
        session, "address", attempt.address, attempts_max=ADDRESS_ATTEMPTS_MAX, minutes=1, at=attempt.at
    ) or limits.count_attempt(
        session, kind, key, attempts_max=rules.attempts_max, minutes=rules.lock_minutes, at=attempt.at
    )


def _begin(session: Session, user: User, *, way: str, attempt: Attempt) -> SignedIn:
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_digest=_digest(token),
            user_id=user.id,
            device=attempt.device,
            way=way,
            began_at=attempt.at,
            seen_at=attempt.at,
        )
    )
    session.flush()
    mark(session, user=user.id, way=way)
    return SignedIn(person=person_of(user), token=token)


def _refused(session: Session, refusal: Refusal) -> Refusal:
    mark_refused(session, refusal)
    return refusal


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
