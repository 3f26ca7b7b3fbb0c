"""Every kind of message we describe survives being written and read again, whatever fields it carries."""

from datetime import datetime
from random import Random

import pytest
from lxml import etree

from tests.customs.messages.specimens import fill
from wms.customs.messages.ceb.frame import CEB
from wms.customs.messages.door import read_message
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.kinds import KINDS, Frame, Kind
from wms.customs.messages.wire.check import faults_of
from wms.customs.messages.wire.read import read_element
from wms.customs.messages.wire.record import Edition, Record, shape_of
from wms.customs.messages.wire.texts import texts_of
from wms.customs.messages.wire.times import CHINA
from wms.customs.messages.writing import write_message

SPECIMENS = 25
FORMS = [
    pytest.param(kind, edition, id=f"{kind.code}-{edition.name}")
    for kind in KINDS.values()
    for edition in kind.editions
]


def made(rng: Random, kind: Kind, edition: Edition) -> Record:
    """A record of this kind with a random choice of its fields, often at their limits."""
    shape = shape_of(kind.record, edition)
    retail = kind.code.startswith("CEB")
    element = etree.Element(f"{{{CEB}}}{kind.element}" if retail else kind.element, nsmap={"ceb": CEB})
    fill(rng, element, shape)
    assert next(faults_of(element, shape), None) is None
    return read_element(element, shape)


def envelope_for(kind: Kind) -> Envelope:
    return Envelope(
        version="1.0",
        business_id="B-1",
        message_id="M-1",
        file_name="M-1.xml",
        message_type=kind.code,
        sender_id="DXPENT9999000001",
        receiver_id="DXPEDCSAS0000001",
        sent_at=datetime(2026, 5, 20, 12, tzinfo=CHINA),
    )


@pytest.mark.parametrize(("kind", "edition"), FORMS)
def test_what_is_written_is_read_again_as_the_same_record(kind: Kind, edition: Edition) -> None:
    rng = Random(f"{kind.code} {edition.name}")
    for _ in range(SPECIMENS):
        record = made(rng, kind, edition)
        envelope = None if kind.frame is Frame.BARE else envelope_for(kind)
        pocket = None if envelope is None else Pocket(pocket_id="P-1", parts=1, part_no=1)

        raw = write_message(kind.code, record, edition=edition, envelope=envelope, pocket=pocket)
        again = read_message(raw, file_name=None, edition=edition)

        assert again.body == record
        assert again.kind == kind.code
        assert texts_of(again.body, edition) == texts_of(record, edition)
