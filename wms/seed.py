"""What a newcomer finds in a new database: the demonstration zone, and who may sign in to it.

The one place `make run` and ``flask seed`` call; it loads what is not there yet and changes nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session, sessionmaker


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A demonstration person: role, name and password, to be shown where the system starts."""

    role: str
    name: str
    password: str


class Seeder(Protocol):
    """Loads one part of the demonstration zone in its own transactions, and names who may sign in."""

    def __call__(self, sessions: sessionmaker[Session]) -> Sequence[SignIn]: ...


#: In the order they are loaded; each looks for itself whether its part is there already.
SEEDERS: tuple[Seeder, ...] = ()


def seed(sessions: sessionmaker[Session]) -> tuple[SignIn, ...]:
    """Load the demonstration zone where it is missing; one sign-in per role."""
    return tuple(sign_in for seeder in SEEDERS for sign_in in seeder(sessions))
