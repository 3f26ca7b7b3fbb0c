"""The key that signs evidence packs: Ed25519, made once beside the data; its public half is in every pack."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wms.exports.verify_evidence import fingerprint_of
from wms.kept_key import kept_key


@dataclass(frozen=True, kw_only=True, repr=False)
class EvidenceKey:
    """The signing key of this installation; it never shows in a repr or a log."""

    private: Ed25519PrivateKey

    @classmethod
    def of(cls, data_dir: Path) -> "EvidenceKey":
        """The key beside the data; every process gets the same."""
        return cls(private=Ed25519PrivateKey.from_private_bytes(kept_key(data_dir, "evidence")))

    @property
    def public_pem(self) -> bytes:
        """The public half, as every pack carries it."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public half, hexadecimal: what is published."""
        return fingerprint_of(self.private.public_key())

    def sign(self, octets: bytes) -> bytes:
        """64 bytes of signature."""
        return self.private.sign(octets)
