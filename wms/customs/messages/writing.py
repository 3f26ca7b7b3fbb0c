"""The way out: a typed record becomes the bytes of a message, every element in its place.

What is written is checked against the same description that reads it; a record that cannot stand as it is
(a name that is too long, a control character) is refused here, before it goes anywhere.
"""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from wms.customs.messages import document
from wms.customs.messages.ceb.frame import CEB
from wms.customs.messages.jg2.documents_2017 import DOCUMENTS_2017
from wms.customs.messages.jg2.edition_2017 import PASSES_2017
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.kinds import KINDS, Frame, Kind
from wms.customs.messages.signing.envelope import Signer, sign
from wms.customs.messages.wire import faults
from wms.customs.messages.wire.check import refuse_faults
from wms.customs.messages.wire.record import Edition, Record, shape_of
from wms.customs.messages.wire.write import write_element
from wms.customs.messages.wire.xml import XSI, Element
from wms.i18n import N_


class CannotWrite(faults.SchemaFault):
    message = N_("{kind}: {element} holds a character that may not stand in XML.")


def write_message(
    kind: str,
    body: Record,
    *,
    edition: Edition | None = None,
    signer: Signer | None = None,
    envelope: Envelope | None = None,
    pocket: Pocket | None = None,
    declare_flag: str | None = None,
) -> bytes:
    """The message as it leaves, UTF-8; zone documents need their envelope.

    A ``signer`` signs a retail message in its place, instead of a signature the record may carry. Raises a
    ``SchemaFault`` when the record does not fit its description.
    """
    known = KINDS[kind]
    wanted = edition or known.written or known.editions[0]
    assert wanted in known.editions, f"{kind} has no edition {wanted.name}"
    assert isinstance(body, known.record), f"{kind} wants a {known.record.__name__}"
    try:
        element = element_of(known, body, wanted)
        if signer is not None:
            sign(element, signer, before=_after_signature(element, known, wanted))
        refuse_faults(element, known.record, wanted)
        if known.frame is Frame.BARE:
            return document.serialised(element)
        assert envelope is not None, "a zone document needs an envelope"
        package = _Package(envelope=envelope, pocket=pocket, declare_flag=declare_flag, edition=wanted)
        root = _framed(known, element, package)
        if wanted is PASSES_2017:
            refuse_faults(root, DOCUMENTS_2017[kind][0], wanted)
        return document.serialised(root)
    except ValueError:
        raise CannotWrite(kind=kind, element=known.element) from None


def element_of(kind: Kind, body: Record, edition: Edition) -> Element:
    """The element that holds the record, with the usual prefix and without its frame."""
    if kind.code.startswith("CEB"):
        root = etree.Element(f"{{{CEB}}}{kind.element}", nsmap={"ceb": CEB})
    else:
        root = etree.Element(kind.element)
    return write_element(body, shape_of(kind.record, edition), root)


def _after_signature(element: Element, kind: Kind, edition: Edition) -> Element | None:
    """The child a signature goes before; import messages end with it, export messages may extend beyond."""
    shape = shape_of(kind.record, edition)
    names = [item.name for item in shape.items]
    assert "Signature" in names, f"{kind.code} is never signed"
    later = {item.tag for item in shape.items[names.index("Signature") + 1 :]}
    return next((child for child in element if child.tag in later), None)


_NO_KEY: Final = "aa"
"""What clients send as the name of a key that is not theirs to name."""
_SAS: Final = "http://www.chinaport.gov.cn/sas"
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, kw_only=True)
class _Package:
    envelope: Envelope
    pocket: Pocket | None
    declare_flag: str | None
    edition: Edition


def _framed(kind: Kind, element: Element, around: _Package) -> Element:
    """The package round a zone document, and for a declared one the unsigned signature round that.

    The signature's values stay empty: the import client or its card fills them.
    """
    if kind.frame is Frame.RECEIPT:
        root = package = etree.Element("Package")
    else:
        root = etree.Element(
            "Signature", nsmap=None if around.edition is PASSES_2017 else {"sas": _SAS, "xsi": XSI}
        )
        package = etree.SubElement(_signature_part(root), "Package")
    _part(package, "EnvelopInfo", around.envelope, around.edition)
    data = etree.SubElement(package, "DataInfo")
    if around.pocket is not None:
        _part(data, "PocketInfo", around.pocket, around.edition)
    business = etree.SubElement(data, "BussinessData")
    business.append(element)
    if around.declare_flag is not None:
        etree.SubElement(business, "DelcareFlag").text = around.declare_flag
    return root


def _part(parent: Element, name: str, record: Record, edition: Edition) -> None:
    element = write_element(record, shape_of(type(record), edition), etree.SubElement(parent, name))
    refuse_faults(element, type(record), edition)


def _signature_part(root: Element) -> Element:
    """An unsigned signature as the import client wants it; returns its object."""
    info = etree.SubElement(root, "SignedInfo")
    canonical = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    etree.SubElement(info, "CanonicalizationMethod", Algorithm=canonical)
    etree.SubElement(info, "SignatureMethod", Algorithm=f"{_DSIG}rsa-sha1")
    reference = etree.SubElement(info, "Reference", URI="String")
    etree.SubElement(reference, "DigestMethod", Algorithm=f"{_DSIG}sha1")
    etree.SubElement(reference, "DigestValue")
    etree.SubElement(root, "SignatureValue")
    etree.SubElement(etree.SubElement(root, "KeyInfo"), "KeyName").text = _NO_KEY
    return etree.SubElement(root, "Object", Id="String")
