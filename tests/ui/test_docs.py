"""The pages in `chat_tui/docs`: what they name exists, and their examples are valid."""

from __future__ import annotations

import ast
import asyncio
import importlib
import itertools
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import chat_tui
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.provider import provider_from_table
from chat_tui.storage.threads import codec
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.commands.command import Command
from chat_tui.ui.dialogs.host import ask
from chat_tui.ui.theme.palette import load_palette
from tests.ui.conftest import Home, screen_text, until

PACKAGE = Path(chat_tui.__file__).parent
ROOT = PACKAGE.parent
PAGES = {path.stem: path.read_text() for path in sorted((PACKAGE / "docs").glob("*.md"))}
FILE = re.compile(r"[\w./-]+\.(?:css|gz|html|json|jsonl|md|py|tcss|toml|txt)")
PATH = re.compile(r"(?:\.ci|chat_tui|tests|themes)/[\w./-]*")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


def examples(page: str, language: str) -> list[str]:
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", PAGES[page], re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in blocks]


def names(text: str) -> set[str]:
    """What stands in backticks outside of code blocks, without the parentheses of a call."""
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {re.sub(r"\(.*\)$", "", name) for name in re.findall(r"`([^`\n]+)`", prose)}


@cache
def members() -> dict[str, set[str]]:
    """The names in the body of each class of the package, by the class's name."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, set()).update(re.findall(r"\w+", ast.unparse(node)))
    return found


def exists(name: str) -> bool:
    """Whether a dotted name leads to a module, or to something in one; `Class.member` to a class of the package."""
    first, _, rest = name.partition(".")
    if first in members():
        return rest in members()[first]
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            place: object = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            # An attribute that an instance has, or a field without a default, is not one of its class.
            if not hasattr(place, part) and part not in members().get(getattr(place, "__name__", ""), ()):
                return False
            place = getattr(place, part, None)
        return True
    return False


def missing(text: str) -> list[str]:
    """What the text names that there is not."""
    wrong = []
    for name in sorted(names(text)):
        if PATH.fullmatch(name):
            if not (ROOT / name).exists() and not re.search(r"\bNAME\b", name):
                wrong.append(name)
        elif DOTTED.fullmatch(name) and not FILE.fullmatch(name) and not exists(name):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page: str) -> None:
    assert missing(PAGES[page]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "chat_tui/backends/gone.py",
        "tests/gone",
        "chat_tui.backends.gone",
        "chat_tui.backends.client.Gone",
        "HttpBackend.gone",
    ],
)
def test_a_name_of_nothing_is_found(wrong: str) -> None:
    assert missing(f"See `{wrong}`.") == [wrong]


@cache
def functions() -> dict[str, str]:
    """The source of each function, without docstrings and comments, by `Class.method` or `package.module.name`."""
    sources: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for prefix, body in [
            (module, tree.body),
            *((n.name, n.body) for n in tree.body if isinstance(n, ast.ClassDef)),
        ]:
            for node in body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    code = [part for part in node.body if not isinstance(getattr(part, "value", None), ast.Constant)]
                    sources[f"{prefix}.{node.name}"] = "\n".join(map(ast.unparse, code))
    return sources


def absent_calls(text: str) -> list[str]:
    """The arrows in a text between two functions of which the first does not use the name of the second."""
    wrong = []
    for chain in re.findall(r"`[\w.]+`(?:\s+→\s+`[\w.]+`)+", text):
        steps = re.findall(r"`([\w.]+)`", chain)
        for caller, callee in itertools.pairwise(steps):
            name = callee.rpartition(".")[2].lstrip("_")
            if callee not in functions() or not re.search(rf"\b_?{name}\b", functions().get(caller, "")):
                wrong.append(f"{caller} → {callee}")
    return wrong


def test_the_calls_on_the_path_of_a_prompt_are_there() -> None:
    assert PAGES["architecture"].count("→") > 30
    assert absent_calls(PAGES["architecture"]) == []


@pytest.mark.parametrize("arrow", ["`Conversations.send` → `Autosaver.save`", "`ChatSession.gone` → `Autosaver.save`"])
def test_an_arrow_without_a_call_is_found(arrow: str) -> None:
    assert absent_calls(arrow) == [arrow.replace("`", "")]


@pytest.mark.parametrize("page", [*PAGES, "README"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / "README.md" if page == "README" else PACKAGE / "docs" / f"{page}.md"
    targets = re.findall(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_pages_come_with_the_sources_and_not_with_the_installed_program() -> None:
    def listed(builder: WheelBuilder | SdistBuilder) -> set[str]:
        return {Path(file.distribution_path).name for file in builder.recurse_included_files()}

    pages = {f"{page}.md" for page in PAGES}
    assert pages & listed(WheelBuilder(str(ROOT))) == set()
    assert pages <= listed(SdistBuilder(str(ROOT)))


def test_every_page_is_in_the_index() -> None:
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", PAGES["index"])) == set(PAGES) - {"index"}


@pytest.mark.parametrize("text", examples("thread-format", "json"))
def test_an_example_of_a_thread_is_one(text: str) -> None:
    thread = codec.decode(text.encode())
    assert json.loads(codec.encode(thread)) == json.loads(text)
    assert thread.extra == {}
    assert all(message.extra == {} for message in thread.messages.values())
    assert [
        message.parent for message in thread.messages.values() if message.parent not in (None, *thread.messages)
    ] == []


def test_the_page_names_each_field_of_a_thread_and_an_example_has_it() -> None:
    tables = (codec._HEADER, codec._MESSAGE, codec._ERROR, codec._TIMING, codec._TOOL_RUN)
    fields = {field.name for table in tables for field in table} | {
        "format",
        "version",
        "messages",
        "id",
        "role",
        "content",
    }
    assert fields - names(PAGES["thread-format"]) == set()
    shown = set(re.findall(r'"(\w+)":', "\n".join(examples("thread-format", "json"))))
    assert fields - shown == set()


def test_a_thread_of_the_page_is_what_the_program_would_write() -> None:
    assert codec.VERSION == 1
    assert codec.FORMAT in names(PAGES["thread-format"])
    assert set(codec.header_to_json(Thread())) <= names(PAGES["thread-format"])


def test_the_example_of_a_provider_is_one() -> None:
    tables = [tomllib.loads(text) for text in examples("add-a-provider", "toml")]
    assert [provider_from_table(key, table[key]).key for table in tables for key in table] == ["acme"]


def test_the_page_names_each_field_of_a_provider() -> None:
    from chat_tui.domain.models import provider

    assert set(provider._READERS) - names(PAGES["add-a-provider"]) == set()


def test_the_example_of_a_theme_is_one(tmp_path: Path) -> None:
    for number, text in enumerate(examples("add-a-theme", "toml")):
        path = tmp_path / f"{number}.toml"
        path.write_text(text)
        load_palette(path).theme()


async def test_the_example_of_a_dialog_asks(home: Home) -> None:
    (text,) = examples("add-a-dialog", "python")
    module: dict[str, Any] = {"__name__": "example"}
    exec(text, module)
    app = home.app()
    async with app.run_test() as pilot:
        await pilot.press("escape")
        answer = asyncio.create_task(ask(app, module["AskName"], ["Ann", "[b]Bob"]))
        await until(pilot, lambda: isinstance(app.screen, module["AskName"]))
        assert "Ann, [b]Bob" in screen_text(app)
        await pilot.press(*"Eve", "enter")
        assert await answer == "Eve"


async def test_the_example_of_an_action_runs(home: Home) -> None:
    described, written = examples("add-an-action", "python")
    command = eval(described, {"Command": Command})
    module: dict[str, Any] = {"ActionContext": ActionContext}
    exec(written, module)
    home.use_server("http://127.0.0.1:9")
    app = home.app()
    async with app.run_test() as pilot:
        await module[command.id](app.chat.context)
        await until(pilot, lambda: bool(app._notifications))
        assert [notice.message for notice in app._notifications] == ["0 words"]
