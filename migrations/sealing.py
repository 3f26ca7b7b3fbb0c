"""Turn columns that hold rows in clear into sealed ones, and back: as the owner, with the installation's keys."""

import zlib

import sqlalchemy as sa
from alembic import context, op

from wms.sealed import Keyring

_PACKED = "bytea"


def seal(table: str, *columns: tuple[str, str]) -> None:
    """Make the columns, each with the type it has now (varchar(60), jsonb, bytea), ciphertext in bytea."""
    _rewrite(table, columns, sealing=True)


def unseal(table: str, *columns: tuple[str, str]) -> None:
    """Give the columns back in clear, in the types they had."""
    _rewrite(table, columns, sealing=False)


def _rewrite(table: str, columns: tuple[tuple[str, str], ...], *, sealing: bool) -> None:
    # The triggers that guard facts stop the owner too; the facts stay what they say.
    op.execute(f'alter table "{table}" disable trigger user')
    for column, kind in columns:
        if sealing and kind != _PACKED:
            using = f"convert_to(\"{column}\"::text, 'UTF8')"
            op.execute(f'alter table "{table}" alter column "{column}" type bytea using {using}')
        _each_value(table, column, packed=kind == _PACKED, sealing=sealing)
        if not sealing and kind != _PACKED:
            using = f"convert_from(\"{column}\", 'UTF8')::{kind}"
            op.execute(f'alter table "{table}" alter column "{column}" type {kind} using {using}')
    op.execute(f'alter table "{table}" enable trigger user')


def _each_value(table: str, column: str, *, packed: bool, sealing: bool) -> None:
    connection = op.get_bind()
    key = "request_id" if table == "answered_request" else "id"
    rows = connection.execute(
        sa.text(f'select "{key}", "{column}" from "{table}" where "{column}" is not null')
    )
    for number, value in rows.all():
        new = _sealed(bytes(value), packed=packed) if sealing else _opened(bytes(value), packed=packed)
        connection.execute(
            sa.text(f'update "{table}" set "{column}" = :new where "{key}" = :number'),
            {"new": new, "number": number},
        )


def _sealed(clear: bytes, *, packed: bool) -> bytes:
    return _keyring().seal(zlib.compress(clear, 1) if packed else clear)


def _opened(sealed: bytes, *, packed: bool) -> bytes:
    clear = _keyring().open(sealed)
    assert clear is not None, "a key is gone; what it sealed cannot be given back in clear"
    return zlib.decompress(clear) if packed else clear


def _keyring() -> Keyring:
    found = context.config.attributes.get("keyring")
    assert isinstance(found, Keyring), "this database holds rows to be sealed: give `migrate` the keyring"
    return found
