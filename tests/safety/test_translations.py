"""The texts for the user: all can be translated, each catalog has all of them, and the language is the user's."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from wcwidth import wcswidth

from chat_tui import i18n
from chat_tui.cli.help_text import wrapped
from chat_tui.ui.dialogs.base import fit, right
from tests.safety.translations import Translated, fields, read, translated, untranslated

ROOT = Path(i18n.__file__).parent.parent
ZH = {"LC_ALL": "zh_CN.UTF-8"}


@cache
def program() -> tuple[dict[str, Translated], list[str]]:
    """The texts of the program by their English, and what could not be translated."""
    texts: dict[str, Translated] = {}
    found: list[str] = []
    for file in sorted((ROOT / "chat_tui").rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        translatable, others = read(path, ast.parse(file.read_text("utf-8")))
        texts |= {each.one: each for each in translatable}
        found += others
    return texts, found


@pytest.fixture
def english() -> Iterator[None]:
    yield
    i18n.set_language("en", {})


def test_every_text_for_the_user_can_be_translated_and_is() -> None:
    texts, found = program()
    assert found == []
    assert len(texts) > 1_000, "these are not all texts"
    for language in i18n.languages():  # here, as reading the whole program takes seconds
        messages = catalog(language)
        assert sorted(set(texts) - set(messages)) == [], "not in the catalog"
        assert sorted(set(messages) - set(texts)) == [], "no longer in the code"
        assert [line for one, english in texts.items() for line in problems(english, messages[one])] == []


@pytest.mark.parametrize(
    "bad",
    [
        'Label("Press a key")',
        'notify("Saved")',
        'notify(f"{count} messages deleted")',
        'raise UsageError(f"Unknown provider: {name}")',
        'KEYS = (("stop", tr("stop")), ("list", "go to list"))',
        'def ask(hint: str = "Leave it empty") -> None: ...',
        'text = tr("one") + (" and others" if more else "")',
        'text = tr("{count} tools", count=f"{count} new")',
    ],
)
def test_a_text_that_can_not_be_translated_is_found(bad: str) -> None:
    assert untranslated("sample.py", ast.parse(bad))


@pytest.mark.parametrize(
    "good",
    [
        '"""What it says to developers."""',
        'Label(tr("Press a key"))',
        'trn("{n} message", "{n} messages", count)',
        'raise ValueError("is no tree")',
        'T = TypeVar("Answer")',
        'CSS = "Bar { height: 1; }"',
        'if heading == "Threads list": ...',
        'ids = ("send", "open_thread", "previous_prompt next_prompt")',
    ],
)
def test_what_is_no_text_for_the_user_is_let_pass(good: str) -> None:
    assert untranslated("sample.py", ast.parse(good)) == []


def test_a_text_is_a_literal() -> None:
    with pytest.raises(ValueError, match=r"sample.py:1: tr\(name\)"):
        list(translated("sample.py", ast.parse("tr(name)")))


@cache
def catalog(language: str) -> dict[str, Message]:
    with (i18n.FOLDER / language / "LC_MESSAGES" / "chat_tui.po").open("rb") as file:
        return {each.id if isinstance(each.id, str) else each.id[0]: each for each in read_po(file) if each.id}


_PERCENT = re.compile(r"%\(\w+\)\w|%[sr]")
"""Values as argparse has them."""


def _edges(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def problems(english: Translated, message: Message) -> list[str]:
    """What is wrong with a translation."""
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    found = ["is a draft"] * message.fuzzy
    found += ["has another plural"] * (message.pluralizable != bool(english.many))
    for form in forms:
        found += ["is empty"] * (not form)
        found += [f"has no value for {name}" for name in fields(form) - english.fields] if "{" in form else []
        if any(map(str.isalpha, english.one)) and _edges(form) != _edges(english.one):
            found.append("begins or ends with other spaces")
        found += ["has other values"] * (_PERCENT.findall(form) != _PERCENT.findall(english.one))
        found += ["is markup"] * ("[" in form and "[" not in english.one)
    return [f"{english.one!r} {each}" for each in found]


@pytest.mark.parametrize(
    ("string", "problem"),
    [
        ("", "is empty"),
        ("你好 {nmae}", "has no value for nmae"),
        (" 你好 {name}", "begins or ends with other spaces"),
        ("[b]{name}", "is markup"),
        ("你好 {name} %s", "has other values"),
        (("{n}",), "has another plural"),
    ],
)
def test_a_wrong_translation_is_found(string: str | tuple[str], problem: str) -> None:
    one = "Hello {name}"
    message = Message(one if isinstance(string, str) else (one, one), string=string)
    assert any(each.endswith(problem) for each in problems(Translated("sample.py", one), message))


@pytest.mark.parametrize(
    ("language", "environ", "expected"),
    [
        ("auto", {}, "Send"),
        ("auto", {"LANG": "zh_CN.UTF-8"}, "发送"),
        ("auto", {"LANG": "zh_SG"}, "发送"),
        ("auto", {"LANG": "zh_TW.UTF-8"}, "Send"),
        ("auto", {"LANG": "xx_YY"}, "Send"),
        ("auto", {"LANG": "../zh_CN"}, "Send"),
        ("auto", {"LANG": "zh_CN", "LC_ALL": "C.UTF-8"}, "Send"),
        ("auto", {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "发送"),
        ("auto", {"LANG": "en_US.UTF-8", "LANGUAGE": "xx:zh_CN:en"}, "发送"),
        ("auto", {"LANG": "zh_CN", "LANGUAGE": "en_GB:zh_CN"}, "Send"),
        ("auto", {"LANGUAGE": "zh_CN", "LC_ALL": "C"}, "Send"),
        ("zh_CN", {"LC_ALL": "C"}, "发送"),
        ("en", {"LANG": "zh_CN"}, "Send"),
        ("../zh_CN", {"LANG": "C"}, "Send"),
    ],
)
def test_the_language_is_that_of_the_settings_else_of_the_locale(
    english: None, language: str, environ: dict[str, str], expected: str
) -> None:
    i18n.set_language(language, environ)
    assert i18n.tr("Send") == expected


def test_a_number_has_the_form_of_its_language(english: None) -> None:
    assert [i18n.trn("{n} tool", "{n} tools", n) for n in (0, 1, 2)] == ["0 tools", "1 tool", "2 tools"]
    i18n.set_language("zh_CN", {})
    assert [i18n.trn("{n} tool", "{n} tools", n) for n in (0, 1, 2)] == ["0 个工具", "1 个工具", "2 个工具"]


def test_sentences_have_a_space_between_them_where_their_marks_bring_none() -> None:
    assert i18n.sentences("It failed.", "", "Try again.") == "It failed. Try again."
    assert i18n.sentences("", "失败。", "请重试。", "Try again.", "完成") == "失败。请重试。Try again. 完成"


def test_facts_have_the_comma_of_the_language(english: None) -> None:
    assert [i18n.facts(each) for each in ([], ["done"], ["done", "", "3 s"])] == ["", "done", "done, 3 s"]
    i18n.set_language("zh_CN", {})
    assert i18n.facts(["完成", "3 秒"]) == "完成，3 秒"


def test_a_value_is_text_whatever_is_in_it(english: None) -> None:
    assert i18n.tr("{name} API key", name="{x} {0}") == "{x} {0} API key"
    assert i18n.tr("braces {like} these") == "braces {like} these"
    assert i18n.tr("") == ""
    i18n.set_language("zh_CN", {})
    assert (i18n.tr(""), i18n.tr("Not in a catalog")) == ("", "Not in a catalog")


def test_a_process_speaks_the_language_of_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('language = "en"\n')
    code = "from chat_tui.__main__ import main; main(['config', 'path'])\n"
    code += "import sys; print('gettext' in sys.modules)\nfrom chat_tui.ui.commands.table import BY_ID\n"
    code += "print(BY_ID['send'].title)"

    def run(**environ: str) -> list[str]:
        environ = {**os.environ, **ZH, "PYTHONUTF8": "1", **environ}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, env=environ, cwd=ROOT, encoding="utf-8", check=True
        )
        return done.stdout.splitlines()[-1:]

    assert run(CHAT_TUI_CONFIG_DIR=str(tmp_path)) == ["Send"]
    assert run(CHAT_TUI_CONFIG_DIR=str(tmp_path / "none")) == ["发送"]


def test_help_is_in_the_language_of_the_user_and_fits() -> None:
    environ = {**os.environ, **ZH, "PYTHONUTF8": "1", "COLUMNS": "80"}
    command = [sys.executable, "-m", "chat_tui", "ask", "--help"]
    done = subprocess.run(command, capture_output=True, env=environ, cwd=ROOT, encoding="utf-8", check=True)
    assert done.stdout.startswith("用法: chat-tui ask [-h]")
    assert "显示此帮助并退出" in done.stdout
    assert max(map(wcswidth, done.stdout.splitlines())) <= 80


def test_the_manual_page_is_in_the_language_of_the_user() -> None:
    environ = {**os.environ, **ZH, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "chat_tui", "man"]
    done = subprocess.run(command, capture_output=True, env=environ, cwd=ROOT, encoding="utf-8", check=True)
    assert "显示版本。" in done.stdout
    assert "用法:" not in done.stdout, "a synopsis is a call, without the word before it"


def test_lines_break_beside_wide_letters_and_at_spaces() -> None:
    assert wrapped("用于 chat-tui 的对话，可重复。", 12) == ["用于", "chat-tui 的", "对话，可重", "复。"]
    assert wrapped("一二三四，五", 8) == ["一二三", "四，五"]


def test_columns_are_filled_by_cells() -> None:
    assert [right("上下文", 8), right("128k", 8), fit("设置", 6)] == ["  上下文", "    128k", "设置  "]
