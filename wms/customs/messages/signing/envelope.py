"""The enveloped XML signature the single window wants, whoever makes the two numbers in it.

The digest is taken of the whole message without its signature, in canonical XML 1.0; what is signed is the
canonical ``SignedInfo`` in its place in the message. The specification names SM2 with SM3 as first choice and
RSA with SHA-1 as the other; SHA-1 is weak and used here only because that form knows nothing better.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final, Protocol

from lxml import etree

from wms.customs.messages.wire.xml import Element

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ENVELOPED: Final = f"{DS}enveloped-signature"


@dataclass(frozen=True, kw_only=True)
class Algorithms:
    """The names of a pair of algorithms on the wire."""

    signature: str
    digest: str


RSA_SHA1: Final = Algorithms(signature=f"{DS}rsa-sha1", digest=f"{DS}sha1")
SM2_SM3: Final = Algorithms(
    signature="http://www.chinaport.gov.cn/2022/04/xmldsig#sm2-sm3",
    digest="http://www.chinaport.gov.cn/2022/04/xmldsig#sm3",
)


class Signer(Protocol):
    """Whoever holds the key: a file, a USB key, a cipher machine."""

    @property
    def algorithms(self) -> Algorithms:
        """The algorithms it works with."""

    @property
    def key_name(self) -> str:
        """The name of the key, as the single window knows it."""

    @property
    def certificate(self) -> bytes:
        """The certificate in DER."""

    def digest(self, octets: bytes) -> bytes:
        """The digest of these octets."""

    def sign(self, octets: bytes) -> bytes:
        """The signature over these octets."""


def sign(root: Element, signer: Signer, *, before: Element | None) -> None:
    """Put an enveloped signature into a message, before the given child or at the end.

    A signature it already carries is taken out first. The message must not be changed afterwards, not even by
    a blank.
    """
    for old in root.findall(f"{{{DS}}}Signature"):
        root.remove(old)
    octets = canonical(root)
    signature = etree.Element(f"{{{DS}}}Signature", nsmap={"ds": DS})
    if before is None:
        root.append(signature)
    else:
        before.addprevious(signature)
    info = _signed_info(signature, signer.algorithms, signer.digest(octets))
    value = etree.SubElement(signature, f"{{{DS}}}SignatureValue")
    value.text = _base64(signer.sign(canonical(info)))
    key = etree.SubElement(signature, f"{{{DS}}}KeyInfo")
    etree.SubElement(key, f"{{{DS}}}KeyName").text = signer.key_name
    data = etree.SubElement(key, f"{{{DS}}}X509Data")
    etree.SubElement(data, f"{{{DS}}}X509Certificate").text = _base64(signer.certificate)


def canonical(element: Element) -> bytes:
    """Canonical XML 1.0 of an element in its place, with every namespace in force there."""
    return bytes(etree.tostring(element, method="c14n", with_comments=False, with_tail=False))


def _signed_info(signature: Element, algorithms: Algorithms, digest: bytes) -> Element:
    info = etree.SubElement(signature, f"{{{DS}}}SignedInfo")
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod", Algorithm=C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod", Algorithm=algorithms.signature)
    reference = etree.SubElement(info, f"{{{DS}}}Reference", URI="")
    transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
    etree.SubElement(transforms, f"{{{DS}}}Transform", Algorithm=ENVELOPED)
    etree.SubElement(reference, f"{{{DS}}}DigestMethod", Algorithm=algorithms.digest)
    etree.SubElement(reference, f"{{{DS}}}DigestValue").text = _base64(digest)
    return info


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
