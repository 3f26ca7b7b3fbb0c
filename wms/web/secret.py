"""The key that signs cookies."""

from pathlib import Path

from wms.kept_key import kept_key


def cookie_key(data_dir: Path) -> bytes:
    """The key of this installation; every web process gets the same, whoever starts first."""
    return kept_key(data_dir, "cookie")
