"""SM2 with SM3: the form the single window prefers; the key sits in a device and never leaves it.

This system carries no SM2 implementation and no driver. A site with a USB key or a cipher machine gives a
``Sm2Device``; without one every signature is refused in one clear sentence.
"""

from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from wms.customs.messages.signing.envelope import SM2_SM3, Algorithms
from wms.errors import Refusal
from wms.i18n import N_


class NoSigningDevice(Refusal):
    message = N_(
        "No signing device is configured; SM2 signatures are made by the declarant's card or machine."
    )
    status = 503


class Sm2Device(Protocol):
    """What a driver must offer; ``sign`` returns the SM2 signature over the octets, with the SM3 of both."""

    @property
    def key_name(self) -> str:
        """The name of the key in the device."""

    @property
    def certificate(self) -> bytes:
        """Its certificate in DER."""

    def sign(self, octets: bytes) -> bytes:
        """The SM2 signature (r and s in DER) over these octets."""


@dataclass(frozen=True, kw_only=True)
class Sm2Signer:
    """A ``Signer`` that asks the device for the signature; the SM3 digest needs no key and is made here."""

    device: Sm2Device | None = None

    @property
    def algorithms(self) -> Algorithms:
        return SM2_SM3

    @property
    def key_name(self) -> str:
        return self._device().key_name

    @property
    def certificate(self) -> bytes:
        return self._device().certificate

    def digest(self, octets: bytes) -> bytes:
        self._device()
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(octets)
        return sm3.finalize()

    def sign(self, octets: bytes) -> bytes:
        return self._device().sign(octets)

    def _device(self) -> Sm2Device:
        if self.device is None:
            raise NoSigningDevice
        return self.device
