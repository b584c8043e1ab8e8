"""Calls of tools in a session: nothing runs unasked or twice, and the thread says what became of each."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from chat_tui.domain.conversation.chunk import Finish, TextDelta, ToolCallDelta
from chat_tui.domain.conversation.message import Message, Role, Status, ToolRun, ToolState
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.tools import Approval, Tool, ToolResult
from chat_tui.session import ChatSession
from chat_tui.session.tool_calls import Decision, PendingCall, Permission, ToolServices
from chat_tui.storage.threads.codec import decode, encode
from tests.fakes import FakeApprovals, FakeBackend, FakeChecker, FakeStore, FakeToolbox, Step

NOW, LOG = Tool("time", "now"), Tool("git", "log", "Shows commits.")
DONE: list[Step] = [TextDelta("It is noon."), Finish("stop")]
ONCE = Decision(Permission.ONCE)


def call(*tools: str, **arguments: object) -> list[Step]:
    """An answer that calls tools by their names in the request."""
    calls: list[Step] = [ToolCallDelta(at, f"id{at}", name, json.dumps(arguments)) for at, name in enumerate(tools)]
    return [*calls, Finish("tool_calls")]


class Desk:
    """A session with tools, and what answers its calls."""

    def __init__(self, *scripts: list[Step], thread: Thread | None = None, rounds: int = 8) -> None:
        self.backend, self.store, self.toolbox = FakeBackend(*scripts), FakeStore(), FakeToolbox(NOW, LOG)
        self.checker, self.approvals = FakeChecker(), FakeApprovals()
        services = ToolServices(self.toolbox, self.checker, self.approvals, lambda: rounds)
        self.thread = thread or Thread(tools=["time", "git"])
        model = ModelRef("fake", "model")
        self.session = ChatSession(self.thread, self.store, self.backend, default_model=model, tools=services)
        assert self.session.calls is not None
        self.calls = self.session.calls
        self.asked: list[tuple[str, JsonObject, str]] = []
        self.decisions: list[Decision] = []
        self.calls.on_pending = self.pending

    def pending(self, call: PendingCall) -> None:
        self.asked.append((call.tool.ref, call.arguments, call.reason))
        if self.decisions:
            self.calls.decide(call.message.id, self.decisions.pop(0))

    @property
    def results(self) -> list[tuple[ToolState, str]]:
        branch = self.thread.branch()
        return [(each.tool_run.state, each.content) for each in branch if each.tool_run is not None]


async def test_a_call_is_asked_about_and_its_result_is_sent() -> None:
    desk = Desk(call("time__now", zone="UTC"), DONE)
    desk.decisions = [ONCE]
    await desk.session.send("What time is it?")
    assert desk.asked == [("time:now", {"zone": "UTC"}, "")]
    assert desk.toolbox.ran == [("now", {"zone": "UTC"})]
    assert [each.role for each in desk.thread.branch()] == [Role.USER, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
    assert [each.name for each in desk.backend.requests[0].tools] == ["now", "log"]
    sent = desk.backend.requests[1].messages[-1]
    assert (sent.role, sent.tool_call_id, sent.content) == (Role.TOOL, "id0", "now: {'zone': 'UTC'}")
    assert decode(encode(desk.thread)).messages == desk.thread.messages


async def test_without_tools_in_the_thread_nothing_runs() -> None:
    desk = Desk(call("time__now"), thread=Thread())
    await desk.session.send("What time is it?")
    assert (desk.asked, desk.toolbox.ran, desk.backend.requests[0].tools) == ([], [], ())


async def test_tools_that_are_switched_off_are_sent_no_more() -> None:
    desk = Desk(DONE, DONE)
    await desk.session.send("Hi")
    desk.session.set_tools([])
    await desk.session.send("Again")
    assert [len(each.tools) for each in desk.backend.requests] == [2, 0]


async def test_that_a_call_runs_is_on_disk_before_it_does() -> None:
    desk = Desk(call("time__now"), DONE)
    desk.decisions, desk.toolbox.held = [ONCE], asyncio.Event()
    states: list[str] = []
    saved = desk.store.save_blocking

    def save(thread: Thread) -> None:
        states.extend(each.tool_run.state for each in thread.messages.values() if each.tool_run)
        saved(thread)

    desk.store.save_blocking = save  # type: ignore[method-assign]
    task = asyncio.create_task(desk.session.send("Hi"))
    await desk.toolbox.running.wait()
    assert states == ["waiting", "running"]
    assert desk.session.is_calling
    desk.toolbox.held.set()
    await task
    assert states[2] == "done"
    assert not desk.session.is_calling


async def test_what_can_not_be_saved_does_not_run() -> None:
    desk = Desk(call("time__now"), DONE)

    def pending(call: PendingCall) -> None:
        desk.store.failure = StorageError("disk full")
        desk.calls.decide(call.message.id, ONCE)

    desk.calls.on_pending = pending
    await desk.session.send("Hi")
    assert desk.toolbox.ran == []
    assert desk.results[0] == (ToolState.FAILED, "Not run, as the thread could not be saved: disk full")


async def test_always_holds_in_this_thread_until_the_tool_changes() -> None:
    desk = Desk(call("git__log"), call("git__log"), DONE, call("git__log"), DONE)
    desk.decisions = [Decision(Permission.ALWAYS)]
    await desk.session.send("Hi")
    assert len(desk.asked) == 1
    assert len(desk.toolbox.ran) == 2
    desk.toolbox.tools = (NOW, Tool("git", "log", "Shows commits, and sends them away."))
    desk.decisions = [Decision(Permission.NO, reason="not that one")]
    await desk.session.send("Again")
    assert desk.asked[1][2] == "This tool has changed since you approved it."
    assert len(desk.toolbox.ran) == 2
    assert desk.results[-1] == (ToolState.REFUSED, "The user refused this call. They said: not that one")
    other = Desk(call("git__log"), DONE)
    other.approvals, other.decisions = desk.approvals, [ONCE]
    await other.session.send("Hi")
    assert len(other.asked) == 1, "another thread asks for itself"


async def test_of_a_temporary_thread_neither_results_nor_approvals_are_kept() -> None:
    desk = Desk(call("time__now"), call("time__now"), DONE, thread=Thread(tools=["time"], is_temporary=True))
    desk.decisions = [Decision(Permission.ALWAYS)]
    await desk.session.send("What time is it?")
    assert len(desk.asked) == 1, "it holds until the thread is left"
    assert (desk.toolbox.kept_for, desk.approvals.known) == (["", ""], {})


async def test_the_settings_approve_or_forbid_and_a_changed_tool_is_asked_about() -> None:
    desk = Desk(call("time__now", "git__log"), DONE, call("git__log"), DONE)
    desk.toolbox.rules = {"time:now": Approval.NEVER, "git:log": Approval.ALWAYS}
    await desk.session.send("Hi")
    assert (desk.asked, desk.toolbox.ran) == ([], [("log", {})])
    assert desk.results[0] == (ToolState.REFUSED, "The user's settings do not allow this tool.")
    desk.toolbox.tools, desk.decisions = (NOW, Tool("git", "log", "Another one.")), [ONCE]
    await desk.session.send("Again")
    assert desk.asked == [("git:log", {}, "This tool has changed since you approved it.")]


async def test_calls_of_one_answer_run_at_once_and_their_results_keep_their_order() -> None:
    desk = Desk(call("git__log", "time__now"), DONE)
    desk.toolbox.held = asyncio.Event()
    desk.toolbox.rules = {"time:now": Approval.ALWAYS}
    task = asyncio.create_task(desk.session.send("Hi"))
    await desk.toolbox.running.wait()
    while not desk.asked:  # noqa: ASYNC110 - the other call is about to be asked about
        await asyncio.sleep(0)
    assert desk.toolbox.ran == [("now", {})], "what is approved does not wait for what is not"
    desk.calls.decide(desk.calls.pending[0].message.id, ONCE)
    desk.toolbox.held.set()
    await task
    assert [each[1] for each in desk.results] == ["log: {}", "now: {}"]
    assert [each.tool_call_id for each in desk.backend.requests[1].messages[2:]] == ["id0", "id1"]


async def test_calls_wait_for_the_user_in_the_order_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(call("git__log", "time__now"), DONE)
    checked, first = asyncio.Event(), desk.checker.problems

    async def slow(value: Json, schema: JsonObject) -> list[str]:
        monkeypatch.setattr(desk.checker, "problems", first)
        await checked.wait()
        return []

    monkeypatch.setattr(desk.checker, "problems", slow)
    task = asyncio.create_task(desk.session.send("Hi"))
    while len(desk.asked) < 2:  # noqa: ASYNC110 - a call is about to be asked about
        if desk.asked:
            checked.set()
        await asyncio.sleep(0)
    assert [each[0] for each in desk.asked] == ["time:now", "git:log"]
    assert [each.tool.name for each in desk.calls.pending] == ["log", "now"]
    desk.session.cancel_status = Status.STOPPED
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_request_that_is_shown_has_the_tools_that_are_on_before_anything_is_sent() -> None:
    desk = Desk(thread=Thread(tools=["git"]))
    assert [each.ref for each in desk.session.request("Hi").tools] == ["git:log"]


async def test_an_answer_that_broke_off_has_no_calls_to_take_up() -> None:
    desk = Desk([*call("git__log")[:-1], held := asyncio.Event()])
    task = asyncio.create_task(desk.session.send("Hi"))
    while not (answers := desk.thread.branch()[1:]) or not answers[0].tool_calls:  # noqa: ASYNC110 - it is being written
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not held.is_set()
    assert not desk.thread.has_calls_to_take_up


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("time__gone", "{}", "No tool named 'time__gone' is offered."),
        ("time__now", "{", "The arguments are not valid JSON:"),
        ("time__now", "[1]", "The arguments are not a JSON object."),
        ("time__now", '{"zone": 5}', "do not match the schema of the tool:\n- $.zone: 5 is not a string"),
    ],
)
async def test_a_bad_call_is_told_to_the_model_and_nobody_is_asked(name: str, arguments: str, text: str) -> None:
    desk = Desk([ToolCallDelta(0, "a", name, arguments), Finish("tool_calls")], DONE)
    desk.checker.found = {"{'zone': 5}": ["$.zone: 5 is not a string"]}
    await desk.session.send("Hi")
    assert (desk.asked, desk.toolbox.ran) == ([], [])
    assert desk.results[0][0] is ToolState.FAILED
    assert text in desk.results[0][1]


async def test_what_a_tool_reports_as_an_error_and_what_a_lost_server_says_is_told() -> None:
    desk = Desk(call("time__now", "git__log"), DONE)
    desk.decisions = [ONCE, ONCE]
    desk.toolbox.results = {"now": ToolError("The server was lost."), "log": ToolResult("no repository", is_error=True)}
    await desk.session.send("Hi")
    assert desk.results == [(ToolState.FAILED, "The server was lost."), (ToolState.FAILED, "no repository")]
    assert desk.session.reply is not None
    assert desk.session.reply.content == "It is noon."


async def test_changed_arguments_are_checked_run_and_told() -> None:
    desk = Desk(call("time__now", zone="UTC"), DONE)
    desk.checker.found = {"{'zone': 5}": ["$.zone: 5 is not a string"]}
    desk.decisions = [Decision(Permission.ONCE, {"zone": 5}), Decision(Permission.ONCE, {"zone": "CET"})]
    await desk.session.send("Hi")
    assert desk.asked[1] == ("time:now", {"zone": 5}, "$.zone: 5 is not a string")
    assert desk.toolbox.ran == [("now", {"zone": "CET"})]
    assert desk.results[0][1].startswith('The user changed the arguments to {"zone": "CET"}.')
    run = desk.thread.branch()[2].tool_run
    assert run is not None
    assert run.arguments == {"zone": "CET"}


async def test_too_many_rounds_are_asked_about_though_approved() -> None:
    desk = Desk(*[call("time__now") for _ in range(3)], DONE, rounds=2)
    desk.toolbox.rules, desk.decisions = {"time:now": Approval.ALWAYS}, [ONCE]
    await desk.session.send("Hi")
    assert desk.asked == [("time:now", {}, "2 rounds of tool calls have run without your approval.")]
    assert len(desk.toolbox.ran) == 3


@pytest.mark.parametrize("is_running", [False, True])
async def test_stopping_ends_the_calls_and_what_is_sent_next_has_their_results(is_running: bool) -> None:
    desk = Desk(call("time__now"), DONE)
    desk.toolbox.held = asyncio.Event()
    task = asyncio.create_task(desk.session.send("Hi"))
    while not desk.asked:  # noqa: ASYNC110 - until the call is asked about
        await asyncio.sleep(0)
    if is_running:
        desk.calls.decide(desk.calls.pending[0].message.id, ONCE)
        await desk.toolbox.running.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    state, text = desk.results[0]
    assert state is (ToolState.FAILED if is_running else ToolState.REFUSED)
    assert desk.calls.pending == []
    assert desk.store.saved[-1] == ["Hi", "", text]
    await desk.session.send("Go on")
    assert [each.content for each in desk.backend.requests[1].messages[2:]] == [text, "Go on"]


def killed(state: ToolState | None) -> Thread:
    """A thread as a killed program leaves it: with the call in a state, or before the call was noted."""
    thread = Thread(tools=["time"])
    thread.add(Role.USER, "Hi")
    answer = thread.add(Role.ASSISTANT)
    answer.status, answer.model = Status.COMPLETE, "fake/model"
    answer.tool_calls = [{"id": "a", "type": "function", "function": {"name": "time__now", "arguments": "{}"}}]
    if state is not None:
        message: Message = thread.add(Role.TOOL, "noon" if state is ToolState.DONE else "")
        message.tool_call_id, message.tool_run = "a", ToolRun("time", "now", state)
    return decode(encode(thread))


@pytest.mark.parametrize(
    ("state", "asks", "runs"),
    [(None, "", 1), (ToolState.WAITING, "", 1), (ToolState.RUNNING, "is not known", 1), (ToolState.DONE, None, 0)],
)
async def test_a_killed_turn_is_taken_up_and_nothing_runs_twice_unasked(
    state: ToolState | None, asks: str | None, runs: int
) -> None:
    desk = Desk(DONE, thread=killed(state))
    if state is ToolState.RUNNING:
        desk.toolbox.rules = {"time:now": Approval.ALWAYS}
    desk.decisions = [ONCE]
    await desk.session.continue_answer()
    assert [asks in each[2] for each in desk.asked if asks is not None] == ([] if asks is None else [True])
    assert len(desk.toolbox.ran) == runs
    assert desk.results[0][0] is ToolState.DONE
    assert desk.session.reply is not None
    assert desk.session.reply.content == "It is noon."


async def test_a_prompt_after_a_killed_turn_runs_nothing() -> None:
    desk = Desk(DONE, thread=killed(ToolState.RUNNING))
    await desk.session.send("Never mind")
    assert desk.toolbox.ran == []
    assert "is not known" in desk.results[0][1]


async def test_a_dying_program_leaves_calls_to_be_taken_up() -> None:
    desk = Desk(call("time__now"))
    task = asyncio.create_task(desk.session.send("Hi"))
    while not desk.asked:  # noqa: ASYNC110 - until the call is asked about
        await asyncio.sleep(0)
    desk.session.cancel_status = Status.INTERRUPTED
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert desk.results == [(ToolState.WAITING, "")]


async def test_calls_without_ids_get_some() -> None:
    desk = Desk([ToolCallDelta(0, "", "time__now", "{}"), ToolCallDelta(1, "", "git__log", "{}"), Finish("stop")], DONE)
    desk.decisions = [ONCE, ONCE]
    await desk.session.send("Hi")
    sent = desk.backend.requests[1].messages
    assert [each["id"] for each in sent[1].tool_calls] == [each.tool_call_id for each in sent[2:]]
    assert len({each.tool_call_id for each in sent[2:]}) == 2


def test_names_in_requests_are_valid_and_no_two_tools_share_one() -> None:
    pairs = [
        ("a", "b"),
        ("a__b", "c"),
        ("a", "b__c"),
        ("a_", "b"),
        ("a", "_b"),
        ("日本", "b"),
        ("x" * 80, "y"),
        ("a", "b.c"),
        ("a", "b_c"),
    ]
    names = [Tool(server, name).wire_name for server, name in pairs]
    assert len(set(names)) == len(pairs)
    assert all(
        len(each) <= 64 and each.replace("_", "").replace("-", "").isalnum() and each.isascii() for each in names
    )
    assert names[0] == "a__b"
