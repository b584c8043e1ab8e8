"""Calls of tools in the app: nothing runs that was not seen and approved, and each call is a block of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from chat_tui.cli.container import Container
from chat_tui.domain.conversation.chunk import Finish, TextDelta, ToolCallDelta
from chat_tui.domain.conversation.message import Role
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.tools import Approval, ServerState, Tool, ToolResult, ToolServer
from chat_tui.session.tool_calls import ToolServices
from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.bars import approval_bar
from chat_tui.ui.chat.bars.approval_bar import ApprovalBar
from tests.fakes import FakeApprovals, FakeBackend, FakeChecker, FakeToolbox, Step
from tests.ui.conftest import Home, screen_text, until

NOW, LOG = Tool("time", "now", "Tells the time."), Tool("git", "log", "Shows commits.", claims_read_only=True)
DONE: list[Step] = [TextDelta("It is noon."), Finish("stop")]


def call(*tools: str, **arguments: object) -> list[Step]:
    calls: list[Step] = [ToolCallDelta(at, f"id{at}", name, json.dumps(arguments)) for at, name in enumerate(tools)]
    return [*calls, Finish("tool_calls")]


class Desk:
    """The app with tools and a scripted model."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.monkeypatch = home, monkeypatch
        home.configure('default_model = "fake/model"\n')
        self.toolbox, self.checker = FakeToolbox(NOW, LOG), FakeChecker()
        self.pilot: Pilot[None]
        self.app: ChatApp
        monkeypatch.setattr(approval_bar, "GRACE", 0.0)

    @asynccontextmanager
    async def run(self, *scripts: list[Step], size: tuple[int, int] = (100, 40)) -> AsyncIterator[None]:
        services = ToolServices(self.toolbox, self.checker, FakeApprovals())
        self.backend = FakeBackend(*scripts)
        self.monkeypatch.setattr(Container, "tools", services)
        self.monkeypatch.setattr(Container, "backend", self.backend)
        async with self.home.run(size=size) as (self.app, self.pilot):
            self.app.chat.conversation.session.set_tools(["time", "git"])
            yield

    async def send(self, text: str = "Hi") -> None:
        await self.pilot.press(*text, "enter")

    async def asked(self) -> None:
        """Until a call is asked about."""
        await until(self.pilot, lambda: bool(self.app.chat.query(ApprovalBar)))

    async def ended(self) -> None:
        """Until the turn has ended."""
        await until(self.pilot, lambda: not self.app.chat.conversation.is_busy)

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def results(self) -> list[str]:
        branch = self.app.chat.conversation.thread.branch()
        return [each.content for each in branch if each.role is Role.TOOL]


