"""The other commands."""

from __future__ import annotations

import pytest

from chat_tui import __version__
from chat_tui.ui.services import Services, Start
from tests.cli.conftest import Chat, Home, Script
from tests.storage.conftest import put_old


def test_version_and_help(chat: Chat) -> None:
    assert chat("--version").out == f"chat-tui {__version__}\n"
    result = chat("--help")
    assert result.code == 0
    for command in ("ask", "threads", "models", "providers", "keys", "config", "themes"):
        assert f"  {command} " in result.out


def test_threads_from_first_to_last(chat: Chat, acme: Script, home: Home) -> None:
    assert chat("threads").err == "No threads yet.\n"
    chat("ask", "First question")
    thread = home.thread()
    name = thread["id"]
    assert name in chat("threads").out
    (row,) = chat("threads", "list", "--json").json
    assert (row["id"], row["title"], row["message_count"], row["model"]) == (name, "First question", 2, "acme/small")
    assert chat("threads", "show", name[-4:], "--json").json == thread
    shown = chat("threads", "show", name).out
    assert "## user\n\nFirst question\n\n## acme/small\n\nHello there." in shown
    assert chat("threads", "rename", name, "New", "name").code == 0
    assert home.thread()["title"] == "New name"
    assert home.thread()["updated"] == thread["updated"]
    deleted = chat("threads", "delete", name)
    assert f"chat-tui threads restore {name}" in deleted.err
    assert (home.threads(), chat("threads", "show", name).code) == ([], 2)
    assert chat("threads", "restore", name[-4:]).code == 0
    assert home.thread()["title"] == "New name"


def test_the_trash_is_listed_and_emptied(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "First question")
    name = home.thread()["id"]
    chat("threads", "delete", name)
    assert name in chat("threads", "trash").out
    assert "First question" in chat("threads", "trash").out
    assert "1 thread permanently deleted" in chat("threads", "trash", "--empty").err
    assert chat("threads", "trash").out == ""
    assert chat("threads", "restore", name).code == 2


def test_a_damaged_file_is_listed_and_salvaged(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "First question")
    file = next((home.root / "data" / "threads").glob("*.json"))
    put_old(file, file.read_bytes()[:-20])
    assert "moved unchanged" in chat("threads").err
    (found,) = chat("threads", "salvage", "--json").json
    assert (found["title"], found["message_count"]) == ("First question", 2)
    assert found["name"] in chat("threads", "salvage").out
    name = chat("threads", "salvage", found["name"]).out.strip()
    assert home.thread()["id"] == name
    assert home.thread()["messages"][0]["content"] == "First question"
    assert chat("threads", "salvage", "nope").code == 2


@pytest.mark.parametrize("argv", [["show", "nope"], ["delete", "nope"], ["restore", "nope"], ["rename", "nope", "x"]])
def test_a_thread_that_is_not_there_is_code_2(chat: Chat, argv: list[str]) -> None:
    result = chat("threads", *argv)
    assert (result.code, "nope" in result.err) == (2, True)


def test_an_empty_id_deletes_nothing(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "x")
    assert chat("threads", "delete", "").code != 0
    assert len(home.threads()) == 1


def test_what_a_terminal_is_shown_of_a_thread_is_clean(chat: Chat, evil: str) -> None:
    for argv in (["list"], ["list", "--json"], ["show", "evil"], ["show", "evil", "--json"]):
        shown = chat("threads", *argv, terminal=True).out
        assert "a" in shown
        assert not set(shown) & {"\x1b", "\x07", "\u202e"}
    assert chat("threads", "show", "evil", "--json").json["messages"][0]["content"] == evil


def test_a_broken_thread_is_named(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "x")
    put_old(home.root / "data" / "threads" / "broken.json", b"{")
    result = chat("threads")
    assert (result.code, result.out.count("\n")) == (0, 1)
    assert "broken.json can't be read" in result.err
    assert ".corrupt" in result.err


def test_models_and_providers(chat: Chat, acme: Script) -> None:
    assert [each["id"] for each in chat("models", "acme", "--json").json] == ["acme/listed-1", "acme/listed-2"]
    assert chat("models", "acme").out.split() == ["acme/listed-1", "acme/listed-2"]
    rows = {each["id"]: each for each in chat("providers", "--json").json}
    assert rows["acme"]["ready"] is True
    assert {"modelslab", "siliconflow", "lanrui", "modelmax", "local"} <= rows.keys()
    assert "acme" in chat("providers").out


def test_a_list_that_cannot_be_had_is_code_1(chat: Chat, acme: Script) -> None:
    acme.status = 401
    result = chat("models", "acme", "--json")
    assert result.code == 1
    assert [each["id"] for each in result.json] == ["acme/small", "acme/org/large"]
    assert result.err.startswith("chat-tui: acme: ")
    wrong = chat("models", "acne")
    assert (wrong.code, "did you mean acme?" in wrong.err) == (2, True)


def test_keys_are_set_from_input_and_never_shown(chat: Chat, home: Home) -> None:
    result = chat("keys", "set", "openai", stdin="  sk-0123456789abcdef \n")
    assert result.code == 0
    assert "0123456" not in result.out + result.err
    assert "***cdef" in result.err
    file = home.config / "credentials.toml"
    assert "sk-0123456789abcdef" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert {each["id"]: each["ready"] for each in chat("providers", "--json").json}["openai"] is True
    assert "removed" in chat("keys", "delete", "openai").err
    assert not file.exists()


