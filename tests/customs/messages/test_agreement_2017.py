"""Our strict zone forms of 2017 and their schemas give the same verdict, message by message."""

from random import Random

import pytest
from lxml import etree

from tests.customs.messages.oracles import zone_schema
from tests.customs.messages.specimens import fill
from tests.customs.messages.test_agreement import MUTATIONS, SPECIMENS, disagreements
from wms.customs.messages.jg2.documents_2017 import DOCUMENTS_2017
from wms.customs.messages.jg2.edition_2017 import PASS_RECEIPTS_2017
from wms.customs.messages.kinds import KINDS
from wms.customs.messages.wire.check import faults_of
from wms.customs.messages.wire.faults import AttributeUnknown
from wms.customs.messages.wire.record import Shape, shape_of
from wms.customs.messages.wire.xml import NIL

pytestmark = pytest.mark.reference


def _receipt(code: str) -> tuple[str, Shape]:
    namespace = PASS_RECEIPTS_2017.namespace
    return f"{{{namespace}}}{code}", shape_of(KINDS[code].record, PASS_RECEIPTS_2017)


def _declared(code: str) -> tuple[str, Shape]:
    record, edition = DOCUMENTS_2017[code]
    return (f"{{{edition.namespace}}}Signature" if edition.namespace else "Signature"), shape_of(
        record, edition
    )


RECEIPTS = ["SAS201", "SAS211", "SAS221", "SAS223", "SAS231"]
FORMS = {
    **{code: _declared(code) for code in DOCUMENTS_2017},
    **{code: _receipt(code) for code in RECEIPTS},
}


@pytest.mark.parametrize("code", sorted(FORMS))
def test_we_and_the_schema_of_2017_agree_on_damaged_zone_documents(code: str) -> None:
    """2,000 mutations of each kind, of right documents of our own making."""
    rng = Random(code)
    tag, shape = FORMS[code]
    schema = zone_schema(code)
    bases = []
    for _ in range(SPECIMENS):
        base = etree.Element(tag)
        fill(rng, base, shape)
        assert schema.validate(base), f"{schema.error_log.last_error} {etree.tostring(base)}"
        assert next(faults_of(base, shape), None) is None
        bases.append(base)

    accepted, wrong = disagreements(rng, bases, schema, shape)

    assert not wrong, f"{len(wrong)} of {MUTATIONS}, the first: {wrong[0]}"
    assert MUTATIONS * 0.1 < accepted < MUTATIONS * 0.9


def test_a_value_said_to_be_nil_may_carry_no_other_attribute() -> None:
    """Found by a longer run of the mutations."""
    tag, shape = FORMS["SAS231"]
    rng = Random("nil")
    while True:
        base = etree.Element(tag)
        fill(rng, base, shape)
        nil = next((each for each in base.iter() if each.get(NIL) is not None), None)
        if nil is not None:
            break
    assert zone_schema("SAS231").validate(base)
    assert not list(faults_of(base, shape))

    nil.set("extra", "1")

    assert not zone_schema("SAS231").validate(base)
    assert [type(fault) for fault in faults_of(base, shape)] == [AttributeUnknown]
