"""`chat-tui ask`: what goes where, and which code it ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Chat, Home, Script


def sent(server: Script) -> list[tuple[str, str]]:
    return [(each["role"], each["content"]) for each in server.bodies[-1]["messages"]]


def test_an_answer_is_printed_and_kept(chat: Chat, acme: Script, home: Home) -> None:
    result = chat("ask", "Hi?")
    assert (result.code, result.out, result.err) == (0, "Hello there.", "")
    assert sent(acme) == [("user", "Hi?")]
    thread = home.thread()
    assert (thread["title"], thread["model"]) == ("Hi?", "acme/small")
    prompt, answer = thread["messages"]
    assert (prompt["content"], answer["content"], answer["status"]) == ("Hi?", "Hello there.", "complete")
    assert answer["parent"] == prompt["id"]
    assert thread["head"] == answer["id"]


def test_the_prompt_is_the_argument_then_the_input_then_files(chat: Chat, acme: Script, tmp_path: Path) -> None:
    chat("ask", stdin="only input\n")
    assert sent(acme) == [("user", "only input")]
    notes, code = tmp_path / "notes.md", tmp_path / "a.py"
    notes.write_text("```\nfenced\n```\n")
    code.write_text("print()\n")
    chat("ask", "Argument", "-f", str(notes), "-f", str(code), stdin="input\n")
    assert sent(acme) == [
        ("user", "Argument\n\ninput\n\n````md notes.md\n```\nfenced\n```\n````\n\n```py a.py\nprint()\n```")
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "No such file"), (b"\0\1", "not a text file"), (b"\xff\xff", "not UTF-8"), ("dir", "not a regular")],
)
def test_a_file_that_cannot_be_put_in_is_refused_before_anything(
    chat: Chat, acme: Script, home: Home, tmp_path: Path, data: Any, words: str
) -> None:
    file = tmp_path / "file"
    if data == "dir":
        file.mkdir()
    elif data is not None:
        file.write_bytes(data)
    result = chat("ask", "x", "-f", str(file))
    assert (result.code, result.out) == (2, "")
    assert words in result.err
    assert home.threads() == []


def test_an_image_goes_as_a_part_behind_the_text(chat: Chat, acme: Script, home: Home, tmp_path: Path) -> None:
    image = tmp_path / "x.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n")
    assert chat("ask", "What is it?", "-f", str(image)).code == 0
    text, part = acme.bodies[-1]["messages"][-1]["content"]
    assert text == {"type": "text", "text": "What is it?"}
    assert part == {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    assert home.thread()["messages"][0]["content"] == [text, part]


def test_the_variables_of_a_prompt_are_filled_in_or_named(chat: Chat, acme: Script, home: Home) -> None:
    prompts = home.root / "config/prompts"
    prompts.mkdir(parents=True, exist_ok=True)
    (prompts / "teach.toml").write_text('prompt = "Teach {{what}} in {{language=French}}."')
    assert chat("ask", "Hi", "-p", "teach", "--var", "what=a=b").code == 0
    assert sent(acme)[0] == ("system", "Teach a=b in French.")
    asked = len(acme.bodies)
    for arguments, words in (
        (["-p", "teach"], "needs what: add --var what=VALUE"),
        (["-p", "teach", "--var", "what=x", "--var", "who=y"], "has no variable 'who'; it has what, language"),
        (["-p", "teach", "--var", "what"], "NAME=VALUE"),
        (["--var", "what=x"], "--prompt"),
    ):
        result = chat("ask", "Hi", *arguments)
        assert (result.code, result.out) == (2, "")
        assert words in result.err
    assert len(acme.bodies) == asked


def test_text_is_cleaned_wherever_it_goes_and_raw_is_as_it_came(chat: Chat, acme: Script) -> None:
    acme.pieces = ["a\x1b]52;c;eA==\x07", "\ud83d", "\ude00\u202eb"]
    for more in ([], ["--no-stream"]):
        assert chat("ask", "x", *more).out == "a\u241b]52;c;eA==\u2407😀b"
        assert chat("ask", "x", *more, terminal=True).out == "a\u241b]52;c;eA==\u2407😀b\n"
        assert chat("ask", "x", "--raw", *more).out == "a\x1b]52;c;eA==\x07😀\u202eb"
    assert "\x1b" not in chat("ask", "x", "--json").out


def test_a_request_is_shown_escaped_where_cleaning_would_change_it(chat: Chat, acme: Script, tmp_path: Path) -> None:
    result = chat("ask", "x", "-s", "a\u202e\x9b", "--dry-run")
    assert r"a\u202e\u009b" in result.out
    assert result.json["messages"][0]["content"] == "a\u202e\x9b"
    assert r"a\u202e\u009b" in chat("ask", "x", "-s", "a\u202e\x9b", "--curl").out


def test_an_error_is_cleaned_too(chat: Chat, acme: Script) -> None:
    acme.status, acme.error = 400, "bad\x1b]0;title\x07"
    result = chat("ask", "x", terminal=True)
    assert "\x1b" not in result.out + result.err
    result = chat("ask", "x", "-f", "no\x1b]0;title\x07")
    assert "no\u241b]0;title" in result.err
    assert "\x1b" not in chat("ask", "x", "--pa\x1b[31m").err


def test_json_is_the_message_as_in_the_file(chat: Chat, acme: Script, home: Home) -> None:
    result = chat("ask", "Hi?", "--json")
    thread = home.thread()
    assert result.json == {"thread": thread["id"], "message": thread["messages"][1]}
    assert result.out.count("\n") == 1


def test_a_failed_answer_is_code_1_and_kept(chat: Chat, acme: Script, home: Home) -> None:
    acme.status = 400
    result = chat("ask", "Hi?", "--json")
    message = home.thread()["messages"][1]
    assert result.code == 1
    assert result.json["message"] == message
    assert (message["status"], message["content"], message["error"]["http_status"]) == ("failed", "", 400)
    assert message["error"]["message"] in result.err
    plain = chat("ask", "Hi?")
    assert (plain.code, plain.out) == (1, "")


def test_an_answer_that_breaks_off_is_printed_and_kept_and_code_1(chat: Chat, acme: Script, home: Home) -> None:
    acme.complete = False
    result = chat("ask", "Hi?")
    assert (result.code, result.out) == (1, "Hello there.")
    message = home.thread()["messages"][1]
    assert (message["status"], message["content"]) == ("interrupted", "Hello there.")
    assert home.thread()["id"] in result.err


def test_no_stream_asks_for_one_piece(chat: Chat, acme: Script) -> None:
    assert chat("ask", "Hi?", "--no-stream").out == "Hello there."
    assert not acme.bodies[-1].get("stream")


def test_no_save_writes_nothing(chat: Chat, acme: Script, home: Home) -> None:
    result = chat("ask", "Hi?", "--no-save", "--json")
    assert (result.code, result.json["thread"]) == (0, None)
    assert home.threads() == []


def test_going_on_in_a_thread(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "one", "-m", "acme/other")
    thread = home.thread()["id"]
    chat("ask", "two", "-t", thread[-4:])
    chat("ask", "three", "--continue")
    assert sent(acme)[::2] == [("user", "one"), ("user", "two"), ("user", "three")]
    assert acme.bodies[-1]["model"] == "other"
    assert len(home.thread()["messages"]) == 6
    for wrong in (["-t", "nope"], ["-t", thread, "--continue"]):
        assert chat("ask", "x", *wrong).code == 2


def test_a_draft_of_the_app_is_neither_sent_nor_lost(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "one")
    (file,) = (home.root / "data" / "threads").glob("*.json")
    file.write_text(file.read_text().replace('"draft": ""', '"draft": "unsent"'))
    chat("ask", "two", "--continue")
    assert home.thread()["draft"] == "unsent"
    assert all("unsent" not in text for _, text in sent(acme))


def test_system_prompt_library_and_parameters(chat: Chat, acme: Script, home: Home) -> None:
    (home.config / "prompts").mkdir()
    (home.config / "prompts" / "terse.toml").write_text(
        'prompt = "Be terse."\nmodel = "acme/org/large"\n[parameters]\ntemperature = 0.1\ntop_p = 0.5\n'
    )
    chat("ask", "x", "-p", "terse", "--param", "temperature=0.9", "--param", "seed=7", "--param", "top_p=null")
    body = acme.bodies[-1]
    assert sent(acme)[0] == ("system", "Be terse.")
    assert (body["model"], body["temperature"], body["seed"]) == ("org/large", 0.9, 7)
    assert "top_p" not in body
    chat("ask", "x", "-p", "terse", "-s", "Own words.", "-m", "small")
    assert sent(acme)[0] == ("system", "Own words.")
    assert acme.bodies[-1]["model"] == "small"
    missing = chat("ask", "x", "-p", "verbose")
    assert (missing.code, "Saved: terse." in missing.err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["ask"], "No prompt"),
        (["ask", "  "], "No prompt"),
        (["ask", "x", "--param", "temperature"], "name=value"),
        (["ask", "x", "-m", "nope/x"], "No model matches 'nope/x'"),
        (["ask", "x", "-m", "larg"], ""),
        (["ask", "x", "-m", "smal-l"], "Similar: acme/small"),
        (["ask", "x", "-m", "a"], "models match 'a'"),
        (["ask", "x", "--api-key", "sk-secretsecret"], "unrecognized arguments"),
        (["ask", "x", "-m", "openai/gpt"], "chat-tui keys set openai"),
        (["nope"], "invalid choice"),
    ],
)
def test_wrong_usage_is_code_2_and_says_what_is_right(chat: Chat, acme: Script, argv: list[str], words: str) -> None:
    result = chat(*argv)
    if words:
        assert (result.code, result.out) == (2, "")
        assert words in result.err
        assert acme.bodies == []
    else:
        assert (result.code, acme.bodies[-1]["model"]) == (0, "org/large")


def test_without_a_model_or_a_key_it_says_what_to_do(chat: Chat, home: Home) -> None:
    result = chat("ask", "x")
    assert result.code == 2
    assert "chat-tui keys set PROVIDER" in result.err
    assert "-m local/SmolLM2-135M-Instruct" in result.err
    assert home.threads() == []


def test_the_only_provider_with_a_key_goes_without_saying(
    chat: Chat, home: Home, server: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.configure(f'[providers.deepseek]\nbase_url = "{server.url}"\n')
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-abcdefghijkl")
    result = chat("ask", "x")
    assert (result.code, result.err) == (0, "")
    assert home.thread()["model"].startswith("deepseek/")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-abcdefghijkl")
    both = chat("ask", "x")
    assert (both.code, "deepseek, openai" in both.err) == (2, True)


def test_a_wrong_setting_is_told_and_does_not_stop_it(chat: Chat, acme: Script, home: Home) -> None:
    text = (home.config / "config.toml").read_text()
    home.configure("them = 1\n" + text)
    result = chat("ask", "x")
    assert (result.code, result.out) == (0, "Hello there.")
    assert "config.toml:1: unknown key 'them'; did you mean \"theme\"?" in result.err


def test_a_configuration_that_the_backend_refuses_is_code_2(
    chat: Chat, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.configure('[providers.far]\nbase_url = "http://far.invalid/v1"\napi_key_env = "FAR_API_KEY"\n')
    monkeypatch.setenv("FAR_API_KEY", "sk-abcdefghijkl")
    result = chat("ask", "x", "-m", "far/model")
    assert (result.code, result.out) == (2, "")
    assert "https://" in result.err
    assert home.thread()["messages"][1]["error"]["kind"] == "configuration"


def test_a_full_disk_sends_nothing(chat: Chat, acme: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    result = chat("ask", "x")
    assert (result.code, result.out, acme.bodies) == (1, "", [])
    assert "disk is full" in result.err


def test_an_answer_that_cannot_be_kept_is_printed_and_code_1(
    chat: Chat, acme: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat_tui.domain.conversation.thread import Thread
    from chat_tui.domain.errors import StorageError
    from chat_tui.storage.thread_store import FileThreadStore

    save = FileThreadStore.save

    async def failing(self: FileThreadStore, thread: Thread) -> None:
        if any(each.is_answer for each in thread.messages.values()):
            raise StorageError("The disk is full.")
        await save(self, thread)

    monkeypatch.setattr(FileThreadStore, "save", failing)
    result = chat("ask", "x")
    assert (result.code, result.out) == (1, "Hello there.")
    assert "was not saved" in result.err


def test_a_defect_is_one_line_and_a_report_without_keys(
    chat: Chat, acme: Script, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "hunter2-hunter2")

    def broken(*_: object, **__: object) -> None:
        prompt = "very private words"
        raise RuntimeError(f"key hunter2-hunter2 for {len(prompt)}")

    monkeypatch.setattr("chat_tui.cli.commands.ask.command.read_prompt", broken)
    result = chat("ask", "very private words")
    assert (result.code, result.err.count("\n")) == (70, 1)
    (report,) = home.cache.glob("crash-*.txt")
    assert str(report) in result.err
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "RuntimeError: key *** for 18" in text
    assert "test_ask.py" in text
    assert "hunter2" not in text


def test_who_answered_and_on_what_is_told_beside_the_text(chat: Chat, acme: Script, home: Home) -> None:
    acme.pieces = ["It is so [1]."]
    acme.beside = {"model": "other-2", "provider": "Foundry", "citations": ["https://a.example"]}
    result = chat("ask", "Hi?")
    assert (result.code, result.out) == (0, "It is so [1].")
    assert result.err == "Answered by other-2 (Foundry).\n[1] https://a.example\n"
    answer = home.thread()["messages"][-1]
    assert (answer["model"], answer["answered_by"], answer["upstream_provider"]) == ("acme/small", "other-2", "Foundry")
    assert answer["sources"] == [{"url": "https://a.example"}]


def test_the_model_that_was_asked_is_not_told(chat: Chat, acme: Script) -> None:
    acme.beside = {"model": "vendor/Small-2026-01-31"}
    assert chat("ask", "Hi?").err == ""


def test_a_refusal_is_told_by_the_code_and_the_status(chat: Chat, acme: Script, home: Home) -> None:
    acme.pieces, acme.writes = ["I can't ", "help."], "refusal"
    result = chat("ask", "Hi?")
    assert (result.code, result.out) == (1, "I can't help.")
    assert "The model refused to answer." in result.err
    answer = home.thread()["messages"][-1]
    assert (answer["status"], answer["refusal"], answer["content"]) == ("refused", *["I can't help."] * 2)
    assert answer["error"]["kind"] == "refused"


def test_a_fallback_is_told_on_standard_error_and_the_answer_names_what_failed(
    chat: Chat, acme: Script, home: Home
) -> None:
    twin = f'[providers.twin]\nbase_url = "{acme.url}"\nauth = "none"\nmodels = ["small"]\n'
    rules = '[fallback]\n"*" = "family"\nmax_price_factor = 0\n'
    home.configure((home.config / "config.toml").read_text() + twin + rules)
    acme.status = 402
    result = chat("ask", "x", "--json")
    assert (result.code, len(acme.bodies)) == (1, 2)
    assert "Trying small · twin." in result.err
    assert result.json["message"]["model"] == "acme/small"
    assert [each["model"] for each in result.json["message"]["tried"]] == ["twin/small"]
