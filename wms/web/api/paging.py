"""Long lists, page by page: rows in the order of their keys, and where the next page is."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from flask import request
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from wms.web.api.resource import number_asked
from wms.web.house import session

T = TypeVar("T")
#: rows of a page, where a list says nothing else
PAGE: Final = 1_000


def page_of(
    query: Select[T], key: InstrumentedAttribute[int], *, size: int | None = None
) -> tuple[Sequence[T], str | None]:
    """The page that `?after=KEY` asks for, the first without it, and the address of the next; raises BadBody.

    Keyed, not counted: what comes meanwhile lies behind, and nothing comes twice. Only a row whose transaction was
    still under way when its page was read is left for the next reading.
    """
    rows = PAGE if size is None else size
    wanted = query.where(key > number_asked("after", 0)).order_by(key).limit(rows + 1)
    found = session().scalars(wanted).all()
    page = found[:rows]
    return page, next_page(getattr(page[-1], key.key)) if len(found) > rows else None


def next_page(after: Any) -> str:
    """The address asked, going on after a row."""
    return f"{request.path}?{urlencode(request.args.to_dict() | {'after': after})}"
