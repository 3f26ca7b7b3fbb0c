"""What a verdict rests on: any change of it brings the order before the next run again, and nothing else does."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.orders.test_matching import LIMITS, WORLD, with_item
from wms.orders.again import Documents, basis_of
from wms.orders.matching import World
from wms.orders.views import Buyer

FILED: Documents = (1, 2, 3)


def test_the_same_world_read_again_is_the_same_basis() -> None:
    assert basis_of(FILED, WORLD) == basis_of(FILED, with_item())


@pytest.mark.parametrize(
    ("filed", "world"),
    [
        ((1, 2, 4), WORLD),
        ((1, None, 3), WORLD),
        (FILED, with_item(sellable=99)),
        (FILED, with_item(available=99)),
        (FILED, with_item(is_on_positive_list=False)),
        (FILED, with_item(book_unit="001")),
        (FILED, replace(WORLD, items={})),
        (FILED, replace(WORLD, is_waybill_taken=True)),
        (FILED, replace(WORLD, buyer=Buyer(spent=Decimal("0.01"), had={}))),
        (FILED, replace(WORLD, buyer=Buyer(spent=Decimal(0), had={"TEA": Decimal(1)}))),
        (FILED, replace(WORLD, limits=replace(LIMITS, yearly=Decimal(26001)))),
    ],
)
def test_a_new_version_document_stock_book_file_year_or_limit_is_another_basis(
    filed: Documents, world: World
) -> None:
    assert basis_of(filed, world) != basis_of(FILED, WORLD)
