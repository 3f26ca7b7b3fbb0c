"""The label of a parcel at a desk: drawn for the printer, or a sentence where it cannot be."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from tests.databases import TestServer
from tests.floor.outward import lay_bins, release, wave
from tests.web.site import BASE, Site, make_site
from wms.auth.permissions import Role
from wms.db import run
from wms.floor.overview import parcels


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("label")
    with database_server.clone() as database, make_site(database, folder) as site:

        def waved(session: Session) -> None:
            lay_bins(session, "BIN-A: 5 × L1")
            release(session, ("1", 2), ("运单", 1))
            wave(session)

        run(site.sessions, waved, by_id=0, action="test.wave")
        yield site


@pytest.mark.parametrize(("order_no", "status"), [("1", 200), ("运单", 422)])
def test_a_label_is_drawn_or_the_keeper_is_told_to_use_the_carrier_s(
    site: Site, order_no: str, status: int
) -> None:
    """A waybill's number may hold any sign; our bars hold no Chinese."""
    with site.sessions() as session:
        (found,) = parcels(session, search=f"{order_no:>012}")
    keeper = site.signed_in(Role.KEEPER)

    sheet = keeper.get(f"/parcels/{found.id}/label", base_url=BASE)
    drawn = keeper.get(f"/parcels/{found.id}/label.svg", base_url=BASE)

    assert (sheet.status_code, drawn.status_code) == (status, status)
    assert ("物流企业的面单" in sheet.text) is (status == 422)
