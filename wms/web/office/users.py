"""People: who may sign in, as what, with which badge."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth import users
from wms.auth.permissions import ROLE_NAMES, Permission, Role
from wms.auth.sign_in import end_sign_ins
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import now, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("users", "/users")


@dataclass(frozen=True, kw_only=True)
class NewUserForm:
    """A new person."""

    name: str = field(metadata=label(N_("User name")))
    display_name: str = field(metadata=label(N_("Name")))
    role: Role = field(metadata=label(N_("Role")))
    password: str = field(metadata=label(N_("Password")))
    company_code: str | None = field(default=None, metadata=label(N_("Company's customs code")))


@dataclass(frozen=True, kw_only=True)
class ChangeForm:
    """What may be changed about a person."""

    display_name: str = field(metadata=label(N_("Name")))
    role: Role = field(metadata=label(N_("Role")))
    company_code: str | None = field(default=None, metadata=label(N_("Company's customs code")))
    active: bool = field(default=False, metadata=label(N_("May sign in")))


@dataclass(frozen=True, kw_only=True)
class PasswordForm:
    """A new password."""

    password: str = field(metadata=label(N_("Password")))


@dataclass(frozen=True, kw_only=True)
class PinForm:
    """The PIN that goes with a new badge."""

    pin: str = field(metadata=label(N_("PIN")))


@pages.page("/", title=N_("Users"), menu=Menu.HOUSE, permission=Permission.MANAGE_USERS)
def everybody() -> str:
    """Everybody, by name."""
    return render_template("office/users.html", users=users.list_users(session()), roles=ROLE_NAMES)


@pages.page("/<int:user_id>", permission=Permission.MANAGE_USERS)
def one(user_id: int) -> str:
    """One person."""
    return render_template("office/user.html", user=users.get_user(session(), user_id), roles=ROLE_NAMES)


@pages.action("/add", permission=Permission.MANAGE_USERS)
def add() -> Response:
    """Add a person with a first password."""
    form, at = parse_form(NewUserForm), now()

    def work(database: Session) -> int:
        user = users.add_user(
            database,
            name=form.name,
            display_name=form.display_name,
            role=form.role,
            company_code=form.company_code,
            at=at,
        )
        users.set_password(database, user, form.password)
        return user.id

    user_id = run_action(work, action="user.add")
    flash(t(N_("{name} was added."), name=form.name))
    return redirect(url_for("users.one", user_id=user_id), 303)


@pages.action("/<int:user_id>", permission=Permission.MANAGE_USERS)
def change(user_id: int) -> Response:
    """Change name, role, company, and whether the person may sign in."""
    form, at = parse_form(ChangeForm), now()

    def work(database: Session) -> None:
        user = users.get_user(database, user_id)
        user.display_name, user.role, user.company_code = (
            form.display_name,
            form.role.value,
            form.company_code,
        )
        user.active = form.active
        if not form.active:
            end_sign_ins(database, user, at=at)

    run_action(work, action="user.change")
    flash(t(N_("Saved.")))
    return redirect(url_for("users.one", user_id=user_id), 303)


@pages.action("/<int:user_id>/password", permission=Permission.MANAGE_USERS)
def password(user_id: int) -> Response:
    """Give a new password and sign the person out everywhere."""
    form, at = parse_form(PasswordForm), now()

    def work(database: Session) -> None:
        user = users.get_user(database, user_id)
        users.set_password(database, user, form.password)
        end_sign_ins(database, user, at=at)

    run_action(work, action="user.password")
    flash(t(N_("The password was changed; the person is signed out everywhere.")))
    return redirect(url_for("users.one", user_id=user_id), 303)


@pages.action("/<int:user_id>/badge", permission=Permission.MANAGE_USERS)
def badge(user_id: int) -> str:
    """Make a new badge; its text is shown once, to be printed. Who came in by the old one is signed out."""
    form, at = parse_form(PinForm), now()
    text = users.new_badge()

    def work(database: Session) -> None:
        user = users.get_user(database, user_id)
        users.set_badge(database, user, badge=text, pin=form.pin)
        end_sign_ins(database, user, at=at, way="badge")

    run_action(work, action="user.badge")
    return render_template("office/badge.html", user=users.get_user(session(), user_id), badge=text)


@pages.action("/<int:user_id>/badge/take", permission=Permission.MANAGE_USERS)
def take_badge(user_id: int) -> Response:
    """The badge is lost or handed back: whoever came in by it is signed out."""
    at = now()

    def work(database: Session) -> None:
        user = users.get_user(database, user_id)
        users.take_badge(database, user)
        end_sign_ins(database, user, at=at, way="badge")

    run_action(work, action="user.badge")
    flash(t(N_("The badge no longer works.")))
    return redirect(url_for("users.one", user_id=user_id), 303)
