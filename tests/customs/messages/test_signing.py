"""Signatures: made in software, verified by an independent library, and refused where no device is."""

from base64 import b64decode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.verifier import SignatureConfiguration, XMLVerifier

from tests.customs.messages.oracles import retail_samples, retail_schema
from wms.customs.messages.ceb.editions import CEB_2022_05
from wms.customs.messages.door import read_message
from wms.customs.messages.signing.envelope import DS, SM2_SM3, canonical
from wms.customs.messages.signing.sm2 import NoSigningDevice, Sm2Signer
from wms.customs.messages.signing.software import SoftwareKey, UnusableKey, WrongSignature, verify
from wms.customs.messages.wire.faults import ElementMissing
from wms.customs.messages.writing import write_message


def self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test declarant")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(0x1F2E).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


@pytest.fixture(scope="module")
def key() -> SoftwareKey:
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return SoftwareKey.load(pem(made), self_signed(made))


def sample(code: str) -> Any:
    path = next(path for path in retail_samples(CEB_2022_05) if path.name.startswith(code))
    return read_message(path.read_bytes(), file_name=path.name).body


@pytest.mark.parametrize("code", ["CEB311", "CEB621", "CEB623", "CEB625", "CEB711", "CEB215", "CEB701"])
def test_a_signed_message_is_valid_and_its_signature_true(code: str, key: SoftwareKey) -> None:
    """Verified by us, and by signxml on its own; the algorithms are those the specification names."""
    signed = write_message(code, sample(code), signer=key)

    verify(signed, certificate=key.certificate)
    config = SignatureConfiguration(
        signature_methods=frozenset({SignatureMethod.RSA_SHA1}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA1}),
    )
    certificate = x509.load_der_x509_certificate(key.certificate)
    XMLVerifier().verify(signed, x509_cert=certificate, expect_config=config)
    root = etree.fromstring(signed)
    assert retail_schema(code, CEB_2022_05).validate(root)
    info = root.find(f".//{{{DS}}}SignedInfo")
    assert [element.get("Algorithm") for element in info.iter() if element.get("Algorithm")] == [
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        f"{DS}rsa-sha1",
        f"{DS}enveloped-signature",
        f"{DS}sha1",
    ]


def test_the_digest_covers_the_message_without_its_signature(key: SoftwareKey) -> None:
    """Computed here by the letter of the specification, with nothing of ours but the bytes."""
    root = etree.fromstring(write_message("CEB621", sample("CEB621"), signer=key))
    signature = root.find(f"{{{DS}}}Signature")
    digest = b64decode(signature.findtext(f".//{{{DS}}}DigestValue"))

    root.remove(signature)

    assert sha1(etree.tostring(root, method="c14n")).digest() == digest


@pytest.mark.parametrize(
    ("change", "into"),
    [
        (b"<ceb:packNo>6000<", b"<ceb:packNo>6001<"),
        (b"<ceb:note>", b"<ceb:note> "),
        (b"</ceb:CEB621Message>", b" </ceb:CEB621Message>"),
        (b"rsa-sha1", b"rsa-sha256"),
        (b"<ds:KeyName>", b"<ds:KeyName>x"),
    ],
)
def test_a_changed_byte_is_found(change: bytes, into: bytes, key: SoftwareKey) -> None:
    """Everything but the key's name is under the signature."""
    signed = write_message("CEB621", sample("CEB621"), signer=key)
    assert change in signed

    changed = signed.replace(change, into, 1)

    if change == b"<ds:KeyName>":
        verify(changed, certificate=key.certificate)
    else:
        with pytest.raises(WrongSignature):
            verify(changed, certificate=key.certificate)


def test_a_signature_of_another_key_or_over_a_part_or_twice_is_not_true(key: SoftwareKey) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stranger = SoftwareKey.load(pem(other), self_signed(other))
    signed = write_message("CEB311", sample("CEB311"), signer=stranger)
    root = etree.fromstring(signed)
    root.append(etree.fromstring(etree.tostring(root.find(f"{{{DS}}}Signature"))))

    for raw in (signed, etree.tostring(root), signed.replace(b'URI=""', b'URI="#a"'), b"<a/>"):
        with pytest.raises(WrongSignature):
            verify(raw, certificate=key.certificate)


def test_a_message_that_must_be_signed_does_not_leave_unsigned() -> None:
    body = replace(sample("CEB621"), signature=None)

    with pytest.raises(ElementMissing) as refused:
        write_message("CEB621", body)

    assert "Signature" in str(refused.value)


def test_a_key_that_does_not_fit_is_refused() -> None:
    """No key at all, a key of another kind, a certificate of another key, a wrong password."""
    right = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    locked = right.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    for key_pem, certificate in (
        (b"no key", self_signed(right)),
        (pem(right), b"no certificate"),
        (pem(curve), self_signed(curve)),
        (pem(right), self_signed(other)),
        (locked, self_signed(right)),
    ):
        with pytest.raises(UnusableKey):
            SoftwareKey.load(key_pem, certificate)
    assert SoftwareKey.load(locked, self_signed(right), password=b"secret").key_name == "1F2E"


def test_a_key_does_not_show_itself(key: SoftwareKey) -> None:
    assert "key=" not in repr(key).replace("key_name=", "")
    assert "PRIVATE" not in repr(key)


def test_without_a_device_an_sm2_signature_is_refused_in_one_sentence() -> None:
    with pytest.raises(NoSigningDevice) as refused:
        write_message("CEB621", sample("CEB621"), signer=Sm2Signer())

    assert "No signing device is configured" in str(refused.value)


@dataclass(frozen=True)
class RecordingDevice:
    """Stands for a USB key: it returns what it was asked to sign, so that the test can look at it."""

    key_name: str = "0001"
    certificate: bytes = b"certificate"

    def sign(self, octets: bytes) -> bytes:
        return octets


def test_with_a_device_the_message_carries_the_sm2_form_and_the_device_signed_the_right_octets() -> None:
    """The SM3 digest is checked against the published vector; the octets are the canonical SignedInfo."""
    signer = Sm2Signer(device=RecordingDevice())
    assert signer.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    signed = write_message("CEB621", sample("CEB621"), signer=signer)

    root = etree.fromstring(signed)
    assert retail_schema("CEB621", CEB_2022_05).validate(root)
    info = root.find(f".//{{{DS}}}SignedInfo")
    assert info.find(f"{{{DS}}}SignatureMethod").get("Algorithm") == SM2_SM3.signature
    assert b64decode(root.findtext(f".//{{{DS}}}SignatureValue")) == canonical(info)
    assert b'xmlns:ceb="http://www.chinaport.gov.cn/ceb"' in canonical(info)
