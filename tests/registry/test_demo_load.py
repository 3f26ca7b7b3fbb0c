"""The demonstration zone loads whole: registry, places, people, book and lots, once and again."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.registry.test_demo import demo
from wms.auth.users import User
from wms.ledger.book import AccountBook, BookItem
from wms.ledger.moves import StockMove
from wms.ledger.places import Location
from wms.registry.load import Summary, load_registry, rehearse
from wms.registry.products import Product
from wms.zone import ZoneLoaders

AT = datetime(2026, 11, 24, 1, tzinfo=UTC)
DAY = date(2026, 11, 24)
LOADERS = ZoneLoaders(zone="LXZ", time_zone="Asia/Shanghai", by_id=0, buyer_key=b"test").all()


def count(session: Session, kind: type) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def load(session: Session) -> Summary:
    return load_registry(session, demo(), at=AT, day=DAY, loaders=LOADERS)


def test_the_demonstration_zone_is_loaded_whole_and_the_second_time_nothing_changes(session: Session) -> None:
    files = demo()
    places, items = count(session, Location), count(session, BookItem)

    first = load(session)

    assert count(session, Product) == len(files.products)
    assert count(session, Location) - places >= len(files.places)
    assert {user.user for user in files.users} <= set(session.scalars(select(User.name)))
    assert files.account_book is not None
    assert count(session, BookItem) - items == len(files.account_book.lines)
    assert count(session, StockMove) == len(files.opening_lots)
    assert not first.is_no_change
    session.expire_all()

    assert load(session).is_no_change
    assert count(session, StockMove) == len(files.opening_lots)


def test_a_rehearsal_of_the_zone_says_the_same_and_leaves_no_trace(session: Session) -> None:
    """The dry run goes through the ledgers' opening too, and takes it back."""
    before = (count(session, Location), count(session, AccountBook), count(session, User))

    rehearsed = rehearse(session, demo(), at=AT, day=DAY, loaders=LOADERS)

    assert (count(session, Location), count(session, AccountBook), count(session, User)) == before
    assert load(session) == rehearsed