@pytest.mark.parametrize(
    ("argv", "stdin"),
    [
        (["keys", "set", "nope"], "sk-x"),
        (["keys", "set", "openai"], "two words"),
        (["keys", "set", "openai"], ""),
        (["keys", "set", "openai", "sk-on-the-command-line"], ""),
        (["keys", "set", "openai", "odd", "shape"], ""),
        (["keys", "set", "sk-0123456789abcdef"], ""),
        (["keys", "set", "ollama"], "sk-x"),
        (["keys"], ""),
    ],
)
def test_a_key_that_cannot_be_set_is_code_2(chat: Chat, home: Home, argv: list[str], stdin: str) -> None:
    assert chat(*argv, stdin=stdin).code == 2
    assert not (home.config / "credentials.toml").exists()


def test_config(chat: Chat, home: Home) -> None:
    assert chat("config", "path").out == f"{home.config / 'config.toml'}\n"
    assert chat("config", "check").code == 0
    home.configure("theme = 3\n")
    result = chat("config", "check")
    assert (result.code, result.out) == (2, f"{home.config / 'config.toml'}:1: theme must be a string\n")
    home.configure('[keys]\npreset = "vim"\nquit = "ctrl+k"\nmodle_picker = "f5"\nregenerate = "ctrl+l"\n')
    result = chat("config", "check")
    assert result.code == 2
    assert [line.partition("config.toml:")[2] for line in result.out.splitlines()] == [
        "4: unknown action 'modle_picker'; did you mean \"model_picker\"?",
        '5: ctrl+l is the key of model_picker; bind that to another key, or to none: ""',
    ]


def test_themes(chat: Chat, home: Home) -> None:
    (home.config / "themes").mkdir(parents=True)
    (home.config / "themes" / "mine.toml").write_text("dark = false\n")
    themes = {each["name"]: each["dark"] for each in chat("themes", "--json").json}
    assert len(themes) >= 10
    assert themes["mine"] is False
    assert set(themes.values()) == {True, False}
    assert "mine" in chat("themes").out


def test_the_app_is_given_what_was_asked_for(
    chat: Chat, acme: Script, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Services, Start]] = []

    def run_app(services: Services, start: Start) -> int:
        given.append((services, start))
        return 0

    monkeypatch.setattr("chat_tui.ui.app.run_app", run_app)
    chat("ask", "x")
    name = home.thread()["id"]
    assert chat("--resume", name[-4:], "--model", "larg", "--system", "Hi", terminal=True).code == 0
    services, start = given.pop()
    assert (start.resume, start.model, start.system, start.prompt) == (name, "acme/org/large", "Hi", None)
    assert services.settings.default_model == "acme/small"
    assert services.theme_folders[-1] == home.config / "themes"
    openai = services.settings.providers["openai"]
    assert not services.backend.has_key(openai)
    assert chat("keys", "set", "openai", stdin="sk-0123456789abcdef").code == 0
    assert services.backend.has_key(openai)
    assert chat("--resume", terminal=True).code == 0
    assert given.pop()[1].resume == ""
    for wrong in (["--resume", "nope"], ["--model", "nope"], ["--prompt", "nope"]):
        assert chat(*wrong, terminal=True).code == 2
    assert given == []


def test_the_app_needs_a_terminal(chat: Chat) -> None:
    result = chat(stdin="")
    assert (result.code, "chat-tui ask" in result.err) == (2, True)


@pytest.mark.parametrize("arguments", [["openai", "sk-on-the-line"], ["openai", "odd"], ["sk-0123456789abcdef"]])
def test_a_key_that_is_given_as_an_argument_is_not_printed_back(chat: Chat, home: Home, arguments: list[str]) -> None:
    result = chat("keys", "set", *arguments)
    assert (result.code, result.out) == (2, "")
    assert "An API key can't be an argument" in result.err
    assert arguments[-1] not in result.err


def test_what_argparse_does_not_know_is_shown_without_keys(chat: Chat) -> None:
    assert "sk-0123456789abcdef" not in chat("models", "--sk-0123456789abcdef").err


def test_an_azure_address_is_checked_and_its_form_told(chat: Chat, home: Home) -> None:
    home.configure(
        '[providers.a]\nbase_url = "https://x.openai.azure.com/openai/deployments/gpt-4o"\n'
        '[providers.b]\nbase_url = "https://x.openai.azure.com/openai/deployments/gpt-4o?api-version=2024-10-21"\n'
        '[providers.c]\nbase_url = "https://x.openai.azure.com"\n'
        '[providers.d]\nbase_url = "https://x.openai.azure.com/openai/v1"\n'
    )
    result = chat("config", "check")
    assert result.code == 2
    assert "providers.a: the address of a deployment needs its api-version" in result.out
    assert 'providers.b: the key goes into a header of its own here: auth = "header:api-key"' in result.out
    assert "providers.c: this address has no chat endpoint" in result.out
    assert "providers.d" not in result.out


def test_models_that_cannot_chat_are_listed_on_request(chat: Chat, acme: Script) -> None:
    acme.listed = [{"id": "m", "deprecation": "2026-08-31", "replacement_model": "n"}, {"id": "text-embedding-3"}]
    shown = chat("models", "acme")
    assert shown.out == "acme/m  until 2026-08-31, then n\n"
    assert "1 other models hidden; --all lists them." in shown.err
    assert chat("models", "acme", "--all").out.endswith("acme/text-embedding-3  (no chat)\n")
    assert [each["id"] for each in chat("models", "acme", "--json").json] == ["acme/m"]
    both = chat("models", "acme", "--json", "--all").json
    assert [(each["can_chat"], each["ends"], each["replacement"]) for each in both] == [
        (True, "2026-08-31", "n"),
        (False, None, None),
    ]
