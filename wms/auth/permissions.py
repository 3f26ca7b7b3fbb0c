"""Who may do what: one table.

A page or a route names one Permission; the table says which roles have it. Reading is a permission too. A new
permission is one line in the enumeration and one place in the table, and a test tries it on every route.
"""

from enum import StrEnum
from typing import Final

from wms.errors import Refusal
from wms.i18n import N_, Sentence, say


class Role(StrEnum):
    """What a person is here for; each has one."""

    KEEPER = "keeper"
    SUPERVISOR = "supervisor"
    DECLARANT = "declarant"
    GATE = "gate"
    OFFICER = "officer"
    DISPATCHER = "dispatcher"
    SHOP = "shop"
    QUALITY = "quality"
    OWNER = "owner"
    ADMIN = "admin"


ROLE_NAMES: Final[dict[Role, str]] = {
    Role.KEEPER: N_("Warehouse keeper"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.DECLARANT: N_("Declarant"),
    Role.GATE: N_("Gate"),
    Role.OFFICER: N_("Customs officer"),
    Role.DISPATCHER: N_("Dispatcher"),
    Role.SHOP: N_("Shop clerk"),
    Role.QUALITY: N_("Quality officer"),
    Role.OWNER: N_("Goods owner"),
    Role.ADMIN: N_("Administrator"),
}


class Permission(StrEnum):
    """One thing that may be done or read."""

    USE = "use"
    """One's own pages: the menu, the language, signing out."""
    READ_STOCK = "read_stock"
    """What lies where; a goods owner sees the goods of the own company and of no other."""
    READ_FLOOR = "read_floor"
    """Waves, parcels, tasks and postings: the work on everybody's goods."""
    READ_BOOK = "read_book"
    READ_DOCUMENTS = "read_documents"
    READ_REGISTRY = "read_registry"
    READ_ALERTS = "read_alerts"
    READ_SENSORS = "read_sensors"
    READ_AUDIT = "read_audit"
    READ_SCANS = "read_scans"
    READ_METRICS = "read_metrics"
    READ_EXPORTS = "read_exports"
    """Ask for files of what one may read on pages anyway, and fetch them."""
    READ_PERSONAL = "read_personal"
    """Names, numbers, telephones and addresses in clear; every such reading is recorded."""
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    MOVE_STOCK = "move_stock"
    COUNT_STOCK = "count_stock"
    PICK = "pick"
    """Open pick waves, pick, pack, take apart."""
    LOAD = "load"
    SEND_READINGS = "send_readings"
    """Hand in what the site's devices say; a gateway's token has it."""
    DECIDE_EXCURSION = "decide_excursion"
    TAKE_MESSAGES = "take_messages"
    """Hand in messages of the single window and of partners."""
    FILE_DOCUMENTS = "file_documents"
    """Draft and declare lists, passes, stock bills."""
    PASS_GATE = "pass_gate"
    RECONCILE = "reconcile"
    """Explain what differs and propose a remedy; deciding is another permission."""
    DECIDE_DISCREPANCY = "decide_discrepancy"
    DECIDE_INSPECTION = "decide_inspection"
    """Draw, order, control, and decide inspections; customs officers only."""
    HOLD_STOCK = "hold_stock"
    ACKNOWLEDGE_ALERTS = "acknowledge_alerts"
    MANAGE_REGISTRY = "manage_registry"
    """Approve or return what companies file of themselves."""
    FILE_REGISTRY = "file_registry"
    """File one's own company and its products; a company user sees no other's."""
    MANAGE_USERS = "manage_users"


_READ_ALL = frozenset(permission for permission in Permission if permission.value.startswith("read_"))
_FLOOR = frozenset(
    {
        Permission.USE,
        Permission.READ_STOCK,
        Permission.READ_FLOOR,
        Permission.READ_ALERTS,
        Permission.RECEIVE,
        Permission.PUT_AWAY,
        Permission.MOVE_STOCK,
        Permission.COUNT_STOCK,
        Permission.PICK,
        Permission.LOAD,
    }
)

ROLE_PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.KEEPER: _FLOOR,
    Role.SUPERVISOR: _FLOOR
    | {
        Permission.READ_BOOK,
        Permission.READ_DOCUMENTS,
        Permission.READ_REGISTRY,
        Permission.READ_SCANS,
        Permission.READ_SENSORS,
        Permission.READ_EXPORTS,
        Permission.DECIDE_EXCURSION,
        Permission.RECONCILE,
        Permission.HOLD_STOCK,
        Permission.ACKNOWLEDGE_ALERTS,
    },
    Role.DECLARANT: frozenset(
        {
            Permission.USE,
            Permission.READ_STOCK,
            Permission.READ_FLOOR,
            Permission.READ_BOOK,
            Permission.READ_DOCUMENTS,
            Permission.READ_REGISTRY,
            Permission.READ_ALERTS,
            Permission.READ_EXPORTS,
            Permission.READ_PERSONAL,
            Permission.TAKE_MESSAGES,
            Permission.FILE_DOCUMENTS,
            Permission.FILE_REGISTRY,
            Permission.RECONCILE,
            Permission.ACKNOWLEDGE_ALERTS,
        }
    ),
    Role.GATE: frozenset(
        {
            Permission.USE,
            Permission.READ_DOCUMENTS,
            Permission.READ_ALERTS,
            Permission.READ_SENSORS,
            Permission.PASS_GATE,
            Permission.SEND_READINGS,
        }
    ),
    # reads everything, writes only decisions
    Role.OFFICER: _READ_ALL
    | {
        Permission.USE,
        Permission.DECIDE_DISCREPANCY,
        Permission.DECIDE_INSPECTION,
        Permission.HOLD_STOCK,
    },
    Role.DISPATCHER: frozenset(
        {
            Permission.USE,
            Permission.READ_STOCK,
            Permission.READ_FLOOR,
            Permission.READ_DOCUMENTS,
            Permission.READ_REGISTRY,
            Permission.READ_ALERTS,
        }
    ),
    Role.SHOP: frozenset(
        {Permission.USE, Permission.READ_STOCK, Permission.READ_FLOOR, Permission.READ_ALERTS}
    ),
    Role.QUALITY: frozenset(
        {
            Permission.USE,
            Permission.READ_STOCK,
            Permission.READ_FLOOR,
            Permission.READ_ALERTS,
            Permission.READ_SENSORS,
            Permission.DECIDE_EXCURSION,
            Permission.HOLD_STOCK,
            Permission.ACKNOWLEDGE_ALERTS,
        }
    ),
    # sees the goods of one company, the user's own: what is read by READ_STOCK asks `wms.web.house.goods_of`
    Role.OWNER: frozenset({Permission.USE, Permission.READ_STOCK, Permission.FILE_REGISTRY}),
    # keeps people and records in order and decides nothing about goods
    Role.ADMIN: (_READ_ALL - {Permission.READ_PERSONAL})
    | {
        Permission.USE,
        Permission.TAKE_MESSAGES,
        Permission.MANAGE_REGISTRY,
        Permission.MANAGE_USERS,
        Permission.ACKNOWLEDGE_ALERTS,
    },
}

#: Roles whose reading leaves an audit entry.
RECORDED_READERS: Final = frozenset({Role.OFFICER})


class NotAllowed(Refusal):
    """The person is known and the role is not enough."""

    message = N_("Your role ({role}) may not do this. Ask a supervisor.")
    status = 403


class NotSignedIn(Refusal):
    """Nobody is known behind the request."""

    message = N_("Please sign in.")
    status = 401


def may(role: Role, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in ROLE_PERMISSIONS[role]


def require(role: Role, permission: Permission) -> None:
    """Do nothing when the role has the permission; raises NotAllowed."""
    if not may(role, permission):
        raise NotAllowed(role=role_name(role))


def role_name(role: Role) -> Sentence:
    """The role in words."""
    return say(ROLE_NAMES[role])
