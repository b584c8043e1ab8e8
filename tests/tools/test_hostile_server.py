"""A server that misbehaves costs its own call, in words: nothing else stops, grows, or shows what it should not."""

from __future__ import annotations

import asyncio
import json
import resource
import stat
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from chat_tui.domain.json import JsonObject
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.settings import Settings, ToolServerSettings
from chat_tui.domain.tools import MOST_RESULT, ServerState, Tool, ToolResult
from chat_tui.tools.built_in import BuiltInTools
from chat_tui.tools.toolbox import ServerToolbox

SERVER = Path(__file__).with_name("hostile_server.py")
ENVIRON = {"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "sk-never-passed", "HTTPS_PROXY": "http://me:pw@proxy"}


class Box:
    """A toolbox over one server."""

    def __init__(self, folder: Path, *arguments: str, timeout: float = 20, **settings: object) -> None:
        self.settings = ToolServerSettings(
            "bad",
            sys.executable,
            ("-I", "-S", str(SERVER), *arguments),
            timeout=timeout,
            **settings,  # type: ignore[arg-type]
        )
        self.folder = folder
        whole = Settings(tool_servers={"bad": self.settings})
        built_in = BuiltInTools(lambda url, limit: pytest.fail("no page is fetched"), lambda: (), ())
        self.toolbox = ServerToolbox(lambda: whole, ENVIRON, built_in, folder / "logs", folder / "results")
        self.reports: list[str] = []

    async def tools(self) -> dict[str, Tool]:
        return {each.name: each for each in (await self.toolbox.offered(["bad"])).tools}

    async def call(self, name: str, arguments: JsonObject | None = None) -> ToolResult:
        tool = (await self.tools())[name]
        return await self.toolbox.run(tool, arguments or {}, "thread-1", self.reports.append)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncGenerator[Box]:
    made = Box(tmp_path)
    yield made
    await made.toolbox.aclose()


async def test_names_descriptions_and_schemas_are_clean_bounded_and_told_apart(box: Box) -> None:
    offered = await box.toolbox.offered(["bad"])
    tools = {each.name: each for each in offered.tools}
    echo = tools["echo"]
    assert echo.description.startswith("Version 1.␛[31m")
    assert "\u202e" not in echo.description
    assert len(echo.description) <= 4096
    assert json.dumps(echo.schema, ensure_ascii=False).count("a␛[0mb") == 1
    assert echo.claims_read_only
    assert len({each.wire_name for each in offered.tools}) == len(offered.tools)
    problems = "\n".join(offered.problems)
    assert "echo is left out: it is listed twice" in problems
    assert "␛[2Jclear is left out: its name can't be shown" in problems
    assert "nested is left out: its schema is nested too deeply" in problems


async def test_a_result_can_neither_act_nor_grow(box: Box) -> None:
    assert (await box.call("escape")).text == "␛[2J␛]52;c;b3duZWQ=␇red␀"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("huge", "deep"):
        started = time.process_time()
        with pytest.raises(ToolError, match="bad gave a result that is too large"):
            await box.call(name)
        assert time.process_time() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024
    for name in ("broken", "unclosed"):
        with pytest.raises(ToolError, match="bad sent an answer that can't be read"):
            await box.call(name)
    assert (await box.call("echo", {"text": "still there"})).text == "still there"


async def test_a_long_result_is_cut_and_whole_in_a_file(box: Box) -> None:
    long = "é" * MOST_RESULT
    result = await box.call("echo", {"text": long})
    assert len(result.text.encode()) <= MOST_RESULT
    assert result.text.endswith("[cut: this is the start of 128 KB]")
    assert result.size == 2 * MOST_RESULT
    (file,) = (box.folder / "results" / "thread-1").iterdir()
    assert str(file) == result.file
    assert file.read_text() == long
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_pictures_are_parts_and_what_is_none_is_named(box: Box) -> None:
    result = await box.call("picture")
    assert result.text == "One.\n\n[picture: png, 70 bytes]\n\n[picture, 12 bytes, not included]"
    assert [part["image_url"]["url"][:22] for part in result.images] == ["data:image/png;base64,"]  # type: ignore[index,call-overload]
    assert result.is_error


async def test_a_death_in_the_middle_of_a_call_is_told_and_the_next_call_starts_it_again(box: Box) -> None:
    with pytest.raises(ToolError) as error:
        await box.call("die")
    assert str(error.value) == "bad exited (exit code 7). It wrote: cannot go on"
    (server, _) = box.toolbox.servers()
    assert (server.state, server.problem) == (ServerState.FAILED, str(error.value))
    assert "␛" not in server.problem
    assert (await box.call("echo", {"text": "again"})).text == "again"


async def test_a_server_gets_nothing_that_it_asks_for(box: Box) -> None:
    for method, what in (
        ("sampling/createMessage", "an answer of the model"),
        ("elicitation/create", "an input of the user"),
        ("roots/list", "the list of folders"),
    ):
        box.reports.clear()
        result = await box.call("ask", {"text": method})
        assert f"chat-tui does not offer servers {what}" in result.text
        assert box.reports == [f"bad: asked for {what}: refused"]


async def test_progress_is_clean_and_no_flood(box: Box) -> None:
    assert (await box.call("flood")).text == "done"
    assert box.reports[0] == "step 0␛[2J (0 of 150)"
    assert len(box.reports) < 50


async def test_a_tool_that_changed_since_it_was_offered_is_not_called(box: Box) -> None:
    tools = await box.tools()
    await box.toolbox.run(tools["change"], {}, "thread-1")
    with pytest.raises(ToolError, match="bad:echo has changed since it was offered"):
        await box.toolbox.run(tools["echo"], {"text": "no"}, "thread-1")
    changed = await box.tools()
    assert changed["echo"].description.startswith("Version 2.")
    assert changed["echo"].fingerprint != tools["echo"].fingerprint
    assert (await box.toolbox.run(changed["echo"], {"text": "yes"}, "thread-1")).text == "yes"


async def test_a_call_that_is_cancelled_is_cancelled_at_the_server(box: Box) -> None:
    tools = await box.tools()
    call = asyncio.create_task(box.toolbox.run(tools["late"], {}, "thread-1"))
    await box.call("echo", {"text": "the call is on its way"})
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(json.loads((await box.call("cancelled")).text)) == 1


async def test_a_late_answer_is_not_waited_for(tmp_path: Path) -> None:
    box = Box(tmp_path, timeout=0.5)
    with pytest.raises(ToolError, match=r"bad did not answer within 0\.5 s"):
        await box.call("late")
    assert (await box.call("echo", {"text": "after"})).text == "after"
    await box.toolbox.aclose()


async def test_a_server_sees_no_key_and_no_proxy(tmp_path: Path) -> None:
    box = Box(tmp_path, env={"TOKEN": "${OPENAI_API_KEY}", "MODE": "${MODE:-plain}"})
    seen = json.loads((await box.call("environment")).text)
    assert seen.pop("LC_CTYPE", None) in (None, "C.UTF-8")  # Python's own
    assert seen == {"PATH": "/usr/bin:/bin", "TOKEN": "sk-never-passed", "MODE": "plain"}  # as the user says so
    assert "sk-never" not in repr(box.settings)
    await box.toolbox.aclose()


async def test_prompts_and_documents_are_clean(box: Box) -> None:
    await box.tools()
    (prompt,) = await box.toolbox.prompts()
    assert (prompt.server, prompt.name, prompt.arguments) == ("bad", "greet", ("who",))
    assert await box.toolbox.prompt("bad", "greet", {"who": "me"}) == "Greet me.␛[2J"
    (document,) = await box.toolbox.resources()
    assert (document.uri, document.name) == ("memo://one", "One␛[2J")
    assert await box.toolbox.resource("bad", "memo://one") == "A memo.\ufffd2J"


async def test_pages_without_an_end_are_left_at_a_bound(tmp_path: Path) -> None:
    box = Box(tmp_path, "endless-pages")
    offered = await box.toolbox.offered(["bad"])
    assert len(offered.tools) == 50
    assert offered.problems == ("bad lists too many tools; the first 50 are used.",)
    await box.toolbox.aclose()


async def test_a_server_that_never_speaks_does_not_keep_the_others_waiting_for_long(tmp_path: Path) -> None:
    box = Box(tmp_path, "mute", timeout=0.5)
    offered = await box.toolbox.offered(["bad"])
    assert offered.tools == ()
    assert offered.problems == ("bad did not start within 0.5 s. It wrote: ␛]0;owned␇ready",)
    await box.toolbox.aclose()


async def test_a_server_of_the_newer_protocol_alone_is_understood(tmp_path: Path) -> None:
    box = Box(tmp_path, "newer")
    assert (await box.call("echo", {"text": "new"})).text == "new"
    await box.toolbox.aclose()


async def test_only_the_tools_that_the_settings_allow_are_offered(tmp_path: Path) -> None:
    box = Box(tmp_path, tools=("echo", "gone"))
    offered = await box.toolbox.offered(["bad"])
    assert [each.name for each in offered.tools] == ["echo"]
    assert offered.problems[-1] == "bad has no tool gone."
    await box.toolbox.aclose()
