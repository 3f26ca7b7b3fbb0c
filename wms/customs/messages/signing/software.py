"""A software key (RSA with SHA-1): for tests, for trials with the single window, where a site allows it."""

from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from wms.customs.messages import document
from wms.customs.messages.signing.envelope import DS, RSA_SHA1, Algorithms
from wms.customs.messages.wire.xml import Element
from wms.errors import Refusal
from wms.i18n import N_


class UnusableKey(Refusal):
    message = N_("The signing key cannot be used ({detail}).")


class NoRsaKey(UnusableKey):
    message = N_("The signing key is no RSA key.")


class KeyOfAnotherCertificate(UnusableKey):
    message = N_("The certificate belongs to another key than the signing key.")


class WrongSignature(Refusal):
    message = N_("The signature of the message is not true ({detail}).")
    status = 422


class NotOneSignature(WrongSignature):
    message = N_("The message carries {count} signatures; exactly one is wanted.")


class PartlySigned(WrongSignature):
    message = N_("The signature does not cover the whole message.")


@dataclass(frozen=True, kw_only=True)
class SoftwareKey:
    """An RSA key and its certificate; a ``Signer``. The key never shows in a repr or a log."""

    key: rsa.RSAPrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)
    key_name: str
    algorithms: Algorithms = RSA_SHA1

    @classmethod
    def load(cls, key_pem: bytes, certificate_pem: bytes, *, password: bytes | None = None) -> "SoftwareKey":
        """The key out of two PEM texts; refuses a key of another kind, or one the certificate is not for."""
        try:
            key = serialization.load_pem_private_key(key_pem, password)
            certificate = x509.load_pem_x509_certificate(certificate_pem)
        except (ValueError, TypeError) as broken:
            raise UnusableKey(detail=str(broken).rstrip(".")) from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise NoRsaKey
        if certificate.public_key() != key.public_key():
            raise KeyOfAnotherCertificate
        return cls(
            key=key,
            certificate=certificate.public_bytes(serialization.Encoding.DER),
            key_name=f"{certificate.serial_number:X}",
        )

    def digest(self, octets: bytes) -> bytes:
        return sha1(octets, usedforsecurity=False).digest()

    def sign(self, octets: bytes) -> bytes:
        return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303 - the form's algorithm


_EXPECTED: Final = SignatureConfiguration(
    location="./",
    signature_methods=frozenset({SignatureMethod.RSA_SHA1}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA1}),
    default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
)


def verify(raw: bytes, *, certificate: bytes) -> None:
    """Refuse the message unless its signature is true, whole, and made with this certificate's key (DER).

    Exactly one signature, a child of the root, over the whole message: a signature over a part proves nothing
    about the rest. Broken XML is refused as at the door.
    """
    document.parse(raw, limit_bytes=len(raw))
    root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    count = len(list(root.iter(f"{{{DS}}}Signature")))
    if count != 1:
        raise NotOneSignature(count=count)
    uris = [reference.get("URI") for reference in root.iter(f"{{{DS}}}Reference")]
    if uris != [""]:
        raise PartlySigned
    try:
        _verified(root, x509.load_der_x509_certificate(certificate))
    except SignXMLException as wrong:
        raise WrongSignature(detail=str(wrong).rstrip(".")) from None


def _verified(root: Element, certificate: x509.Certificate) -> None:
    XMLVerifier().verify(root, x509_cert=certificate, expect_config=_EXPECTED)
