"""Every sentence has its Chinese, with the same facts in it, and none is left over."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from wms.i18n import N_, Sentence, catalogue, plain, restore, say, store, translate

ROOT = Path(__file__).resolve().parents[1]
#: t('…') and t("…") in templates
_TEMPLATE = re.compile(r"""\bt\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")""")


def in_python() -> Iterator[tuple[str, str]]:
    """(sentence, where) of every N_("…") in our packages."""
    for folder in ("wms", "devices", "routing", "config"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                    (argument,) = node.args
                    place = f"{path.relative_to(ROOT)}:{node.lineno}"
                    assert isinstance(argument, ast.Constant), f"{place}: mark a plain text"
                    yield str(argument.value), place


def in_templates() -> Iterator[tuple[str, str]]:
    """(sentence, where) of every t('…') in our templates."""
    for path in sorted((ROOT / "wms/web/templates").rglob("*.html")):
        for found in _TEMPLATE.finditer(path.read_text("utf-8")):
            yield found[1] or found[2], str(path.relative_to(ROOT))


def sentences() -> dict[str, str]:
    return dict([*in_templates(), *in_python()])


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_has_its_chinese() -> None:
    missing = [f"{where}: {text}" for text, where in sentences().items() if text not in catalogue("zh_Hans")]

    assert not missing, "no Chinese for:\n" + "\n".join(missing)


def test_no_translation_is_left_over() -> None:
    known = sentences()

    assert [text for text in catalogue("zh_Hans") if text not in known] == []


def test_no_sentence_is_translated_in_two_ways() -> None:
    """Two rooms that use one English word for two things need two English words: the later file would win."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "wms/translations/zh_Hans").glob("*.toml")):
        for english, chinese in tomllib.loads(path.read_text("utf-8")).items():
            found.setdefault(english, set()).add(chinese)

    assert {english: both for english, both in found.items() if len(both) > 1} == {}


def test_a_translation_names_the_same_facts() -> None:
    wrong = {
        english: chinese
        for english, chinese in catalogue("zh_Hans").items()
        if facts_of(english) != facts_of(chinese) or not chinese.strip()
    }

    assert wrong == {}


@pytest.mark.parametrize("locale", ["zh_Hans", "en", "bo"])
def test_a_sentence_without_translation_stays_english_in_every_language(locale: str) -> None:
    assert translate("No such sentence {fact}.", locale, fact=1) == "No such sentence 1."


def test_a_fact_may_be_a_sentence_and_is_translated_with_it() -> None:
    sentence = say(N_("Your role ({role}) may not do this. Ask a supervisor."), role=say(N_("Gate")))

    assert "卡口" in translate(sentence.text, "zh_Hans", **sentence.facts)
    assert restore(store(sentence.facts)) == {"role": Sentence(text="Gate")}
    assert str(plain("A-1 {x}")) == "A-1 {x}"
