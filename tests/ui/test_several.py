"""Several models in the app: marked in the picker, their answers beside each other, one of them chosen."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from textual.events import MouseScrollDown

from chat_tui.cli.container import Container
from chat_tui.domain.conversation.choice import ChosenAnswer
from chat_tui.domain.conversation.message import Role, Status
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.ports.diagrams import Diagram
from chat_tui.ui.chat.answers.column import AnswerColumn
from tests.servers import Reply, Request, ScriptedServer, delta, json_reply, sse
from tests.ui.conftest import Home, screen_text, until
from tests.ui.test_diagrams import FENCE, FixedDiagrams
from tests.ui.within import hints


async def test_marked_models_answer_beside_each_other_and_one_is_chosen(home: Home) -> None:
    held = asyncio.Event()

    def reply(request: Request) -> Reply:
        if request.json["model"] == "model-a":
            return Reply([sse(delta("Answer of A"), done=False), held, sse(delta(finish="stop"))])
        return Reply([sse(delta("第二个回答"), delta(finish="stop"))])

    async with ScriptedServer(reply) as server:
        home.use_server(server.url)
        async with home.run(size=(120, 30)) as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app.screen.chosen() == "work/model-a")  # type: ignore[attr-defined]
            await pilot.press("space", "space", "enter")
            assert "2 models · model-a, model-b" in screen_text(app)
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: "Answer of A" in screen_text(app) and "第二个回答" in screen_text(app))
            rows = screen_text(app).splitlines()
            assert any("1  model-a · Work" in each and "2  model-b · Work" in each for each in rows)
            assert hints(app)["stop"] == "esc"
            await pilot.press("b")
            assert "model-" not in screen_text(app)
            await pilot.press("b")
            names = screen_text(app)
            await pilot.press("1" if names.index("model-b") < names.index("model-a") else "2")
            await pilot.press("enter")
            await until(pilot, lambda: "/2 ›" in screen_text(app) and "1 of 2 answers finished" in screen_text(app))
            assert "第二个回答▌" not in screen_text(app), "it has ended"
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            assert "answers finished" not in screen_text(app)
            thread = app.chat.conversation.thread
            assert thread.branch()[-1].model == thread.model == "work/model-b"
            assert not app.chat.conversation.models
    (line,) = home.paths.choices_file.read_text().splitlines()
    assert (json.loads(line)["model"], json.loads(line)["over"]) == ("work/model-b", ["work/model-a"])


async def test_one_failed_is_a_row_and_narrow_windows_have_tabs(home: Home) -> None:
    def reply(request: Request) -> Reply:
        if request.json["model"] == "model-a":
            return json_reply({"error": {"message": "No such model."}}, 404)
        return Reply([sse(delta("Fine."), delta(finish="stop"))])

    async with ScriptedServer(reply) as server:
        home.use_server(server.url)
        async with home.run(size=(60, 20)) as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app.screen.chosen() == "work/model-a")  # type: ignore[attr-defined]
            await pilot.press("space", "space", "enter", *"Hi", "enter")
            await until(pilot, lambda: "1 model-a ✗" in screen_text(app) and "2 model-b ✓" in screen_text(app))
            assert "Fine." not in screen_text(app)
            await pilot.press("enter")
            assert "This answer has no text." in screen_text(app)
            await pilot.press("2")
            assert "Fine." in screen_text(app)
            assert "This answer has no text." not in screen_text(app)
            permitted: list[str] = []

            async def permits(request: ChatRequest) -> bool:
                permitted.append(str(request.model))
                return len(permitted) > 1

            app.screen._permits = permits  # type: ignore[attr-defined]
            await pilot.press("r", "r")
            await until(pilot, lambda: len(server.requests) == 3 and not app.chat.conversation.is_busy)
            assert permitted == ["work/model-b"] * 2, "once it was over the budget"
            await pilot.press("escape")
            assert len(app.chat.conversation.thread.siblings(app.chat.conversation.thread.head or "")) == 3


async def test_a_set_is_saved_and_asked_again_with_the_names_hidden(home: Home) -> None:
    held = asyncio.Event()

    def reply(request: Request) -> Reply:
        return Reply([sse(delta("Some text"), done=False), held, sse(delta(finish="stop"))])

    async with ScriptedServer(reply) as server:
        home.use_server(server.url)
        async with home.run(size=(120, 30)) as (app, pilot):
            await app.services.choices.add(ChosenAnswer("x", "work/model-a", ("work/model-b",), ""))
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "chosen 1 of 1" in screen_text(app))
            await pilot.press("ctrl+s")
            assert "Mark several models first." in screen_text(app)
            await pilot.press("space", "space")
            await until(pilot, lambda: hints(app).get("ask 2 models") == "enter")
            await pilot.press("ctrl+s", *"both", "enter")
            await until(pilot, lambda: "2 models: model-a, model-b" in screen_text(app))
            await pilot.press("escape")
            await until(pilot, home.paths.settings_file.exists)
            sets = tomllib.loads(home.paths.settings_file.read_text())["model_sets"]
            assert sets == {"both": ["work/model-a", "work/model-b"]}
            await pilot.press("ctrl+l")
            await until(pilot, lambda: app.screen.chosen() == "work/model-a")  # type: ignore[attr-defined]
            await pilot.press(*"model")
            assert app.screen.chosen() == "work/model-a", "not a set of it"  # type: ignore[attr-defined]
            await pilot.press("ctrl+u", *"both")
            await until(pilot, lambda: hints(app).get("ask all") == "enter")
            await pilot.press("ctrl+b", "enter")
            await until(pilot, lambda: "2 models · names hidden" in screen_text(app))
            await pilot.press(*"Hi", "enter")
            await until(pilot, lambda: screen_text(app).count("Some text") == 2)
            assert "model-" not in screen_text(app)
            await pilot.press("p")
            await until(pilot, lambda: "One of several models" in screen_text(app))
            assert "model-" not in "".join(screen_text(app).splitlines()[:-5]), "but in the status line"
            held.set()
            await until(pilot, lambda: not app.chat.conversation.is_busy)
            await pilot.press("ctrl+l", "home", *"both")
            await until(pilot, lambda: hints(app).get("delete set") == "^d")
            await pilot.press("ctrl+d", "ctrl+d")
            await until(pilot, lambda: not app.services.settings.model_sets)


async def test_columns_draw_what_turns_draw(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Container, "diagrams", FixedDiagrams(Diagram("A ──▶ B")))
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(120, 30)) as (app, pilot):
        thread = app.chat.conversation.thread
        prompt = thread.add(Role.USER, "Draw it.")
        for name in "ab":
            text = f"[page {name}](http://e.example/{name})\n\n{FENCE}" + "\n\nMore." * 20
            answer = thread.add(Role.ASSISTANT, text, parent=prompt.id)
            answer.model, answer.reasoning, answer.status = f"work/model-{name}", "A long thought.", Status.COMPLETE
        app.chat.action_flow("answers")
        await until(pilot, lambda: screen_text(app).count("A ──▶ B") == 2)
        assert "1 copy" not in screen_text(app)
        await pilot.press("V")
        await until(pilot, lambda: screen_text(app).count("flowchart") == 2)
        assert "1 copy" not in screen_text(app), "digits go to an answer"
        assert "A long thought" not in screen_text(app)
        await pilot.press("e")
        await until(pilot, lambda: screen_text(app).count("A long thought.") == 1)
        rows = screen_text(app).splitlines()
        (at,) = (number for number, row in enumerate(rows) if row.count("page") == 1 and "page b" in row)
        await pilot.click(offset=(rows[at].index("page b"), at))
        await until(pilot, lambda: "http://e.example/b" in screen_text(app))
        await pilot.press("escape")
        assert hints(app)["reasoning"] == "e"
        await pilot.press("e")
        await until(pilot, lambda: screen_text(app).count("A long thought.") == 2)
        views = [each.view for each in app.screen.query(AnswerColumn)]
        for key, tops in (("s", (0, 3)), ("s", (3, 6))):  # apart, then together
            await pilot.press(key)
            views[1].post_message(MouseScrollDown(views[1], 1, 1, 0, 1, 0, False, False, False))
            await until(pilot, lambda wanted=tops: tuple(each.scroll_offset.y for each in views) == wanted)  # type: ignore[misc]


def note(call: Callable[..., Any], called: list[str]) -> Callable[..., Any]:
    """The same, but its calls are noted by name."""

    def noted(*args: Any, **more: Any) -> Any:
        called.append(call.__name__)
        return call(*args, **more)

    return noted


@pytest.mark.each_frame
async def test_what_changes_below_the_answers_and_keys_draw_no_whole_window(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(120, 30)) as (app, pilot):
        thread = app.chat.conversation.thread
        prompt = thread.add(Role.USER, "Hi")
        for name in "ab":
            answer = thread.add(Role.ASSISTANT, f"Answer {name}", parent=prompt.id)
            answer.model, answer.status = f"work/model-{name}", Status.COMPLETE
        app.chat.action_flow("answers")
        await until(pilot, lambda: "Answer b" in screen_text(app))
        drawn: list[str] = []
        compositor: Any = app.screen._compositor
        noted = {name: note(getattr(compositor, name), drawn) for name in ("render_full_update", "reflow")}
        vars(compositor).update(noted)
        await pilot.press("1", "2", "1")
        app.chat.refresh()
        await pilot.pause()
        assert drawn == []
        await pilot.press("p")
        await until(pilot, lambda: "Write a message" in screen_text(app))