@pytest.fixture
def desk(home: Home, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(home, monkeypatch)


async def test_a_call_is_asked_about_runs_and_becomes_a_block(desk: Desk) -> None:
    async with desk.run(call("git__log", repo="/x"), DONE):
        await desk.send()
        await desk.asked()
        for each in ("Run log of git?", "git declares it read-only", '"repo": "/x"', "waiting for approval", "y run"):
            assert each in desk.text
        assert desk.toolbox.ran == []
        await desk.pilot.press("y")
        await desk.ended()
        assert desk.toolbox.ran == [("log", {"repo": "/x"})]
        assert not desk.app.chat.query(ApprovalBar)
        assert desk.app.chat.prompt.has_focus
        for each in ("▸ log · git", "done", '{"repo": "/x"}', "log: {'repo': '/x'}", "It is noon."):
            assert each in desk.text
        assert "tool call: git__log" not in desk.text


async def test_what_is_typed_approves_nothing(desk: Desk) -> None:
    desk.monkeypatch.setattr(approval_bar, "GRACE", 0.0)
    async with desk.run(call("git__log"), DONE):
        await desk.pilot.press("a", "enter", "y")
        await desk.asked()
        await desk.pilot.press("y", "a", "n")
        assert desk.app.chat.prompt.text == "yyan"
        assert desk.toolbox.ran == []
        assert "alt+d decide" in desk.text
        await desk.pilot.press("alt+d", "y")
        await desk.ended()
        assert desk.toolbox.ran == [("log", {})]
        assert desk.app.chat.prompt.text == "yyan"


async def test_a_key_that_was_pressed_before_the_call_was_seen_is_text(desk: Desk) -> None:
    async with desk.run(call("git__log"), DONE):
        await desk.send()
        desk.monkeypatch.setattr(approval_bar, "GRACE", 1000.0)
        await desk.asked()
        await desk.pilot.press("y", "e", "s")
        assert desk.toolbox.ran == []
        assert desk.app.chat.prompt.text == "yes"


async def test_a_refusal_is_told_with_words(desk: Desk) -> None:
    async with desk.run(call("git__log"), DONE):
        await desk.send()
        await desk.asked()
        await desk.pilot.press("n", *"not now", "enter")
        await desk.ended()
        assert desk.toolbox.ran == []
        assert desk.results == ["The user refused this call. They said: not now"]
        assert "refused" in desk.text


async def test_edited_arguments_run_once_they_are_json(desk: Desk) -> None:
    async with desk.run(call("git__log", repo="/x"), DONE):
        await desk.send()
        await desk.asked()
        await desk.pilot.press("e")
        editor = desk.app.screen.query_one("TextField")
        editor.load_text("{")  # type: ignore[attr-defined]
        await desk.pilot.press("ctrl+s")
        assert "Not valid JSON" in desk.text
        editor.load_text('{"repo": "/y"}')  # type: ignore[attr-defined]
        await desk.pilot.press("ctrl+s")
        await desk.ended()
        assert desk.toolbox.ran == [("log", {"repo": "/y"})]


async def test_several_calls_are_asked_about_one_after_the_other(desk: Desk) -> None:
    async with desk.run(call("git__log", "time__now"), DONE):
        await desk.send()
        await desk.asked()
        await until(desk.pilot, lambda: "1 of 2" in desk.text)
        assert desk.text.count("waiting for approval") == 3, "both blocks, and the state"
        await desk.pilot.press("y")
        await until(desk.pilot, lambda: "Run now of time?" in desk.text)
        assert desk.app.chat.query_one(ApprovalBar).has_focus
        await desk.pilot.press("a")
        await desk.ended()
        assert desk.toolbox.ran == [("log", {}), ("now", {})]


async def test_the_reader_stays_where_they_are_and_stopping_ends_the_calls(desk: Desk) -> None:
    long: list[Step] = [TextDelta("\n\n".join(f"Line {each}." for each in range(60)) + "\n\n"), *call("git__log")]
    async with desk.run(long, DONE, size=(80, 24)):
        desk.backend.scripts[0] = [long[0], held := asyncio.Event(), *long[1:]]
        await desk.send()
        await until(desk.pilot, lambda: "Line 59." in desk.text, flows=False)
        await desk.pilot.press("ctrl+home")
        before = [line for line in desk.text.splitlines() if "Line" in line]
        held.set()
        await desk.asked()
        after = [line for line in desk.text.splitlines() if "Line" in line]
        assert after
        assert after == before[: len(after)]
        await desk.pilot.press("escape")
        await desk.ended()
        assert desk.results == ["The user did not run this call."]
        assert not desk.app.chat.query(ApprovalBar)


async def test_a_failed_call_says_why_and_what_a_killed_program_left_can_be_continued(desk: Desk) -> None:
    desk.toolbox.rules = {"git:log": Approval.ALWAYS}
    desk.toolbox.results = {"log": ToolError("The server git was lost.")}
    async with desk.run(call("git__log"), DONE, DONE):
        await desk.send()
        await desk.ended()
        assert "failed" in desk.text
        assert "The server git was lost." in desk.text
        assert "sent to the model · alt+x tools" in desk.text
        thread = desk.app.chat.conversation.thread
        thread.head = thread.branch()[2].id
        desk.app.chat.threads.show_branch()
        await desk.pilot.pause()
        assert "c continue" in desk.text
        await desk.pilot.press("alt+up", "c")
        await desk.ended()
        assert len(thread.branch()) == 4
        assert "c continue" not in desk.text


async def test_long_arguments_leave_room_for_the_conversation_and_the_keys(desk: Desk) -> None:
    async with desk.run(call("git__log", paths=["chat_tui/domain"] * 40), DONE, size=(80, 24)):
        await desk.send()
        await desk.asked()
        assert desk.app.chat.query_one("#compose").region.height <= 16
        assert desk.app.chat.view.region.height >= 5
        await until(desk.pilot, lambda: "esc stop" in desk.text.split("y run once")[-1])


async def test_calls_are_found_listed_in_the_tree_and_not_edited(desk: Desk) -> None:
    desk.toolbox.rules = {"git:log": Approval.ALWAYS}
    desk.toolbox.results = {"log": ToolResult("{\n  'commit': 1\n}\nneedle")}
    async with desk.run(call("git__log"), DONE):
        await desk.send()
        await desk.ended()
        assert "{ 'commit': 1 } needle … 3 more lines" in desk.text
        await desk.pilot.press("alt+t")
        await until(desk.pilot, lambda: "calls git__log" in desk.text)
        assert "log    { 'commit': 1 } needle" in desk.text
        await desk.pilot.press("escape", "ctrl+f", *"needle")
        await until(desk.pilot, lambda: "1 of 1" in desk.text)
        assert desk.app.chat.view.viewport.turns[2].unfolded
        await desk.pilot.press("escape")
        desk.app.chat.view.select(desk.app.chat.view.messages[2].id)
        await desk.pilot.press("e")
        assert "The result of a tool can't be edited." in desk.text
        thread = desk.app.chat.conversation.thread
        assert len(thread.messages) == 4
        await desk.pilot.press("d")
        assert thread.branch()[-1].tool_calls
        await desk.pilot.press("alt+up")
        for each in ("tool call: git__log({})", "not run · alt+↑, c continue", "c continue"):
            assert each in desk.text
        await desk.pilot.press("c")
        await desk.ended()
        assert desk.results == ["{\n  'commit': 1\n}\nneedle"]


async def test_tools_are_switched_on_and_off_and_that_can_be_undone(desk: Desk) -> None:
    lost = ToolServer("gone", "gone-server", ServerState.FAILED, "gone-server was not found.", log="/var/log/gone.log")
    desk.toolbox.other_servers = [lost]
    desk.toolbox.rules = {"git:log": Approval.NEVER}
    async with desk.run():
        chat = desk.app.chat
        chat.conversation.session.set_tools([])
        await desk.pilot.press("alt+x")
        for each in ("none on", "○ time", "1 tool · ~", "○ log", "read only?", "never", "failed: gone-server was not"):
            assert each in desk.text
        await desk.pilot.press("down", "space")
        assert "1 tool on · ~" in desk.text
        assert "Tells the time." in desk.text
        await desk.pilot.press("down", "enter", "down", "enter", "down")
        assert "/var/log/gone.log" in desk.text
        await desk.pilot.press("escape")
        assert chat.conversation.thread.tools == ["time:now"], (
            "switching the server on and its only tool off leaves none"
        )
        assert "1 tool" in desk.text.splitlines()[-2]
        await chat.run_command("undo")
        await desk.pilot.pause()
        assert chat.conversation.thread.tools == []


HOSTILE = "\x1b[2J\x1b]0;PWNED\x07\u202eevil [b]X[/b]"


async def test_hostile_names_arguments_and_results_are_text(desk: Desk) -> None:
    desk.toolbox.tools = (Tool("git", f"log{HOSTILE}", HOSTILE),)
    desk.toolbox.results = {f"log{HOSTILE}": ToolResult(f"res{HOSTILE}\nsecond")}
    script: list[Step] = [ToolCallDelta(0, "id0", desk.toolbox.tools[0].wire_name, json.dumps({"path": HOSTILE}))]
    async with desk.run([*script, Finish("tool_calls")], DONE):
        await desk.send()
        await desk.asked()
        assert r"\u001b[2J\u001b]0;PWNED\u0007\u202eevil [b]X[/b]" in desk.text, "arguments hide nothing"
        await desk.pilot.press("y")
        await desk.ended()
        assert "res" in desk.text
        assert not {"\x1b", "\x07", "\u202e"} & set(desk.text)


async def test_what_is_copied_of_a_call_is_as_it_was_written(desk: Desk) -> None:
    rows = json.dumps([{"name": "a|b", "size": 1}, {"name": "c", "size": 20}])
    desk.toolbox.rules = {"git:log": Approval.ALWAYS}
    desk.toolbox.results = {"log": ToolResult(rows)}
    async with desk.run(call("git__log", **{"repo": "/x", "deep": {"list": [1, 2]}}), DONE):
        await desk.send()
        await desk.ended()
        view = desk.app.chat.view
        message = view.messages[2]
        view.select(message.id)
        await desk.pilot.press("enter")
        assert "a|b" in desk.text
        assert '"name"' not in desk.text, "a list of objects is a table"
        source = view.viewport.source_map(2)
        assert [source.texts[each.part][each.begin : each.end] for each in source.blocks] == [
            '{"repo": "/x", "deep": {"list": [1, 2]}}',
            rows,
        ]
        assert [each.code for each in source.blocks] == ['{"repo": "/x", "deep": {"list": [1, 2]}}', rows]
        block = source.blocks[1]
        assert source.excerpt((block.top + 2, 2), (block.top + 2, 4)) == rows
