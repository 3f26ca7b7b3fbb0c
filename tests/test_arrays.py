"""Arrays come back as they went."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DataError

from tests.databases import Database
from wms.arrays import Bigints, Numbers, Texts
from wms.driver import all_rows

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)))


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(st.none() | TEXT | st.sampled_from(['"', "\\", '\\"', "{}", "NULL", ",", ""])))
def test_texts_come_back_as_they_went(worker_database: Database, texts: list[str | None]) -> None:
    with worker_database.sessions() as session:
        assert session.scalar(text("select cast(:texts as text[])"), {"texts": Texts(texts)}) == texts


@settings(max_examples=100, deadline=None)
@given(numbers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_numbers_come_back_as_they_went(worker_database: Database, numbers: list[int | None]) -> None:
    with worker_database.sessions() as session:
        assert (
            session.scalar(text("select cast(:numbers as bigint[])"), {"numbers": Bigints(numbers)})
            == numbers
        )


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 5).flatmap(
        lambda width: st.lists(st.tuples(*[st.none() | st.integers(-(2**63), 2**63 - 1)] * width))
    )
)
def test_rows_of_numbers_come_back_as_they_went(
    worker_database: Database, rows: list[tuple[int | None, ...]]
) -> None:
    with worker_database.sessions() as session:
        sent = session.scalar(text("select cast(:rows as bigint[])"), {"rows": Numbers(rows)})
        assert sent == [list(row) for row in rows]


@pytest.mark.parametrize("items", [[2**63], [None, -(2**63) - 1], [1, 1.5], [Decimal(2)]])
def test_what_is_no_whole_number_of_64_bits_is_refused(worker_database: Database, items: list[Any]) -> None:
    with worker_database.sessions() as session, pytest.raises(DataError):
        all_rows(session, text("select cast(:numbers as bigint[])"), numbers=Bigints(items))
