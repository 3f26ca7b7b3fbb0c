"""Right messages made from our own descriptions, so that every field of every kind is met."""

from random import Random

from lxml import etree

from wms.customs.messages.ceb.frame import CEB
from wms.customs.messages.kinds import Kind
from wms.customs.messages.wire.forms import CountOf, Float, Form, Number, Text, Whole
from wms.customs.messages.wire.record import Edition, Item, Shape, shape_of
from wms.customs.messages.wire.times import AnyTime, Iso, Spaced, Stamp
from wms.customs.messages.wire.xml import NIL

SIGNATURE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/>
<ds:Reference URI=""><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><ds:DigestValue>AAAA</ds:DigestValue>
</ds:Reference></ds:SignedInfo><ds:SignatureValue>AQID</ds:SignatureValue>
<ds:KeyInfo><ds:KeyName>01</ds:KeyName><ds:X509Data><ds:X509Certificate>AQI=</ds:X509Certificate></ds:X509Data>
</ds:KeyInfo></ds:Signature>"""


def specimen(rng: Random, kind: Kind, edition: Edition) -> etree._Element:
    """A right message of a kind that stands bare, with a random choice of its optional fields."""
    root = etree.Element(f"{{{CEB}}}{kind.element}", nsmap={"ceb": CEB})
    fill(rng, root, shape_of(kind.record, edition))
    return root


def fill(rng: Random, element: etree._Element, shape: Shape) -> None:
    """Give an element right attributes and children."""
    for item in shape.attributes:
        assert item.form is not None
        element.set(item.name, text_for(rng, item.form))
    for item in shape.items:
        for _ in range(_how_many(rng, item)):
            _child(rng, element, item)


def _how_many(rng: Random, item: Item) -> int:
    most = 2 if item.most is None else min(item.most, 2)
    if item.repeated:
        return rng.randint(item.least, max(item.least, most))
    return 1 if item.must_be_known else rng.randint(item.least, 1)


def _child(rng: Random, parent: etree._Element, item: Item) -> None:
    if item.markup is not None and item.name == "Signature":
        parent.append(etree.fromstring(SIGNATURE))
        return
    child = etree.SubElement(parent, item.tag)
    if item.nillable and rng.random() < 0.1:
        child.set(NIL, "true")
    elif item.shape is not None:
        fill(rng, child, item.shape)
    elif item.markup is not None:
        etree.SubElement(child, "anything").text = "1"
    else:
        assert item.form is not None
        child.text = text_for(rng, item.form) or None


def text_for(rng: Random, form: Form) -> str:
    """A right text of a form, often at its very limits."""
    match form:
        case Text(fixed=str(fixed)):
            return fixed
        case Text(choices=frozenset(choices)):
            return rng.choice(sorted(choices))
        case Text(least=least, most=most):
            size = rng.choice((least, most if most is not None else 40, least + 1))
            size = min(size, 300 if most is None else most)
            return "".join(rng.choice("AB12藏拉-") for _ in range(size))
        case Number(total=total, fraction=fraction):
            whole = (total or 12) - (fraction or 0)
            if fraction == 0:
                return rng.choice(("1", "0", "-12", "9" * whole, "7.", "3.0", "+5"))
            return rng.choice(
                (
                    "1",
                    "0.00001",
                    "12.5",
                    "9" * whole + "." + "9" * (fraction or 1),
                    "+3.10",
                    "007",
                    ".5",
                    "6.",
                )
            )
        case Whole(total=total, most=most):
            return rng.choice(
                ("1", "0", "42", "9" * min(total or 9, 18), str(most) if total is None else "7")
            )
        case CountOf(form=Float()):
            return rng.choice(("1", "0", "12.0", "1e3"))
        case CountOf(form=inner):
            return text_for(rng, inner)
        case Float():
            return rng.choice(("1", "0", "12.5", "1e3", "-0.25"))
        case Stamp(digits=digits):
            return "20260520061100123"[:digits]
        case Spaced(day=day):
            return rng.choice(("", "2026-05-20" if day else "2026-05-20 06:11:00"))
        case Iso(day=day):
            return "2026-05-20" if day else "2026-05-20T06:11:00"
        case AnyTime(forms=forms):
            return text_for(rng, forms[0])
    return "A" * 10
