"""Who people are on a page: names by their numbers."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.users import User


def names_of(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    """Display names by user id; the system itself is shown as a dash."""
    wanted = {each for each in ids if each}
    found = session.execute(select(User.id, User.display_name).where(User.id.in_(wanted)))
    return {0: "–"} | {row.id: row.display_name for row in found}
