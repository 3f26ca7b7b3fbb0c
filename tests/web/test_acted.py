"""The trail in words: whoever reads it need not know what our actions are called."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.site import BASE, Site
from wms.auth.permissions import Role
from wms.db import Base
from wms.i18n import catalogue, translate
from wms.tables import load_all
from wms.web.acted import ACTIONS, VERBS, action_words, names_saying, refusal_told
from wms.web.changed import MARKS, TABLES
from wms.web.handheld.answers import read_answer

ROOT = Path(__file__).resolve().parents[2]
#: Names handed on by what takes them from its caller, and the address of an attempt that was refused at the door.
HANDED_ON = {"action", "self.action", "fact.action", "who.action"}
ENDPOINT = "str(g.get('action') or request.endpoint or 'request')"


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "wms").rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


def written() -> Iterator[tuple[str, ast.expr]]:
    """(where, value) of every ``action=`` of a call in the source; argparse has one of its own."""
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and not ast.unparse(node.func).endswith("add_argument"):
                for given in node.keywords:
                    if given.arg == "action":
                        yield f"{path}:{node.lineno}", given.value


def names_in(value: ast.expr) -> Iterator[str]:
    """The names an expression may come to; a task's own are given by their verb."""
    match value:
        case ast.Constant(value=str(name)):
            yield name
        case ast.IfExp(body=one, orelse=other):
            yield from (*names_in(one), *names_in(other))
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Attribute(attr="name")), *rest]):
            yield "".join(part.value for part in rest if isinstance(part, ast.Constant))
        case _ if ast.unparse(value) in HANDED_ON or ast.unparse(value) == ENDPOINT:
            return
        case _:
            yield f"not readable: {ast.unparse(value)}"


def test_every_action_in_the_source_has_its_words() -> None:
    """A new action without words stops here; so does one whose name this test cannot read."""
    known = {*ACTIONS, ".", *(f".{verb}" for verb in VERBS)}
    found = {name: where for where, value in written() for name in names_in(value)}

    assert len(found) > 80
    assert {name: where for name, where in found.items() if name not in known} == {}


def test_no_words_are_kept_for_an_action_nobody_takes() -> None:
    found = {name for _, value in written() for name in names_in(value)}

    assert sorted(ACTIONS.keys() - found) == []


def test_no_two_actions_have_the_same_words() -> None:
    chinese = [translate(sentence, "zh_Hans") for sentence in ACTIONS.values()]

    assert len(set(chinese)) == len(chinese)


@pytest.mark.parametrize(
    ("kind", "value"), [("scan", "L1"), ("number", "3"), ("choice", "a"), ("date", "261124"), ("press", "f1")]
)
def test_whatever_a_worker_answers_has_its_verb(kind: str, value: str) -> None:
    assert read_answer({"kind": kind, "value": value}).verb in VERBS


def test_every_key_of_the_handheld_has_its_verb() -> None:
    """Keys name their action (`receiving.close`); choices do not."""
    keys = {
        str(given.value.value): f"{path}:{node.lineno}"
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Action"
        for given in node.keywords
        if given.arg == "key" and isinstance(given.value, ast.Constant)
    }

    assert keys
    assert {key: where for key, where in keys.items() if key not in VERBS} == {}


def cells(page: str) -> list[tuple[str, str]]:
    """(words, name) of every cell that shows both."""
    return re.findall(r'<td[^>]*>([^<]*)<small class="raw">([^<]*)</small>', page)


def test_the_trail_says_in_chinese_what_was_done_and_keeps_the_name_beside_it(site: Site) -> None:
    keeper, officer = site.signed_in(Role.KEEPER), site.signed_in(Role.OFFICER)
    keeper.get("/users/", base_url=BASE)

    shown = cells(officer.get("/audit/", base_url=BASE).text)

    assert ("登录", "person.sign_in") in shown
    assert ("请求：用户", "users.everybody") in shown
    assert ("您的角色（…）无权执行此操作，请联系主管。", "NotAllowed") in shown
    assert ("查阅页面", "page.read") in shown
    assert ("审计记录", "audit.entries") in shown


