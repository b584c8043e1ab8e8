"""`kill -9` at random moments while answers stream and are saved: no file is damaged, no text is lost."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.calling import ASKED, ID, LOG, shop
from tests.faults.children import Child, Promises, let_talk, paths_in, seeded
from tests.faults.conftest import Home
from tests.faults.terminal import until
from tests.servers import Reply, Request, ScriptedServer, delta, sse
from tests.torture import amount

KILLS = amount(40, 600)
"""Of children; as many go on with one thread as `ON_ONE` says."""
ON_ONE = 20
TRIES = 80
"""Of a writer that must be caught: about one kill in three hits it where it hurts."""
APP_KILLS = amount(4, 16)
BUSY = "import chat_tui.session.autosave\nchat_tui.session.autosave.DELAY = 0.002\n"
"""Saves all the time, so that many kills hit one."""


def kill() -> None:
    """Nothing happens before the child is killed."""


@pytest.mark.parametrize("number", range(KILLS // ON_ONE))
def test_nothing_is_damaged_and_nothing_acknowledged_is_lost(tmp_path: Path, number: int) -> None:
    chance, promises = seeded(), Promises()
    for _ in range(ON_ONE):
        let_talk(tmp_path, promises, chance, kill)
        assert promises.broken(tmp_path) == []
    assert promises.count > ON_ONE


def test_a_writer_in_place_is_caught(tmp_path: Path) -> None:
    chance = seeded()
    for number in range(TRIES):
        promises = Promises()
        let_talk(tmp_path / str(number), promises, chance, kill, "in place")
        if promises.broken(tmp_path / str(number)):
            return
    pytest.fail("a writer that truncates the file got away with it")


def states_of(root: Path) -> list[str]:
    """The states of the calls in the thread's file."""
    thread = json.loads((paths_in(root).threads / f"{ID}.json").read_bytes())
    return [each["tool_run"]["state"] for each in thread["messages"] if each["role"] == "tool"]


def runs_of(root: Path) -> list[str]:
    """The tools that ran, once for each run."""
    return (root / LOG).read_text().split() if (root / LOG).exists() else []


@pytest.mark.parametrize("part", range(2))
def test_no_call_of_a_killed_turn_is_lost_runs_twice_or_unasked(tmp_path: Path, part: int) -> None:
    """A turn with two calls is killed at each of its steps, and taken up."""
    with Child(shop, tmp_path / "whole", False) as child:
        child.ends()
        steps = list(child.rest())
    assert steps[-1] == "end"
    assert len(steps) > 15
    for number in range(part, len(steps) - 1, 2 * amount(2, 1)):
        root = tmp_path / str(number)
        with Child(shop, root, True) as child:
            for _ in range(number):
                child.hear()
                child.tell("go on")
            at = child.hear()
            child.kill()
        before = runs_of(root)
        with Child(shop, root, False) as child:
            child.ends()
            later = list(child.rest())
        assert later[-1] == "end", (number, at)
        ran = runs_of(root)
        asked = later.count(ASKED)
        assert len(ran) == len(set(ran)), (number, at, "ran twice")
        assert len(ran) == 2 or asked, (number, at, "lost")
        states = states_of(root)
        assert len(states) == 2, (number, at, states)
        assert states.count("refused") == asked, "what is not known was asked about"
        assert states.count("done") == 2 - asked
        assert ran[: len(before)] == before


def endless(asked: asyncio.Event) -> Callable[[Request], Reply]:
    """An answer that goes on until the client is dead; tells when it was asked for."""

    def answer(request: Request) -> Reply:
        asked.set()
        return Reply(_pieces())

    return answer


def _pieces() -> Iterator[bytes | asyncio.Event]:
    number = 0
    while True:
        number += 1
        yield sse(delta(f"word{number} "), done=False)
        tick = asyncio.Event()
        asyncio.get_running_loop().call_later(0.002, tick.set)
        yield tick


@pytest.mark.parametrize("in_app", [True, False], ids=["app", "ask"])
async def test_the_real_program_loses_no_prompt(home: Home, in_app: bool) -> None:
    chance, asked = seeded(), asyncio.Event()
    acknowledged: list[str] = []
    async with ScriptedServer(endless(asked)) as server:
        home.use_server(server.url)
        for kill in range(APP_KILLS // 2):
            prompt, going_on = f"prompt {kill}", kill > 0
            asked.clear()
            argv = ["--resume"] * going_on if in_app else ["ask", prompt, *["--continue"] * going_on]
            async with home.terminal(*argv, patch=BUSY) as terminal:
                if in_app:
                    await terminal.ready()
                    if going_on:
                        await terminal.until(lambda: terminal.screen.text.startswith(" prompt 0"))  # the title
                    terminal.send(prompt + "\r")
                async with asyncio.timeout(60):
                    await asked.wait()
                acknowledged.append(prompt)  # a request is only sent once its prompt is on disk
                await asyncio.sleep(chance.uniform(0, 0.15))
                terminal.signal(signal.SIGKILL)
                assert await terminal.exits() == -signal.SIGKILL
            messages = home.thread()["messages"]  # raises for a damaged file
            kept = [each["content"] for each in messages if each["role"] == "user"]
            assert kept == acknowledged
            for each in messages:
                if each["role"] == "user":
                    continue
                assert each["status"] == "interrupted"
                assert each["content"].startswith("word1 ") or not each["content"]
    assert list((home.root / "data").rglob("*corrupt*")) == []


async def test_what_several_models_had_answered_is_kept_once_by_a_killed_program(home: Home) -> None:
    models = [f"work/model-{name}" for name in "abc"]
    async with ScriptedServer(endless(asyncio.Event())) as server:
        home.use_server(server.url)

        def of_prompt(number: int) -> dict[str, str]:
            """What the models have answered to a prompt, by model, as it is on disk."""
            messages = [each for thread in home.threads() for each in thread["messages"]]
            ids = [each["id"] for each in messages if each["content"] == f"prompt {number}"]
            answers = [each for each in messages if each["role"] == "assistant" and each["parent"] in ids]
            assert len({each["model"] for each in answers}) == len(answers)
            assert {each["status"] for each in answers} <= {"interrupted"}
            return {each["model"]: each["content"] for each in answers}

        def have_answered() -> bool:
            pages = (home.root / "data" / "journal").glob("*.json")
            return sum(page.read_text("utf-8").count("word9 ") for page in pages) == len(models)

        for number in range(2):
            argv = ["--continue"] * number + [each for model in models for each in ("-m", model)]
            async with home.terminal("ask", f"prompt {number}", *argv, patch=BUSY) as terminal:
                await until(have_answered)
                terminal.signal(signal.SIGKILL)
                assert await terminal.exits() == -signal.SIGKILL
            for model, text in of_prompt(number).items():
                assert "word9 " in text, model
                assert text.split() == [f"word{each + 1}" for each in range(len(text.split()))]
        assert sorted(of_prompt(0)) == sorted(of_prompt(1)) == models
