"""People and their secrets."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.auth.limits import TooManyAttempts
from wms.auth.permissions import ROLE_PERMISSIONS, NotAllowed, Permission, Role, require
from wms.auth.sign_in import (
    Attempt,
    Rules,
    SignedIn,
    WrongBadge,
    WrongSignIn,
    end_sign_ins,
    sign_in,
    sign_in_by_badge,
    sign_out,
    who_is,
)
from wms.auth.users import (
    BadUserName,
    User,
    UserNameTaken,
    WeakPassword,
    WeakPin,
    add_user,
    make_token,
    revoke_tokens,
    set_badge,
    set_password,
    token_person,
)

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
RULES = Rules(attempts_max=3, lock_minutes=15, session_minutes=60)
PASSWORD = "a long enough secret"


def at(minutes: int = 0) -> Attempt:
    return Attempt(address="10.0.0.1", device="H-1", at=NOON + timedelta(minutes=minutes))


@pytest.fixture
def anna(session: Session) -> User:
    user = add_user(session, name=" Anna ", display_name="王安娜", role=Role.KEEPER, at=NOON)
    set_password(session, user, PASSWORD)
    set_badge(session, user, badge="U1ANNA7X", pin="2580")
    return user


def test_the_right_password_signs_in_and_the_token_stands_for_the_person(
    session: Session, anna: User
) -> None:
    signed_in = sign_in(session, "ANNA", PASSWORD, at(), RULES)

    assert isinstance(signed_in, SignedIn)
    person = who_is(session, signed_in.token, rules=RULES, at=NOON)
    assert person is not None
    assert (person.id, person.role) == (anna.id, Role.KEEPER)


def test_badge_and_pin_sign_in_however_the_scanner_types_the_badge(session: Session, anna: User) -> None:
    assert isinstance(sign_in_by_badge(session, "U1ANNA7X", "2580", at(), RULES), SignedIn)
    assert isinstance(sign_in_by_badge(session, " ｕ1anna7x ", "2580", at(), RULES), SignedIn)
    assert isinstance(sign_in_by_badge(session, "U1ANNA7X", "2581", at(), RULES), WrongBadge)
    assert isinstance(sign_in_by_badge(session, "U1NOBODY", "2580", at(), RULES), WrongBadge)


def test_wrong_name_and_wrong_password_read_the_same(session: Session, anna: User) -> None:
    wrong_name = sign_in(session, "nobody", PASSWORD, at(), RULES)
    wrong_password = sign_in(session, "anna", "something else", at(), RULES)

    assert isinstance(wrong_name, WrongSignIn)
    assert isinstance(wrong_password, WrongSignIn)
    assert str(wrong_name) == str(wrong_password)


def test_too_many_wrong_attempts_lock_the_name_even_for_the_right_password_until_the_time_is_over(
    session: Session, anna: User
) -> None:
    for _ in range(RULES.attempts_max):
        assert isinstance(sign_in(session, "anna", "wrong", at(), RULES), WrongSignIn)

    locked = sign_in(session, "anna", PASSWORD, at(minutes=14), RULES)

    assert isinstance(locked, TooManyAttempts)
    assert locked.facts == {"minutes": 1}
    assert isinstance(sign_in(session, "anna", PASSWORD, at(minutes=15), RULES), SignedIn)


def test_the_last_attempt_allowed_still_works_and_a_right_one_starts_the_count_again(
    session: Session, anna: User
) -> None:
    for _ in range(3):
        for _ in range(RULES.attempts_max - 1):
            sign_in(session, "anna", "wrong", at(), RULES)
        assert isinstance(sign_in(session, "anna", PASSWORD, at(), RULES), SignedIn)


def test_a_user_put_out_is_out_at_once_and_cannot_come_back(session: Session, anna: User) -> None:
    signed_in = sign_in(session, "anna", PASSWORD, at(), RULES)
    assert isinstance(signed_in, SignedIn)

    anna.active = False
    session.flush()

    assert who_is(session, signed_in.token, rules=RULES, at=NOON) is None
    assert isinstance(sign_in(session, "anna", PASSWORD, at(), RULES), WrongSignIn)


def test_silence_ends_a_sign_in_and_a_request_prolongs_it(session: Session, anna: User) -> None:
    signed_in = sign_in(session, "anna", PASSWORD, at(), RULES)
    assert isinstance(signed_in, SignedIn)

    assert who_is(session, signed_in.token, rules=RULES, at=NOON + timedelta(minutes=59)) is not None
    assert who_is(session, signed_in.token, rules=RULES, at=NOON + timedelta(minutes=118)) is not None
    assert who_is(session, signed_in.token, rules=RULES, at=NOON + timedelta(minutes=178)) is None


def test_a_page_that_keeps_itself_fresh_does_not_prolong_a_sign_in(session: Session, anna: User) -> None:
    signed_in = sign_in(session, "anna", PASSWORD, at(), RULES)
    assert isinstance(signed_in, SignedIn)

    def looks(minutes: int, *, by_itself: bool) -> bool:
        then = NOON + timedelta(minutes=minutes)
        return who_is(session, signed_in.token, rules=RULES, at=then, by_itself=by_itself) is not None

    assert [looks(minutes, by_itself=True) for minutes in (20, 40, 59)] == [True] * 3
    assert not looks(61, by_itself=False)


def test_signing_out_ends_this_device_and_a_new_password_ends_all(session: Session, anna: User) -> None:
    phone, desk = (sign_in(session, "anna", PASSWORD, at(), RULES) for _ in range(2))
    assert isinstance(phone, SignedIn)
    assert isinstance(desk, SignedIn)

    sign_out(session, phone.token, at=NOON)
    assert who_is(session, phone.token, rules=RULES, at=NOON) is None
    assert who_is(session, desk.token, rules=RULES, at=NOON) is not None

    end_sign_ins(session, anna, at=NOON)
    assert who_is(session, desk.token, rules=RULES, at=NOON) is None


def test_no_secret_is_kept_as_it_was_given(session: Session, anna: User) -> None:
    token = make_token(session, anna, name="erp", days=1, at=NOON)
    signed_in = sign_in(session, "anna", PASSWORD, at(), RULES)
    assert isinstance(signed_in, SignedIn)

    for table in ("user_account", "api_token", "sign_in"):
        kept = str(session.execute(text(f"select * from {table}")).all())
        for secret in (PASSWORD, "2580'", "U1ANNA7X", token, signed_in.token):
            assert secret not in kept


@pytest.mark.parametrize("password", ["short", "x" * 201, "anna has a long one"])
def test_weak_passwords_are_refused(session: Session, anna: User, password: str) -> None:
    with pytest.raises(WeakPassword):
        set_password(session, anna, password)


@pytest.mark.parametrize("pin", ["123", "123456789", "1111", "1234", "9876", "8901", "12a4", "", "１３５７"])
def test_pins_anybody_would_guess_are_refused(session: Session, anna: User, pin: str) -> None:
    with pytest.raises(WeakPin):
        set_badge(session, anna, badge="U1X", pin=pin)


def test_names_are_unique_and_typable(session: Session, anna: User) -> None:
    with pytest.raises(UserNameTaken):
        add_user(session, name="anna", display_name="", role=Role.GATE, at=NOON)
    for name in ("", "王", "a b", "-x", "a" * 41):
        with pytest.raises(BadUserName):
            add_user(session, name=name, display_name="", role=Role.GATE, at=NOON)


def test_a_token_acts_as_its_user_until_it_ends_or_is_taken_back(session: Session, anna: User) -> None:
    text = make_token(session, anna, name="erp", days=30, at=NOON)

    assert token_person(session, text, at=NOON + timedelta(days=29)) is not None
    assert token_person(session, text, at=NOON + timedelta(days=30)) is None
    assert revoke_tokens(session, anna, name="ERP", at=NOON) == 1
    assert token_person(session, text, at=NOON) is None
    assert token_person(session, "wms_something", at=NOON) is None


def test_the_database_refuses_a_role_nobody_defined(session: Session, anna: User) -> None:
    anna.role = "king"
    with pytest.raises(Exception, match="ck_user_account_role"):
        session.flush()
    session.rollback()
    assert session.scalars(select(User)).all() == []


def test_every_role_stands_in_the_table_and_may_use_its_own_pages() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(Permission.USE in granted for granted in ROLE_PERMISSIONS.values())
    assert set().union(*ROLE_PERMISSIONS.values()) == set(Permission)


def test_an_officer_reads_everything_and_writes_only_decisions() -> None:
    granted = ROLE_PERMISSIONS[Role.OFFICER]
    reads = {permission for permission in Permission if permission.startswith("read_")}

    assert reads <= granted
    assert granted - reads == {
        Permission.USE,
        Permission.DECIDE_DISCREPANCY,
        Permission.DECIDE_INSPECTION,
        Permission.HOLD_STOCK,
    }
    with pytest.raises(NotAllowed):
        require(Role.OFFICER, Permission.RECEIVE)
