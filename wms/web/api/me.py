"""Whom a token acts as."""

from pydantic import Field

from wms.auth.permissions import ROLE_PERMISSIONS, Permission, Role
from wms.web.api.resource import Out, Resource
from wms.web.house import person

resource = Resource("me")


class Me(Out):
    """The token's user."""

    name: str
    role: Role
    company_code: str | None = Field(description="Customs code of the company the user works for")
    permissions: list[Permission]


@resource.get("", permission=Permission.USE, out=Me)
def me() -> Me:
    """Whom this token acts as, and what it may do."""
    who = person()
    granted = sorted(ROLE_PERMISSIONS[who.role])
    return Me(name=who.name, role=who.role, company_code=who.company_code, permissions=granted)
