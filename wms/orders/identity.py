"""Identity numbers: their check character, and the keyed hash under which a buyer is known to the ledger."""

import hashlib
import hmac
import re
from typing import Final

_FORM: Final = re.compile(r"[0-9]{17}[0-9X]")
_CHECK: Final = "10X98765432"


def is_identity_number(text: str) -> bool:
    """Whether it has 18 characters and the check character of GB 11643 (weights 2 to the power of 17 … 1, mod 11)."""
    if not _FORM.fullmatch(text):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return _CHECK[total % 11] == text[17]


def buyer_hash(key: bytes, id_no: str) -> str:
    """The buyer as the ledger knows them: HMAC-SHA-256, hexadecimal; without the key nobody can try numbers."""
    return hmac.new(key, id_no.strip().upper().encode(), hashlib.sha256).hexdigest()
