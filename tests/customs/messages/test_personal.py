"""Personal data: named once in the descriptions, absent from what is printed, masked in what is shown."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from tests.customs.messages.support import DAY_A, reference
from wms.customs.messages.ceb.terminal import wrapped
from wms.customs.messages.door import read_message
from wms.customs.messages.personal import MASK, PERSONAL_ELEMENTS, personal_texts, redacted
from wms.customs.messages.wire.faults import HasDoctype

pytestmark = pytest.mark.reference


def personal_messages() -> list[bytes]:
    day = reference(DAY_A)
    found = [min(day.glob(f"orders/CEB{code}-*.xml")) for code in (311, 411, 511)]
    found += [day / "lists/CEB623-001.xml", day / "lists/CEB625-001.xml", min(day.glob("lists/CEB621-*.xml"))]
    found += [day / "inbound/T1-SAS121.xml", day / "inbound/T1-SAS221.xml"]
    return [path.read_bytes() for path in found]


def test_what_is_printed_of_a_message_names_no_person() -> None:
    for raw in personal_messages():
        message = read_message(raw, file_name=None)
        texts = set(personal_texts(message.body))

        assert texts
        assert not [text for text in texts if text in repr(message)]
        assert MASK in repr(message)


def test_a_redacted_message_names_no_person_and_is_otherwise_the_same() -> None:
    for raw in personal_messages():
        texts = set(personal_texts(read_message(raw, file_name=None).body))

        shown = redacted(raw).decode()

        assert not [text for text in texts if f">{text}<" in shown]
        assert shown.count(f">{MASK}<") >= len(texts)
        assert shown.count("<") == redacted(shown.encode()).decode().count("<")


def test_the_elements_that_hold_personal_data_are_the_known_ones() -> None:
    """A new field with a person in it has to be marked; this list is what an auditor reads."""
    assert {
        "DclErConc",
        "buyerIdNumber",
        "buyerName",
        "buyerRegNo",
        "buyerTelephone",
        "consignee",
        "consigneeAddress",
        "consigneeTelephone",
        "contactEr",
        "contactTele",
        "dclEr",
        "dclErConc",
        "oriBizMessage",
        "payerIdNumber",
        "payerName",
        "telephone",
    } == PERSONAL_ELEMENTS


def test_what_cannot_be_parsed_is_not_shown() -> None:
    with pytest.raises(HasDoctype):
        redacted(b"<!DOCTYPE a><a/>")


@pytest.mark.parametrize(
    "hiding",
    [
        "<a><BuyerNames>扎西平措</BuyerNames></a>",
        "<Order><buyerName>扎<orderNo>西平措</orderNo></buyerName></Order>",
        "<Order><orderNo>1</orderNo>扎西平措</Order>",
        '<Order remark="扎西平措"/>',
    ],
)
def test_a_person_where_nobody_looks_for_one_is_not_shown(hiding: str) -> None:
    """A misspelt element, one inside another, stray text, an attribute: what is not known to be open is masked."""
    shown = redacted(hiding.encode()).decode()

    assert "西平措" not in shown
    assert MASK in shown or "buyerName" in shown


def test_a_message_in_its_terminals_envelope_is_not_shown_in_base64() -> None:
    """Who may not read names could have read them with one more step."""
    inner = min(reference(DAY_A).glob("orders/CEB311-*.xml")).read_bytes()
    at = datetime(2026, 11, 24, tzinfo=UTC)
    raw = wrapped(inner, message_id="1", kind="CEB311", sender="S", receivers=("R",), at=at)

    shown = redacted(raw).decode()

    assert b64encode(inner).decode()[:60] not in shown
    assert "CEB311" in shown, "what travels is told"
