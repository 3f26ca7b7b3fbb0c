"""A day is merged by time, arrivals first; papers are read by what they say."""

import json
from pathlib import Path

import pytest

from tests.acceptance.__main__ import main
from tests.acceptance.day import Day, NoDay, Turn
from tests.acceptance.papers import drafted_lists, exit_papers, pass_number
from tests.acceptance.play import _last_arrivals

LIST = """<c:CEB621Message xmlns:c="urn:x" guid="A" version="1.0"><c:Inventory><c:InventoryHead>
<c:guid>G</c:guid><c:appTime>1</c:appTime><c:copNo> L1 </c:copNo><c:note></c:note></c:InventoryHead>
<c:InventoryList><c:gnum>1</c:gnum><c:qty>2</c:qty></c:InventoryList></c:Inventory></c:CEB621Message>"""
EXIT = """<Signature><Object><InvtMessage><InvtHeadType><EtpsInnerInvtNo>E1</EtpsInnerInvtNo></InvtHeadType>
<InvtListType><GdsMtno>TEA</GdsMtno><DclQty>2</DclQty><DclTotalAmt>9</DclTotalAmt><DclUprcAmt>4.5</DclUprcAmt>
<LawfQty>0.5</LawfQty></InvtListType><InvtCbecBill><CbecBillNo>8</CbecBillNo></InvtCbecBill></InvtMessage></Object>
</Signature>"""
APPROVAL = """<Package xmlns="urn:y"><BondInvtBsc><bondInvtNo>QD9</bondInvtNo><etpsInnerInvtNo>E1</etpsInnerInvtNo>
</BondInvtBsc></Package>"""
ARRIVALS = """seq,arrived_at,file,kind
2,2026-02-03 08:00:00,inbound/T1-SAS223.xml,SAS223
1,2026-02-03 08:00:00,inbound/L1-INV201.xml,INV201
3,2026-02-03 15:00:00,receipts/CEB622-1.xml,CEB622
4,2026-02-03 16:00:00,exit/E1-INV101.xml,INV101
5,2026-02-03 16:10:00,receipts/exit-E1-INV201.xml,INV201
"""
RECEIVING = """received_at,pass_no,item_no,user
2026-02-03 08:00:00,Z1,TEA,k1
2026-02-03 08:00:00,Z1,SHAWL,k1
2026-02-03 08:00:00,Z2,TEA,k2
"""


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """A small day in a zone west of Greenwich, so that nobody's clock fits by chance."""
    files = {
        "registry/rules.json": json.dumps(
            {"day": "2026-02-03", "utc_offset": "-03:30", "matching_run_time": "15:00:00"}
        ),
        "expected.json": '{"inbound_lists": []}',
        "arrivals.csv": ARRIVALS,
        "inbound/receiving.csv": RECEIVING,
        "count.csv": "counted_at,location,item_no\n2026-02-03 20:00:00,A,TEA\n",
        "exit/E1-INV101.xml": EXIT,
        "receipts/exit-E1-INV201.xml": APPROVAL,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    return Day(tmp_path)


def test_everything_happens_in_its_order_arrivals_first(day: Day) -> None:
    assert [(event.turn, event.arrival.seq if event.arrival else len(event.rows)) for event in day.events] == [
        (Turn.ARRIVAL, 1), (Turn.ARRIVAL, 2), (Turn.RECEIVING, 2), (Turn.RECEIVING, 1),
        (Turn.ARRIVAL, 3), (Turn.MATCH, 0), (Turn.ARRIVAL, 4), (Turn.ARRIVAL, 5), (Turn.COUNT, 1),
    ]  # fmt: skip


def test_local_times_carry_the_days_zone(day: Day) -> None:
    assert day.events[0].at.isoformat() == "2026-02-03T08:00:00-03:30"
    assert day.opens_at.isoformat() == "2026-02-03T00:00:00-03:30"


def test_stages_are_read_after_the_last_event_of_their_kind(day: Day) -> None:
    last = _last_arrivals(day.arrivals)

    assert {stage: arrival.seq for stage, arrival in last.items()} == {
        "S1_inbound_lists_approved": 1,
        "S2_inbound_gate_passed": 2,
        "wave": 3,
        "S5_exit_lists_booked": 5,
    }


def test_a_drafted_list_is_read_without_what_is_free_to_differ() -> None:
    assert drafted_lists([LIST.encode()]) == {
        "L1": {"head": {"copNo": "L1"}, "lines": [{"gnum": "1", "qty": "2"}]}
    }


def test_an_exit_list_is_known_by_the_number_customs_gave_it(day: Day) -> None:
    line = {"qty": "2", "total": "9", "price": "4.5", "qty1": "0.5", "qty2": None}

    assert exit_papers(day) == {"QD9": {"number": "E1", "declarations": ["8"], "lines": {"TEA": line}}}


def test_a_pass_is_read_from_its_receipt() -> None:
    raw = b'<Package xmlns="urn:z"><SasPassportBsc><passportNo>Z7</passportNo></SasPassportBsc></Package>'

    assert pass_number(raw) == "Z7"


def test_a_folder_that_is_no_day_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NoDay, match="registry is missing"):
        Day(tmp_path)
    assert main([str(tmp_path)]) == 2
    assert "is no acceptance day" in capsys.readouterr().err
