"""Pick waves, parcels and what was chosen for each; numbers of waves, exit lists and passes."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import updatable

revision = "0020"
down_revision = "0019_inspection"
_SEQUENCES = ("wave_number_seq", "exit_list_number_seq", "pass_number_seq")


def upgrade() -> None:
    for sequence in _SEQUENCES:
        op.execute(f"create sequence {sequence}")
    _tables()
    updatable(
        "parcel",
        *("state", "weight_g", "sealed_at", "sealed_by_id", "pass_id", "loaded_at", "loaded_by_id"),
        *("left_at", "taken_by_id", "taken_at"),
    )
    updatable(
        "pick",
        *("state", "staging_id", "quantity", "picked_at", "picked_by_id", "taken_by_id", "taken_at"),
    )


def downgrade() -> None:
    for table in ("pick", "parcel", "pick_wave"):
        op.drop_table(table)
    for sequence in _SEQUENCES:
        op.execute(f"drop sequence {sequence}")


def _tables() -> None:
    op.create_table(
        "pick_wave",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("number", sa.String(length=20), nullable=False, comment="number of the wave"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="when it was opened"),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False, comment="who opened it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick_wave")),
        sa.UniqueConstraint("number", name=op.f("uq_pick_wave_number")),
        comment="Waves of released declarations that are picked together",
    )
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="in the order of release within a wave"),
        sa.Column("wave_id", sa.BigInteger(), nullable=False, comment="its wave"),
        sa.Column("declaration_id", sa.BigInteger(), nullable=False, comment="what it declares"),
        sa.Column(
            "waybill_no", sa.String(length=60), nullable=False, comment="carrier's number, on its label"
        ),
        sa.Column(
            "state",
            sa.Enum(
                "TO_PICK",
                "PICKED",
                "SEALED",
                "LOADED",
                "LEFT",
                "PULLED",
                name="parcelstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where it stands",
        ),
        sa.Column(
            "expected_g",
            sa.BigInteger(),
            nullable=False,
            comment="what it should weigh, grams, packaging included",
        ),
        sa.Column("weight_g", sa.BigInteger(), nullable=True, comment="what the scale said, grams"),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True, comment="when it was sealed"),
        sa.Column("sealed_by_id", sa.BigInteger(), nullable=True, comment="who sealed it"),
        sa.Column("pass_id", sa.BigInteger(), nullable=True, comment="vehicle it is bound to, by its pass"),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), nullable=True, comment="when it was bound to the vehicle"
        ),
        sa.Column("loaded_by_id", sa.BigInteger(), nullable=True, comment="who loaded it"),
        sa.Column(
            "left_at", sa.DateTime(timezone=True), nullable=True, comment="when the vehicle passed the gate"
        ),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True, comment="packer who has it in hand"),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True, comment="since when"),
        sa.ForeignKeyConstraint(
            ["declaration_id"], ["retail_declaration.id"], name=op.f("fk_parcel_declaration_id")
        ),
        sa.ForeignKeyConstraint(["pass_id"], ["gate_pass.id"], name=op.f("fk_parcel_pass_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["pick_wave.id"], name=op.f("fk_parcel_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        comment="Parcels on the floor, one per released declaration",
    )
    op.create_index(
        "ix_parcel_on_floor",
        "parcel",
        ["state", "id"],
        unique=False,
        postgresql_where=sa.text("state not in ('LEFT', 'PULLED')"),
    )
    op.create_index(op.f("ix_parcel_pass_id"), "parcel", ["pass_id"], unique=False)
    op.create_index(op.f("ix_parcel_wave_id"), "parcel", ["wave_id"], unique=False)
    op.create_index(op.f("ix_parcel_waybill_no"), "parcel", ["waybill_no"], unique=False)
    op.create_index(
        "uq_parcel_live_declaration",
        "parcel",
        ["declaration_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'PULLED'"),
    )
    op.create_table(
        "pick",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="key inside the system"),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False, comment="its parcel"),
        sa.Column("line_no", sa.BigInteger(), nullable=False, comment="line of the declaration"),
        sa.Column("book_item_id", sa.BigInteger(), nullable=False, comment="book line it leaves"),
        sa.Column("lot_id", sa.BigInteger(), nullable=False, comment="lot that was chosen"),
        sa.Column("location_id", sa.BigInteger(), nullable=False, comment="bin it comes from"),
        sa.Column(
            "handling_unit_id",
            sa.BigInteger(),
            nullable=True,
            comment="pallet or box it stands on there; none if loose",
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="stock units"),
        sa.Column(
            "state",
            sa.Enum(
                "CHOSEN",
                "PICKED",
                "SHORT",
                "BACK",
                name="pickstate",
                native_enum=False,
                create_constraint=True,
            ),
            nullable=False,
            comment="where the goods are",
        ),
        sa.Column("staging_id", sa.BigInteger(), nullable=True, comment="place they were brought to"),
        sa.Column(
            "picked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when they were taken from the bin",
        ),
        sa.Column("picked_by_id", sa.BigInteger(), nullable=True, comment="who took them"),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True, comment="picker who was sent there"),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True, comment="since when"),
        sa.ForeignKeyConstraint(["book_item_id"], ["book_item.id"], name=op.f("fk_pick_book_item_id")),
        sa.ForeignKeyConstraint(
            ["handling_unit_id"], ["handling_unit.id"], name=op.f("fk_pick_handling_unit_id")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_pick_location_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_pick_lot_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_pick_parcel_id")),
        sa.ForeignKeyConstraint(["staging_id"], ["location.id"], name=op.f("fk_pick_staging_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pick")),
        comment="Goods chosen for parcels: lot, bin and quantity, and where they are now",
        info={"audited": False},
    )
    op.create_index(op.f("ix_pick_parcel_id"), "pick", ["parcel_id"], unique=False)
    op.create_index(
        "ix_pick_to_do",
        "pick",
        ["location_id", "lot_id"],
        unique=False,
        postgresql_where=sa.text("state = 'CHOSEN'"),
    )
