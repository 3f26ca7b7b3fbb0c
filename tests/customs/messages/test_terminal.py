"""The terminal's envelope: what travels in it comes out byte for byte, and is judged as if it came alone."""

from base64 import b64encode
from datetime import datetime
from random import Random

import pytest
from lxml import etree

from tests.customs.messages.support import CEB, DAY_A, reference
from tests.customs.messages.test_agreement import MUTATIONS, disagreements
from wms.customs.messages.ceb.terminal import TERMINAL, TerminalMessage, wrapped
from wms.customs.messages.door import read_message
from wms.customs.messages.wire.faults import MessageRefused, Reason
from wms.customs.messages.wire.record import shape_of
from wms.customs.messages.wire.times import CHINA

AT = datetime(2026, 5, 20, 14, 30, 5, 123456, tzinfo=CHINA)


def wrap(message: bytes, **changes: object) -> bytes:
    facts = {
        "message_id": "M-1",
        "kind": "CEB622",
        "sender": "DXPENT9999000001",
        "receivers": ("DXPEDCCEB0000002",),
    }
    return wrapped(message, at=AT, **{**facts, **changes})  # type: ignore[arg-type]


def test_a_message_in_an_envelope_is_read_as_if_it_came_alone() -> None:
    raw = reference(DAY_A, "receipts", "CEB622-001.xml").read_bytes()

    alone, inside = read_message(raw, file_name=None), read_message(wrap(raw), file_name=None)

    assert (inside.kind, inside.body) == (alone.kind, alone.body)
    assert alone.journey is None
    assert inside.journey is not None
    assert inside.journey.to.receivers == ("DXPEDCCEB0000002",)
    assert inside.journey.created_at == AT.replace(microsecond=0)


@pytest.mark.parametrize("edition", ["2022-05", "2018-113"])
def test_our_envelope_is_what_the_terminal_schema_wants(edition: str) -> None:
    (file,) = reference(CEB, edition, "xsd").glob("*终端节点报文*.xsd")
    schema = etree.XMLSchema(etree.parse(file))

    envelope = etree.fromstring(wrap(b"<a/>", receivers=tuple(f"DXP{number}" for number in range(5))))

    assert schema.validate(envelope), schema.error_log.last_error


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"<!DOCTYPE a><a/>", Reason.DOCTYPE),
        (b"<a>", Reason.NOT_WELL_FORMED),
        (b"", Reason.NOT_WELL_FORMED),
        (b"<a/>", Reason.UNKNOWN_KIND),
    ],
)
def test_what_is_wrong_inside_is_found_inside(message: bytes, reason: Reason) -> None:
    with pytest.raises(MessageRefused) as refused:
        read_message(wrap(message), file_name=None)

    assert refused.value.reason is reason


def test_an_envelope_in_an_envelope_is_no_message() -> None:
    """Otherwise a small message could unfold into a large one."""
    with pytest.raises(MessageRefused) as refused:
        read_message(wrap(wrap(b"<a/>")), file_name=None)

    assert refused.value.reason is Reason.UNKNOWN_KIND


def test_a_broken_envelope_is_refused() -> None:
    good = wrap(b"<a/>")
    for change, into in (
        (b64encode(b"<a/>"), b"PGEvP"),
        (b"<dxp:SenderId>DXPENT9999000001<", b"<dxp:SenderId>DXPENT99990000012<"),
        (b"2026-05-20T14:30:05", b"2026-05-20 14:30:05"),
    ):
        assert change in good
        with pytest.raises(MessageRefused) as refused:
            read_message(good.replace(change, into), file_name=None)
        assert refused.value.reason is Reason.XSD


def test_more_than_five_receivers_do_not_leave() -> None:
    with pytest.raises(MessageRefused):
        wrap(b"<a/>", receivers=tuple(f"DXP{number}" for number in range(6)))


def test_we_and_the_terminal_schema_agree_on_damaged_envelopes() -> None:
    rng = Random("terminal")
    (file,) = reference(CEB, "2022-05", "xsd").glob("*终端节点报文*.xsd")
    bases = [etree.fromstring(wrap(b"<a/>", receivers=("A", "B"))), etree.fromstring(wrap(b"<a>1</a>"))]

    accepted, wrong = disagreements(
        rng, bases, etree.XMLSchema(etree.parse(file)), shape_of(TerminalMessage, TERMINAL)
    )

    assert not wrong, f"{len(wrong)} of {MUTATIONS}, the first: {wrong[0]}"
    assert MUTATIONS * 0.1 < accepted < MUTATIONS * 0.9
