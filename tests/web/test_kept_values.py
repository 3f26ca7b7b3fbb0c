"""A changed row is told in words, column by column."""

from collections.abc import Iterator

from sqlalchemy import Column, Enum, Table

from tests.web.site import BASE, Site
from wms.auth.permissions import Role
from wms.db import Base
from wms.i18n import catalogue
from wms.ledger.book import Axis
from wms.ledger.proofs import Check
from wms.tables import load_all
from wms.web.columns import COLUMNS
from wms.web.office.kept_values import WORDS_OF, changed_columns

#: Kinds that only the ledgers' own tables hold, which the trail tells by their posting; and file names' endings.
TOLD_BY_LETTERS = {Axis.__name__, Check.__name__, "ExportFormat"}


def followed() -> Iterator[Table]:
    load_all()
    yield from (table for table in Base.metadata.tables.values() if table.info.get("audited", True))


def columns() -> list[Column[object]]:
    return [column for table in followed() for column in table.columns]


def test_every_column_the_trail_follows_has_its_words() -> None:
    """And none is kept for a column that is gone; each has its Chinese."""
    assert COLUMNS.keys() == {column.name for column in columns()}
    assert COLUMNS.keys() == {name for name in COLUMNS if COLUMNS[name] in catalogue("zh_Hans")}


def test_no_two_columns_share_their_words() -> None:
    assert len(set(COLUMNS.values())) == len(COLUMNS)


def test_every_kind_of_value_has_its_words() -> None:
    """For each of its values but the empty one."""
    kinds = {column.type.enum_class for column in columns() if isinstance(column.type, Enum)}
    told = {
        kind.__name__: {value for value in kind if value} - WORDS_OF.get(kind, {}).keys() for kind in kinds
    }

    assert {name for name, missing in told.items() if missing} == TOLD_BY_LETTERS


def test_moments_people_and_words_are_told_as_pages_tell_them(site: Site) -> None:
    """In the site's own time; a value of a column that is gone stays as it was kept."""
    people = {7: "卓玛"}
    change = {
        "table": "gate_pass",
        "kind": "update",
        "key": [1],
        "columns": {
            "state": ["DECLARED", "PASSED"],
            "passed_at": [None, "2026-03-02T16:30:00+00:00"],
            "receipt_closed_by_id": [None, 7],
            "of_old": ["A<B", "PASSED"],
        },
    }
    with site.app.test_request_context():
        state, passed, closed, old = changed_columns(change, people)

    assert (state.before, state.after) == ("已申报", "已过卡口")
    assert passed.before == "–"
    assert "2026-03-03 00:30:00" in passed.after
    assert closed.after == "卓玛"
    assert state.label == '状态<small class="raw">state</small>'
    assert (old.label, old.before) == ('<small class="raw">of_old</small>', "A&lt;B")


def test_an_entry_tells_a_new_user_in_words(site: Site) -> None:
    """The page an administrator reads: role in words, hashed secrets hidden as they were."""
    admin = site.signed_in(Role.ADMIN)
    (entry, *_) = (
        each for each in site.audit() if any(row["table"] == "user_account" for row in each.changes)
    )

    page = admin.get(f"/audit/{entry.id}", base_url=BASE).text

    assert (
        '<td class="act">角色<small class="raw">role</small></td><td class="loose">–</td><td class="loose">仓管员</td>'
        in page
    )
    assert '密码（摘要）<small class="raw">password_hash</small>' in page
    assert ">•••</td>" in page
    assert "argon2" not in page
