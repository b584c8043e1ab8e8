"""`chat-tui --plain`: the transcript of a walk, what interrupts it, and that it has every action of the app."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from chat_tui.cli.commands.ask.call_approval import read_decision
from chat_tui.cli.output import Output
from chat_tui.cli.plain import lines, page
from chat_tui.cli.plain.commands.command import called
from chat_tui.cli.plain.commands.files import code_blocks
from chat_tui.cli.plain.commands.table import COMMANDS, command_named
from chat_tui.cli.plain.page import Page
from chat_tui.domain.errors import UsageError
from chat_tui.session.tool_calls import Decision, Permission
from chat_tui.ui.commands.table import CHAT_COMMANDS
from tests.cli.conftest import Chat, Home, Script

ON_A_SCREEN = {
    *("newline", "prompt_undo", "prompt_redo", "stop", "decide_call", "previous_prompt", "next_prompt", "unfold_paste"),
    *("jump", "jump_from_messages", "select_messages", "select_blocks", "message_up", "message_down", "first_message"),
    *("last_message", "half_page_up", "half_page_down", "leave_messages", "next_heading", "previous_heading", "unfold"),
    *("fold_json", "unfold_json", "diagram_source", "page_up", "page_down", "go_start", "go_end", "toggle_threads"),
    *("outline", "wrap_code", "code_left", "code_right", "themes", "density", "notify", "command_palette", "keys_here"),
    *("suspend", "open_recent", "previous_sibling", "next_sibling", "copy_block"),
}
"""Actions that the terminal itself has, that are about what is drawn, or that another command has as well."""


def walk(chat: Chat, folder: Path, *typed: str, argv: tuple[str, ...] = ()) -> str:
    """The transcript of lines that are typed."""
    path = folder / "typed"
    path.write_text("".join(f"{each}\n" for each in typed))
    with path.open() as stdin:
        result = chat("--plain", *argv, stdin=stdin)
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert "\r" not in result.out
    return result.out


def test_first_start_in_words(chat: Chat, server: Script, home: Home) -> None:
    server.beside = {"usage": {"prompt_tokens": 5, "completion_tokens": 812, "total_tokens": 817}}
    server.pieces = ["Hel", "lo \x1b[2Jyou.\nSecond", " line"]
    address = server.url.removesuffix("/v1")
    shown = walk(chat, home.root, address, "listed-1", "Hi \\", "there", "/quit")
    assert shown.startswith("chat-tui ")
    assert "1. Local, on your computer, no key, 93 MB\n" in shown
    assert "1. 127.0.0.1-" in shown
    end = shown[shown.index("You: Hi") :]
    assert "You: Hi \\\n... there\nwaiting\nlisted-1:\nHello \u241b[2Jyou.\nSecond line\ndone, 812 tokens, " in end
    assert server.bodies[-1]["messages"][-1]["content"] == "Hi\nthere"


def test_models_versions_search_and_resume(chat: Chat, acme: Script, home: Home) -> None:
    acme.later = [["Second."], ["Third."], ["Fourth."]]
    shown = walk(
        chat, home.root, "Hi", "/model large", "/regenerate", "/previous", "/several small, large", "Both?",
        "/choose 2", "/rename Greetings", "/new", "/search hello", "/open 1", "/branches", "/find hello", "/copy 2",
        "/undo", "/nosuch", " /etc", "/send",
    )  # fmt: skip
    parts = shown.split("You: ")
    assert parts[1] == "Hi\nwaiting\nsmall:\nHello there.\n" + parts[1][len("Hi\nwaiting\nsmall:\nHello there.\n") :]
    assert "Model: org/large, acme\n" in parts[2]
    assert "org/large:\nSecond.\n" in parts[3]
    assert "Version 1 of 2\n2. small, " in parts[4]
    assert "waiting for 2 answers\n" in parts[6]
    assert parts[6].count("Third.") + parts[6].count("Fourth.") == 2
    assert "Continuing below the answer of org/large." in parts[7]
    assert "Renamed: Greetings" in parts[8]
    assert "1. Greetings, " in parts[10]
    assert "Thread: Greetings, 4 messages, model org/large\n3. You, " in parts[11]
    assert "2. shown, org/large: " in parts[12] or "3. shown, org/large: " in parts[12]
    assert "2. small: Hello there.\n1 line found\n" in parts[13]
    assert "Message: " in parts[14]
    assert "Undone: rename" in parts[15]
    assert "No command /nosuch." in parts[16]
    assert acme.bodies[-1]["messages"][-1]["content"] == " /etc"
    assert "Nothing to send." in parts[18]
    again = walk(chat, home.root, argv=("--resume",))
    assert "Thread: Hi, 6 messages, model org/large\n5. You, " in again


def test_calls_are_approved_changed_and_refused(chat: Chat, acme: Script, home: Home) -> None:
    (home.root / "notes").mkdir()
    (home.root / "notes" / "a.txt").write_text("the content")
    config = home.config / "config.toml"
    config.write_text(config.read_text() + f'[tools]\nfolders = ["{home.root / "notes"}"]\n')
    call = {"chat-tui__read_file": {"path": str(home.root / "notes" / "a.txt")}}
    acme.calls = [call, call]
    shown = walk(chat, home.root, "/tools chat-tui:read_file", "Read", "what", "y", "n not now", "/tools none")
    assert "chat-tui:read_file: on, calls: ask, about " in shown
    assert shown.count("Run it?") == 3
    assert "Tool chat-tui:read_file: done, " in shown
    assert "the content" in acme.bodies[1]["messages"][-1]["content"]
    assert acme.bodies[2]["messages"][-1]["content"] == "The user refused this call. They said: not now"


def test_settings_drafts_and_attachments(chat: Chat, acme: Script, home: Home) -> None:
    config = home.config / "config.toml"
    config.write_text("plain = true\n" + config.read_text())
    (home.root / "a.txt").write_text("text of the file")
    (home.root / "typed").write_text(
        f"/set temperature 0.5\n/system Be brief.\n/attach {home.root / 'a.txt'}\nWhat is it?\nkept \\\n"
    )
    with (home.root / "typed").open() as stdin:
        result = chat(stdin=stdin)  # by the settings
    assert (result.code, result.err) == (0, "")
    body = acme.bodies[-1]
    assert body["temperature"] == 0.5
    assert body["messages"][0]["content"] == "Be brief."
    assert "text of the file" in body["messages"][1]["content"]
    assert home.thread()["draft"].strip() == "kept"
    shown = walk(chat, home.root, "Other", "/send", argv=("--resume",))
    assert "Draft:\nkept" in shown
    assert [each["messages"][-1]["content"] for each in acme.bodies[1:]] == ["Other", "kept"]


def test_every_action_of_the_app_has_a_command() -> None:
    known = {each.id for each in COMMANDS}
    assert {each.id for each in CHAT_COMMANDS} - known == ON_A_SCREEN
    assert len({each.name for each in COMMANDS}) == len(COMMANDS) == len(known)
    for name in ("previous-sibling", "next-sibling", "copy-block", "open-recent"):
        assert command_named(name) is not None, name


def test_lines_that_call_a_command() -> None:
    assert called("/set a b") == ("set", "a b")
    assert called("/git:log") == ("git:log", "")
    assert called("/etc/passwd") is called(" /set") is called("a /set") is None
    found = command_named("regen")
    assert found is not None
    assert found.id == "regenerate"
    assert command_named("co") is None


def test_decisions_on_calls() -> None:
    assert read_decision("Yes") == Decision(Permission.ONCE)
    assert read_decision('e {"a": 1}') == Decision(Permission.ONCE, {"a": 1})
    assert read_decision("what") is None
    with pytest.raises(ValueError, match="1"):
        read_decision("e 1")


def test_code_blocks_of_any_text() -> None:
    assert code_blocks("a\n```py\nx\n~~~\n```\n~~~~ c d\n```\n~~~\n~~~~~\n````\nopen") == [
        *(("py", "x\n~~~"), ("c", "```\n~~~"), ("", "open"))
    ]


async def test_words_of_a_line_that_does_not_end_are_printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PAUSE", 0.0)
    out = io.StringIO()
    it = Page(Output(out, out))
    it.stream("whole\nsome wor")
    assert out.getvalue() == "whole\n"
    await asyncio.sleep(0.001)  # the timer runs
    assert out.getvalue() == "whole\nsome "
    it.stream("ds")
    it.say("notice")
    it.end_stream()
    assert out.getvalue() == "whole\nsome words\nnotice\n"


def test_a_paste_is_one_text_and_lines_typed_ahead_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)

        def paste(prompt: str) -> None:
            os.write(master, b"one\ntwo\n" if prompt else b"")

        reader = lines.LineReader(paste, {"TERM": "dumb"})
        assert reader.read("You: ") == "one\ntwo"
        os.write(master, b"three\nfour\n")
        assert [reader.read("") for _ in range(2)] == ["three", "four"]
    os.close(master)


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 1000)
    with Path("/dev/zero").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(UsageError, match="longer than"):
            lines.LineReader(lambda text: None, {}).read("")


def test_signals_stop_the_answer_then_the_program_and_textual_is_never_loaded(acme: Script, home: Home) -> None:
    acme.hold = threading.Event()
    acme.pieces = ["Hello\n"]
    code = (
        "import sys\nfrom chat_tui.__main__ import main\ncode = main(['--plain'])\n"
        "print(*({'textual', 'rich'} & set(sys.modules)), file=sys.stderr)\nsys.exit(code)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, **home.environ, "PYTHONPATH": os.getcwd()},  # noqa: PTH109 - the checkout
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        process.stdin.write("Hi\n")
        process.stdin.flush()
        while process.stdout.readline() != "Hello\n":
            continue
        process.send_signal(number)
        if number is signal.SIGINT:
            assert process.stdout.readline().startswith("stopped")
    rest, err = process.communicate(timeout=20)
    assert (process.returncode, err.strip()) == (143, "")
    assert "\x1b" not in rest
    answers = [each for each in home.thread()["messages"] if each["role"] == "assistant"]
    assert [(each["content"], each["status"]) for each in answers] == [
        ("Hello\n", "stopped"),
        ("Hello\n", "interrupted"),
    ]
