"""The key a firm signs its declarations with: the site's own PEM file, or a trial key made here once.

A trial key proves nothing to the single window; it lets an installation without a card sign, and be checked, as one
with a card would.
"""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from config.settings import Settings
from wms.customs.messages.signing.software import SoftwareKey, UnusableKey
from wms.kept_key import kept_secret

_NAME: Final = "WMS trial signing key"
_FROM, _TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2046, 1, 1, tzinfo=UTC)


def signing_key(settings: Settings) -> SoftwareKey:
    """The key of this installation; raises UnusableKey where the site's file cannot be read or used."""
    return _load(settings.signing_key_file, settings.data_dir)


@cache
def _load(file: str, data_dir: Path) -> SoftwareKey:
    if not file:
        pem = kept_secret(data_dir, "signing.pem", _trial_key)
        return SoftwareKey.load(pem, pem)
    try:
        pem = Path(file).read_bytes()
    except OSError as error:
        raise UnusableKey(detail=f"{file}: {error.strerror}") from None
    return SoftwareKey.load(pem, pem)


def _trial_key() -> bytes:
    """Key and self-signed certificate in one PEM text."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