def test_one_entry_tells_the_refusal_with_its_facts(site: Site) -> None:
    site.signed_in(Role.KEEPER).get("/users/", base_url=BASE)
    refused = next(entry for entry in site.audit() if entry.refusal == "NotAllowed")

    page = site.signed_in(Role.OFFICER).get(f"/audit/{refused.id}", base_url=BASE).text

    assert '您的角色（仓管员）无权执行此操作，请联系主管。<small class="raw">NotAllowed</small>' in page
    assert '请求：用户<small class="raw">users.everybody</small>' in page


@pytest.mark.parametrize("asked", ["登录", "person.sign", "person.sign_in"])
def test_the_trail_is_narrowed_by_words_or_by_name(site: Site, asked: str) -> None:
    admin = site.signed_in(Role.ADMIN)

    page = admin.get("/audit/", query_string={"action": asked}, base_url=BASE).text

    assert {name for _, name in cells(page)} == {"person.sign_in"}
    assert '<option value="登录">' in page


def test_what_is_done_at_the_handheld_is_said_by_task_and_verb(site: Site) -> None:
    """The task as its menu calls it; a key nobody named is a key."""
    with site.app.test_request_context():
        (task,) = site.app.extensions["wms_flows"].values()
        title = translate(task.title, "zh_Hans")

        def said(name: str) -> str:
            words = action_words(name)
            assert words is not None
            return translate(words.text, "zh_Hans", **words.facts)

        assert said(f"{task.name}.scan") == f"{title}：扫描"
        assert said(f"{task.name}.f") == f"{title}：按键"
        assert f"{task.name}.undo" in names_saying(f"{title}：撤")
        assert action_words("something.else") is None


def test_a_refusal_whose_facts_are_gone_is_told_without_them(site: Site) -> None:
    sentence = "There is no user {name}."
    assert sentence in catalogue("zh_Hans")

    with site.app.test_request_context():
        assert refusal_told(sentence, {"name": "li"}) == "没有用户 li。"
        assert refusal_told(sentence) == refusal_told(sentence, "destroyed") == "没有用户 …。"


def test_every_table_the_trail_follows_has_its_words() -> None:
    """And none is kept for a table that is gone."""
    load_all()
    followed = {name for name, table in Base.metadata.tables.items() if table.info.get("audited", True)}

    assert followed == TABLES.keys()


def test_every_fact_an_action_says_has_its_words() -> None:
    said = {
        str(given.arg): f"{path}:{node.lineno}"
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"mark", "mark_read"}
        for given in node.keywords
        if given.arg not in {None, "sentence", "sealed_facts"}
    }

    assert said
    assert {name: where for name, where in said.items() if name not in MARKS} == {}


def test_a_change_is_told_by_what_it_is_and_by_its_table(site: Site) -> None:
    admin = site.signed_in(Role.ADMIN)
    (user, *_) = (
        entry for entry in site.audit() if any(row["table"] == "user_account" for row in entry.changes)
    )
    key = user.changes[0]["key"][0]

    listed = admin.get("/audit/", query_string={"action": user.action}, base_url=BASE).text
    page = admin.get(f"/audit/{user.id}", base_url=BASE).text

    assert f'用户 {key}<small class="raw">user_account: ' in listed
    assert f'<h2>用户 {key} · 新增<small class="raw">user_account insert</small></h2>' in page


def test_what_was_read_is_told_by_its_title(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER)
    officer.get("/audit/", query_string={"outcome": "refused"}, base_url=BASE)
    read = next(entry for entry in site.audit() if entry.marks.get("arguments"))

    page = officer.get(f"/audit/{read.id}", base_url=BASE).text

    assert '<dt>页面</dt><dd>审计记录<small class="raw">audit.entries</small></dd>' in page
    assert "<dt>查询条件</dt><dd>outcome = refused</dd>" in page


def test_a_sign_in_says_who_came_and_how(site: Site) -> None:
    """Whoever signs in is nobody yet: the system writes the entry, and the entry names the person."""
    admin = site.signed_in(Role.ADMIN)

    page = admin.get("/audit/", query_string={"action": "person.sign_in"}, base_url=BASE).text

    assert "<small>用户名</small> admin · <small>登录方式</small> 密码" in page
