"""The official sample messages of both editions, read whole and written again equal."""

import pytest
from lxml import etree

from tests.customs.messages.oracles import retail_samples, retail_schema
from tests.customs.messages.support import DAY_A, reference
from wms.customs.messages.ceb.editions import CEB_2018_113, CEB_2022_05
from wms.customs.messages.door import read_message
from wms.customs.messages.wire.faults import MessageRefused, Reason
from wms.customs.messages.wire.record import Edition
from wms.customs.messages.writing import write_message

pytestmark = pytest.mark.reference

EDITIONS = [pytest.param(edition, id=edition.name) for edition in (CEB_2022_05, CEB_2018_113)]

KNOWN_BAD = {
    **dict.fromkeys(
        ("CEB303", "CEB403", "CEB505", "CEB507", "CEB509", "CEB603", "CEB605", "CEB607"), "BaseTransfer"
    ),
    "CEB214": "CEB214",
    "CEB792": "gseqno",
}
"""The ten official samples of 2022-05 that are wrong, and the element each one gets wrong."""


def plain(raw: bytes) -> bytes:
    """Canonical XML without the blanks and line ends between elements, and with one set of prefixes."""
    parser = etree.XMLParser(remove_blank_text=True, remove_comments=True)
    root = etree.fromstring(raw, parser)
    for element in root.iter():
        element.tail = None
        if len(element):
            element.text = None
    lines = [
        f"{len(list(element.iterancestors()))} {element.tag} {sorted(element.items())} {element.text or ''}"
        for element in root.iter()
    ]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("edition", EDITIONS)
def test_valid_official_samples_are_read_whole_and_written_again_equal(edition: Edition) -> None:
    """Every element, attribute and text survives, in its order; what we write the official schema accepts."""
    read = []
    for sample in retail_samples(edition):
        code = sample.name[:6]
        if edition is CEB_2022_05 and code in KNOWN_BAD:
            continue
        raw = sample.read_bytes()
        message = read_message(raw, file_name=sample.name, edition=edition)
        written = write_message(message.kind, message.body, edition=edition)

        assert message.kind == code
        assert plain(written) == plain(raw), sample.name
        assert retail_schema(code, edition).validate(etree.fromstring(written)), sample.name
        read.append(sample)

    assert len(read) == {CEB_2022_05.name: 29, CEB_2018_113.name: 35}[edition.name]


@pytest.mark.parametrize("code", sorted(KNOWN_BAD))
def test_the_known_bad_samples_are_refused_for_what_is_wrong_with_them(code: str) -> None:
    sample = next(path for path in retail_samples(CEB_2022_05) if path.name.startswith(code))

    with pytest.raises(MessageRefused) as refused:
        read_message(sample.read_bytes(), file_name=sample.name)

    assert refused.value.reason in {Reason.XSD, Reason.UNKNOWN_KIND}
    assert KNOWN_BAD[code] in str(refused.value)


def test_every_retail_message_of_the_day_is_written_again_equal() -> None:
    """Orders, payments, waybills, declarations, receipts and tax bills as they come in practice."""
    files = sorted(reference(DAY_A).glob("[!b]*/CEB*.xml"))
    for path in files:
        raw = path.read_bytes()
        message = read_message(raw, file_name=path.name)
        written = write_message(message.kind, message.body)

        assert plain(written) == plain(raw), path.name
        assert retail_schema(message.kind, CEB_2022_05).validate(etree.fromstring(written)), path.name
    assert len(files) > 80
