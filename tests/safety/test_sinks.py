"""Hostile text in every place of the interface that shows text of others: drawn as text, never obeyed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Label

from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.summary import compaction
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import ParameterSpec
from chat_tui.domain.ports.ledger import SyncProgress
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import ServerState, Tool, ToolServer
from chat_tui.domain.usage.ledger import Grouping, LedgerEntry, UsageSum
from chat_tui.session.several import ModelAnswer, SeveralAnswers
from chat_tui.session.tool_calls import PendingCall
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.messages.compact import CompactDialog
from chat_tui.ui.dialogs.messages.diff import Diff
from chat_tui.ui.dialogs.messages.edit import EditMessage
from chat_tui.ui.dialogs.messages.output import FileDiff
from chat_tui.ui.dialogs.messages.tree import TreePicker
from chat_tui.ui.dialogs.models.api_key import AskKey
from chat_tui.ui.dialogs.models.parameters import AskValue, ParameterPanel
from chat_tui.ui.dialogs.models.picker import ModelPicker
from chat_tui.ui.dialogs.models.welcome import Welcome
from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor
from chat_tui.ui.dialogs.question import AskLink, AskTags, AskText
from chat_tui.ui.dialogs.themes import ThemePicker
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from chat_tui.ui.dialogs.threads.trash import DamagedPicker, TrashPicker
from chat_tui.ui.dialogs.tools.arguments import EditArguments
from chat_tui.ui.dialogs.tools.picker import ToolPicker
from chat_tui.ui.dialogs.usage import UsageView
from chat_tui.ui.services import Start
from chat_tui.ui.text.sanitizer import SanitizingFilter
from tests.fakes import FakeToolbox
from tests.faults.screen import leaks
from tests.safety.conftest import running
from tests.torture import amount
from tests.ui.conftest import Home, screen_text, until

RAW = (
    "\x1b[31;8mX",
    "\x1b[2J\x1b[HX",
    "\x1b]52;c;UFdORUQ=\x07X",
    "\x1b]52;c;UFdORUQ=\x1b\\X",
    "\x1b]0;PWNED\x07X",
    "\x1b]8;;http://evil.example\x1b\\X",
    "\x1bP1$r\x1b\\X",
    "\x1b_APC\x1b\\X",
    "\x1b[c\x1bcX",
    "\x9b31mX\x9d0;PWNED\x9cX",
    "\r\x08\x07\x0bX\x0c\x0e\x7f",
    "\x85\u2028\u2029X",
    "\u202eX\u202c\u2066\u2069\u061c",
    "\u200b\u2060\ufeffX\ufff9",
    "X\U000e0041\U000e007f",
    "X" + "\u0301" * 40,
    "\ud83dX\ude00",
    "👩\u200d👧 نمی\u200cX",
)
CSI = "0m 5m 7m ?1049l ?25h ?2004h ?1000h 6n s u 10S 2K !p"
OSC = "1;i 2;t 4;0;red 7;file:///x 9;note 10;? 11;? 99;;n 777;notify;a;b"
ESC = "7 8 D E H M N O Z = > (0 #8 %G"
C0_C1 = "\x00 \x05 \x0e\x0f \x11\x13 \x18\x1a \x84\x88\x8d \x90q\x9c \x9e\x9f"
MORE = (
    *(f"\x1b[{each}X" for each in CSI.split(" ")),
    *(f"\x1b]{each}\x07X" for each in OSC.split(" ")),
    *(f"\x1b{each}X" for each in ESC.split(" ")),
    *(f"{each}X" for each in C0_C1.split(" ")),
)
"""What else steers a terminal, each for itself."""
MARKUP = ("[@click=app.boom]X[/]", "[b]X[/b]", "[link='//e']X")
LIKE_MARKUP = ("[INST] X [/INST]", "[$accent]X [red")
BROKEN_MARKUP = ("[/b] X", "[/usr/lib/X]", "[[X]] [] [")
"""Not beside the others, which it might keep from being taken for markup. All of one kind have room in a row."""
ID = "20261121-202700-evil"


def toml(text: str) -> str:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return '"' + "".join(each if each.isalnum() else f"\\U{ord(each):08x}" for each in text) + '"'


def arrange(home: Home, *texts: str) -> None:
    """Puts the texts, all in one, wherever the interface takes text from; two letters before it say where it was."""
    evil = "".join(texts)
    home.configure(
        f"theme = {toml('no' + evil)}\ndefault_model = {toml('work/mi' + evil)}\n"
        f'[providers.work]\nname = {toml("pn" + evil)}\nbase_url = "http://127.0.0.1:9/v1"\nauth = "none"\n'
        f"models = [{toml('mi' + evil)}]\nmodels_paths = []\n"
    )
    data, prompts = home.paths.data / "threads", home.paths.config / "prompts"
    data.mkdir(parents=True)
    prompts.mkdir(parents=True)
    error = {"kind": "rejected", "message": "em" + evil, "advice": "ea" + evil, "detail": "ed" + evil}
    call = {"id": "1", "type": "function", "function": {"name": "tn" + evil, "arguments": "ta" + evil}}
    answer: dict[str, object] = {
        **{"id": "1", "parent": "0", "role": "assistant", "model": f"work/mi{evil}", "status": "interrupted"},
        **{"content": f"ac{evil}\n\n```\nfe{evil}\n```\n", "reasoning": "re" + evil, "tool_calls": [call]},
        "error": {**error, "request_id": "ri" + evil},
        "tried": [{"model": f"work/tm{evil}", "message": "ty" + evil}],
    }
    thread: dict[str, object] = {
        "format": "chat-tui.thread",
        "version": 1,
        "id": ID,
        "title": "ti" + evil,
        "draft": "dr" + evil,
    }
    thread |= {"system_prompt": "sp" + evil, "model": f"work/mi{evil}", "head": "1"}
    thread["messages"] = [{"id": "0", "parent": None, "role": "user", "content": "uc" + evil}, answer]
    (data / f"{ID}.json").write_text(json.dumps(thread))
    trash, corrupt = home.paths.trash, home.paths.corrupt
    trash.mkdir()
    corrupt.mkdir()
    (trash / "gone.json").write_text(json.dumps(thread | {"title": "tt" + evil}))
    (corrupt / "broken.json").write_text(json.dumps(thread | {"title": "dt" + evil})[:-1])
    (prompts / "evil.toml").write_text(f"prompt = {toml('lp' + evil)}\ndescription = {toml('ld' + evil)}\n")
    for at in range(0, len(texts), 4):  # a name has 255 bytes at most
        name = "ln" + "".join(texts[at : at + 4]).encode("utf-8", "replace").decode()
        (prompts / f"{name.replace('/', '|').replace(chr(0), '|')}.toml").write_text('prompt = "x"\n')


async def never(on_text: Callable[[Message], None]) -> Message:
    raise AssertionError("nobody has confirmed")


PLACES = (
    *("uc", "ac", "fe", "re", "tn", "ta", "em", "ea", "ed", "ri", "ti", "mi", "pn", "dr", "no", "pa", "nm", "nt"),
    *(
        "ld",
        "ln",
        "lp",
        "sp",
        "he",
        "va",
        "ur",
        "th",
        "tg",
        "d1",
        "d2",
        "d4",
        "d5",
        "d6",
        "k1",
        "k2",
        "k3",
        "k4",
        "k5",
        "k6",
    ),
    *("tt", "dt", "us", "tm", "ty", "cm"),
)
"""Where the text stands, each with two letters before it."""


class Ledger:
    """A ledger with one name in it."""

    def __init__(self, name: str) -> None:
        self._sum = UsageSum(name, name, requests=1)

    def add(self, entries: Sequence[LedgerEntry]) -> None:
        """Takes nothing."""

    async def sync(self, progress: SyncProgress | None = None) -> bool:
        return True

    async def sums(self, by: Grouping, since: str = "", until: str = "") -> list[UsageSum]:
        return [self._sum]

    async def spent(self) -> None:
        return None


class Walk:
    """Goes through the interface and keeps what was drawn."""

    def __init__(self, app: ChatApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.bytes = ""
        self.text = ""
        self.actions: list[object] = []

    def look(self) -> None:
        """Draws the whole screen, as it would go to the terminal."""
        for strip in self.app.screen._compositor.render_strips():
            self.bytes += strip.render(self.app.console) + "\n"
            for segment in strip:
                self.actions += [
                    each
                    for each in (segment.style.meta if segment.style else {})
                    if each[0] == "@" and not each.startswith("@mouse.")
                ]  # a scrollbar's own
        self.text += screen_text(self.app)

    async def shows(self, *marks: str) -> None:
        """Waits for the places, then looks."""
        try:
            await until(self.pilot, lambda: all(each in screen_text(self.app) for each in marks))
        except TimeoutError:
            text = screen_text(self.app)
            raise AssertionError(f"{[each for each in marks if each not in text]} not in\n{text}") from None
        self.look()

    async def dialogs(self, evil: str) -> None:
        """Opens every dialog that shows texts of others."""
        app, services = self.app, self.app.services
        title = clean(evil, multiline=False)
        provider = services.settings.providers["work"]
        palette, thread = app.palette, app.chat.conversation.thread
        question, answer = thread.branch()
        planned = compaction(thread)
        assert planned is not None
        dialogs: list[tuple[Callable[[], object], tuple[str, ...]]] = [
            (lambda: ModelPicker(app, services, ModelRef("work", "mi" + evil), lambda **_: None),
             ("mi", "pn")),
            (lambda: SystemPromptEditor(app, services.prompts, "sp" + evil), ("sp", "ln", "ld")),
            (lambda: ThreadPicker(app, services.store, ID, app.conversations, lambda: app.painter), ("ti",)),
            (lambda: AskText(app, "he" + evil, "va" + evil), ("he", "va")),
            (lambda: AskLink(app, "ur" + evil), ("ur",)),
            (lambda: AskKey(app, provider, services), ("pn",)),
            (lambda: Welcome(app, services), ("pn",)),
            (lambda: AskTags(app, ["tg" + evil]), ("tg",)),
            (lambda: TreePicker(app, thread, lambda _: None, lambda _: True, None), ("uc", "ac", "mi")),
            (lambda: EditMessage(app, question), ("uc",)),
            (lambda: Diff(app, app.painter, [replace(answer, model="p/d1" + evil, content="d2" + evil),
                          replace(answer, model="p/d3" + evil, content="d4" + evil)], (0, 1)), ("d1", "d2", "d4")),
            (lambda: FileDiff(app, "d5" + evil, "+d6" + evil), ("d5", "d6")),
            (lambda: ParameterPanel(app, None, {"k1" + evil: "k2" + evil}, {"k3" + evil: "k4" + evil}),
             ("k1", "k2", "k3", "k4")),
            (lambda: AskValue(app, ParameterSpec("k5" + evil), "k6" + evil), ("k5", "k6")),
            (lambda: CompactDialog(app, planned, "cm" + evil, None, never), ("cm",)),
            (lambda: TrashPicker(app, services.store), ("tt",)),
            (lambda: UsageView(app, Ledger("us" + evil), lambda: services.settings), ("us",)),
            (lambda: DamagedPicker(app, services.store), ("dt",)),
            (lambda: ThemePicker(app, app.themes.palettes | {"th" + title: palette}, "plum", lambda _: None,
                                 lambda: app.painter),
             ("plum",)),
        ]  # fmt: skip
        for make, marks in dialogs:
            screen = make()
            await app.push_screen(screen)  # type: ignore[call-overload]
            screen.query(".dialog").set_styles("width: 100%; max-width: 100%;")  # type: ignore[attr-defined]
            await self.shows(*marks)
            await self.pilot.pause()
            if own := [each for each in app.workers if each.node is screen]:
                await app.workers.wait_for_complete(own)
            await app.pop_screen()


async def walk(home: Home, *texts: str, with_dialogs: bool = True) -> Walk:
    """Shows the texts in every place there is; the window is so wide that none is cut off."""
    evil = "".join(texts)
    arrange(home, *texts)
    async with running(home, Start(resume=ID), (140 + 6 * len(evil), 60)) as (app, pilot):
        walk = Walk(app, pilot)
        await until(pilot, lambda: app.chat.conversation.thread.id == ID)
        app.chat.view.toggle_reasoning()
        await walk.shows("no")
        app.clear_notifications()  # it lies over the rest
        await walk.shows("uc", "ac", "fe", "re", "tn", "em", "ea", "ri", "ti", "mi", "pn", "dr", "tm", "ty")
        app.chat.prompt.clear()
        app.chat.prompt.post_message(events.Paste("pa" + evil))
        app.notify("nm" + evil, title="nt" + evil)
        await walk.shows("pa", "nm", "nt")
        if with_dialogs:
            await walk.dialogs(evil)
    return walk


def test_there_are_enough_strings_and_places() -> None:
    assert len({*RAW, *MORE}) >= 60
    assert len({*RAW, *MORE}) * len(PLACES) >= 2_100


@pytest.mark.parametrize("part", range(amount(1, 3)))
async def test_what_is_drawn_is_text(home: Home, part: int) -> None:
    texts = [f"{each}q{number:02}z" for number, each in enumerate((*RAW, *MORE)) if number % 3 == part]
    found = await walk(home, *texts)
    assert leaks(found.bytes.encode("utf-8", "surrogatepass")) == []
    assert found.actions == []
    shown = {each[-4:]: found.text.count(each[-4:]) for each in texts}
    assert min(shown.values()) > len(PLACES), shown  # none was cut off where it was to be seen


@pytest.mark.parametrize(
    "texts", [BROKEN_MARKUP, MARKUP, LIKE_MARKUP][: amount(2, 3)], ids=["broken", "markup", "like"][: amount(2, 3)]
)
async def test_markup_is_shown_and_not_obeyed(home: Home, texts: tuple[str, ...]) -> None:
    found = await walk(home, *texts)
    assert leaks(found.bytes.encode()) == []
    assert found.actions == []
    for place in ("uc", "re", "tn", "em", "ea", "ri", "ti", "mi", "pn", "dr", "no", "pa", "nm", "nt", "he", "va", "sp"):
        assert place + "".join(texts) in found.text, place


def take_clean_away(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("chat_tui.") and name != kept and getattr(module, "clean", None) is clean:
            monkeypatch.setattr(module, "clean", lambda text, multiline=True: text)


def take_filter_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SanitizingFilter, "apply", lambda self, segments, background: segments)


EVIL = "\x1b]52;c;UFdORUQ=\x07X"


@pytest.mark.parametrize(("cleaned", "filtered"), [(True, False), (False, True), (False, False)])
async def test_each_guard_holds_alone_and_the_test_sees_when_none_does(
    home: Home, monkeypatch: pytest.MonkeyPatch, cleaned: bool, filtered: bool
) -> None:
    if not cleaned:
        take_clean_away(monkeypatch, "chat_tui.ui.text.sanitizer" if filtered else "")
    if not filtered:
        take_filter_away(monkeypatch)
    # One leak is enough to be seen; and the filter is one for all that is drawn.
    found = await walk(home, EVIL, with_dialogs=cleaned)
    assert bool(leaks(found.bytes.encode())) == (not cleaned and not filtered)


async def test_the_test_sees_an_action() -> None:
    class Careless(App[None]):
        def compose(self) -> ComposeResult:
            yield Label(MARKUP[0])

    async with Careless().run_test() as pilot:
        strips = pilot.app.screen._compositor.render_strips()
        metas = [segment.style.meta for strip in strips for segment in strip if segment.style]
    assert any("@click" in each for each in metas)


async def test_a_click_on_markup_does_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[str] = []
    monkeypatch.setattr(ChatApp, "action_boom", lambda self: fired.append("boom"), raising=False)
    arrange(home, MARKUP[0])
    async with running(home, Start(resume=ID)) as (app, pilot):
        await until(pilot, lambda: app.chat.conversation.thread.id == ID)
        app.clear_notifications()  # it lies over the rest
        await until(pilot, lambda: "uc" in screen_text(app))
        rows = screen_text(app).split("\n")
        places = [(row.index("]X[") + 1, y) for y, row in enumerate(rows) if "]X[" in row]
        assert len(places) > 5
        for place in places:
            await pilot.click(offset=place)
    assert fired == []


@pytest.mark.parametrize("cleaned", [True, False])
async def test_answers_of_several_models_and_their_tabs_are_drawn_as_text(
    home: Home, monkeypatch: pytest.MonkeyPatch, cleaned: bool
) -> None:
    evil = ("".join(RAW) if cleaned else EVIL) + "".join(MARKUP)
    arrange(home, EVIL)
    if cleaned:
        take_filter_away(monkeypatch)
    else:
        take_clean_away(monkeypatch, "chat_tui.ui.text.sanitizer")
    async with running(home, Start(resume=ID), (120, 60)) as (app, pilot):
        walk, session = Walk(app, pilot), app.chat.conversation.session
        await until(pilot, lambda: app.chat.conversation.thread.id == ID)
        question, answer = session.thread.branch()
        question.content = "uc" + evil
        several = SeveralAnswers(
            session, app.services.backend, [ModelRef("work", each + evil) for each in ("m1", "m2")]
        )
        whole = replace(answer, content="a1" + evil, error=None, status=Status.COMPLETE, finish_reason="fr" + evil)
        failed = replace(answer, content="a2" + evil, reasoning="re" + evil)
        several.answers = [ModelAnswer(*each) for each in zip(several.models, (whole, failed), strict=True)]
        app.chat.conversation.several = several
        app.chat.action_flow("answers")
        await walk.shows("uc", "m1", "m2", "fr", "a1", "a2", "em", "ea")
        await pilot.resize_terminal(100, 60)
        await walk.shows("1 m1", "2 m2", "a1")
        await pilot.press("2", "e")
        await walk.shows("re", "a2")
        await pilot.press("b")
        await walk.shows(" A ", " B ")
    assert leaks(walk.bytes.encode("utf-8", "surrogatepass")) == []
    assert walk.actions == []


async def test_calls_approvals_and_tool_servers_are_drawn_as_text(home: Home) -> None:
    evil = "".join(RAW) + "".join(MARKUP)
    arrange(home, EVIL)
    async with running(home, Start(resume=ID), (120, 60)) as (app, pilot):
        walk = Walk(app, pilot)
        await until(pilot, lambda: app.chat.conversation.thread.id == ID)
        calls, tool = app.chat.conversation.session.calls, Tool("ts" + evil, "tl" + evil, "td" + evil)
        assert calls is not None
        calls.pending.append(PendingCall(Message("c", None, Role.TOOL), tool, {"ar" + evil: "av" + evil}, "ae" + evil))
        app.chat.approvals.refresh()
        await walk.shows("Run tl", "ae", "ts", "ar", "av")
        calls.pending.clear()
        app.chat.approvals.refresh()
        toolbox = FakeToolbox(tool)
        toolbox.other_servers = [ToolServer("gone", "sa" + evil, ServerState.FAILED, "sf" + evil, log="sl" + evil)]
        for make, marks in (
            (lambda: ToolPicker(app, toolbox, []), ("tl", "td", "sf")),
            (lambda: EditArguments(app, tool.name, {"ea" + evil: "x"}), ("tl", "ea")),
        ):
            await app.push_screen(make())
            await walk.shows(*marks)
            await app.pop_screen()
    assert leaks(walk.bytes.encode("utf-8", "surrogatepass")) == []
    assert walk.actions == []
