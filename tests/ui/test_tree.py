"""The tree in the app: branches seen, compared, forked; turns pinned and muted; parameters set."""

from __future__ import annotations

import re
import time

import pytest
from textual.widgets import Input, OptionList

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.models.parameters import ParameterSpec, offered, read_value
from chat_tui.domain.models.response_format import short_schema, strict_format
from chat_tui.resources import theme_files
from chat_tui.storage.thread_store import FileThreadStore
from chat_tui.ui.app import ChatApp
from chat_tui.ui.dialogs.messages.comparison import MOST_TEXT, ComparisonPainter, blocks, differences, pairs
from chat_tui.ui.dialogs.messages.tree import TreePicker
from chat_tui.ui.dialogs.models.parameters import AskValue, ParameterPanel
from chat_tui.ui.services import Start
from chat_tui.ui.theme.palette import load_palette
from chat_tui.ui.transcript.markdown.document import Painter
from tests.servers import ScriptedServer, hello
from tests.ui.conftest import Home, screen_text, until


def branched() -> Thread:
    thread = Thread()
    question = thread.add(Role.USER, "question")
    thread.add(Role.ASSISTANT, "one two three")
    thread.add(Role.USER, "deep")
    thread.add(Role.ASSISTANT, "one 2 three four", parent=question.id)
    return thread


def shown(app: ChatApp) -> list[str]:
    return [each.content for each in app.chat.view.messages]


async def saved(home: Home, thread: Thread) -> str:
    await FileThreadStore(home.paths).save(thread)
    return thread.id


async def test_the_tree_shows_every_branch_and_goes_to_one(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(Start(resume=await saved(home, branched()))) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["question", "one 2 three four"])
        await pilot.press("alt+t")
        await until(pilot, lambda: isinstance(app.screen, TreePicker) and "├─ 1  Answer" in screen_text(app))
        rows = [str(each.prompt) for each in app.screen.query_one(OptionList).options]
        assert [row[:6] for row in rows] == ["●  You", "├─ 1  ", "│  ○  ", "└─ 2  "]
        assert ["◀" in row for row in rows] == [False, False, False, True]
        app.screen.query_one(Input).value = "deep"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: shown(app) == ["question", "one two three", "deep"])


async def test_a_starred_branch_opens_by_default(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread_id = await saved(home, branched())
    async with home.run(Start(resume=thread_id)) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 2)
        await pilot.press("alt+t")
        await until(pilot, lambda: isinstance(app.screen, TreePicker) and "deep" in screen_text(app))
        app.screen.query_one(Input).value = "deep"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("alt+s")
        await until(pilot, lambda: "★" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.chat)
        assert shown(app) == ["question", "one 2 three four"]
    async with home.run(Start(resume=thread_id)) as (app, pilot):
        await until(pilot, lambda: shown(app) == ["question", "one two three", "deep"])


async def test_a_fork_is_a_thread_of_its_own(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread_id = await saved(home, branched())
    async with home.run(Start(resume=thread_id)) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 2)
        await pilot.press("up", "F")
        await until(pilot, lambda: shown(app) == ["one 2 three four"])
        assert app.chat.conversation.thread.id != thread_id
        assert "(fork)" in screen_text(app)
    assert len((await FileThreadStore(home.paths).load(thread_id)).messages) == 4
    assert len(list(home.paths.threads.glob("*.json"))) == 2


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_any_two_versions_are_compared(home: Home, size: tuple[int, int]) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = branched()
    question = next(iter(thread.messages))
    thread.add(Role.ASSISTANT, "one 2 three four", parent=question)
    async with home.run(Start(resume=await saved(home, thread)), size=size) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 2)
        await pilot.press("up", "x")
        await until(pilot, lambda: "Versions 2 and 3 are identical" in screen_text(app))
        await pilot.press("shift+left")
        await until(pilot, lambda: "Comparing versions 1 and 3 · 1 change" in screen_text(app))
        rows = [line for line in screen_text(app).split("\n") if re.search(r"[-+] one (two|2) three", line)]
        assert len(rows) == (1 if size[0] >= 100 else 2)
        assert any("- one two three" in row for row in rows)
        assert any("+ one 2 three four" in row for row in rows)
        await pilot.press("left")
        await until(pilot, lambda: "Comparing versions 1 and 2" in screen_text(app))


async def test_a_comparison_goes_from_change_to_change(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    thread = Thread()
    question = thread.add(Role.USER, "question")
    for word in ("a", "b"):
        text = "\n\n".join(f"Paragraph {at}{word * (at in (10, 30))}." for at in range(60))
        thread.add(Role.ASSISTANT, text, parent=question.id)
    async with home.run(Start(resume=await saved(home, thread)), size=(80, 24)) as (app, pilot):
        await until(pilot, lambda: len(shown(app)) == 2)
        await pilot.press("up", "x")
        await until(pilot, lambda: "2 changes" in screen_text(app))
        for key, there in (("n", "10a"), ("n", "30a"), ("N", "10a")):
            await pilot.press(key)
            assert f"- Paragraph {there}." in screen_text(app)


def test_words_are_marked_where_most_is_common() -> None:
    (near,) = pairs("The cat sat on the mat.", "The dog sat on the mat.")
    assert (near.only_one, near.only_other) == ([(4, 7)], [(4, 7)])
    (far,) = pairs("The cat sat on the mat.", "Nothing of this is said here, but more.")
    assert (far.only_one, far.only_other) == ([], [])


@pytest.mark.parametrize("beside", [True, False])
def test_marked_words_have_the_colours_of_removed_and_added(beside: bool) -> None:
    palette = load_palette(next(path for path in theme_files() if path.stem == "midnight"))
    found = pairs("The cat sat on the `mat`.", "The dog sat on the `rug`.")
    rows = ComparisonPainter(Painter(palette), 80, beside=beside).draw(found).rows
    colours = {
        segment.text.strip(): segment.style.color.get_truecolor().hex
        for row in rows
        for segment in row
        if segment.style and segment.style.color
    }
    assert {colours[word] for word in ("cat", "mat")} == {palette.error}
    assert {colours[word] for word in ("dog", "rug")} == {palette.accent}


@pytest.mark.parametrize(("words", "number", "marked"), [(223, 1, 1), (224, 1, 0), (223, 5, 4)])
def test_long_blocks_are_not_compared_word_by_word(words: int, number: int, marked: int) -> None:
    texts = [" ".join(f"w{block}n{word}" for word in range(words)) for block in range(number)]
    found = pairs("\n\n".join(texts), "\n\n".join(f"{text} end" for text in texts))
    assert sum(bool(each.only_other) for each in found) == marked


def test_code_is_one_block_and_so_is_a_list_with_what_is_indented() -> None:
    assert blocks("a\n\n```\nb\n\nc\n```\nd\n\n- e\n\n  f") == ["a", "```\nb\n\nc\n```", "d", "- e\n\n  f"]


@pytest.mark.parametrize("text", ["w " * 50_000, "a\n\n" * 30_000, "- " * 40_000, "x" * 100_000, "```\n" * 30_000])
def test_a_comparison_of_anything_takes_little_time(text: str) -> None:
    started = time.process_time()
    found = pairs(text, f"y {text}")
    assert sum(len(each.one) for each in found) <= MOST_TEXT
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("one", "other", "pieces"),
    [
        ("a b", "a b", [("=", "a b")]),
        ("a b c", "a X c", [("=", "a "), ("-", "b"), ("+", "X"), ("=", " c")]),
        ("", "a", [("+", "a")]),
        ("雪山", "雪山高", [("-", "雪山"), ("+", "雪山高")]),
    ],
)
def test_the_pieces_of_a_difference(one: str, other: str, pieces: list[tuple[str, str]]) -> None:
    assert list(differences(one, other)) == pieces


def test_very_long_versions_are_compared_whole() -> None:
    one, other = "w " * 50_000, "w " * 50_000 + "x"
    assert list(differences(one, other)) == [("-", one), ("+", other)]


async def test_muted_turns_are_not_sent_and_pinned_ones_always(home: Home) -> None:
    thread = Thread()
    for number in range(3):
        thread.add(Role.USER, f"q{number}")
        thread.add(Role.ASSISTANT, f"a{number}")
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url)
        async with home.run(Start(resume=await saved(home, thread))) as (app, pilot):
            await until(pilot, lambda: len(shown(app)) == 6)
            await pilot.press("up", "m")
            assert "not sent" in screen_text(app)
            await pilot.press("up", "up", "up", "up", "up", "p")
            assert "pinned" in screen_text(app)
            await pilot.press("escape")
            assert "1 turn not sent" in screen_text(app)
            app.chat.conversation.session.shorten()
            app.chat.prompt.set_text("now")
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 1 and not app.chat.conversation.is_busy)
            sent = [each["content"] for each in server.requests[0].json["messages"]]
            assert sent == ["q0\n\nq2\n\nnow"]
    kept = await FileThreadStore(home.paths).load(thread.id)
    assert [each.pinned for each in kept.messages.values()][0]
    assert [each.muted for each in kept.messages.values()][5]


async def test_parameters_are_set_within_their_range_and_not_set_is_not_zero(home: Home) -> None:
    async with ScriptedServer(hello()) as server:
        home.use_server(server.url, "[providers.work.parameters]\ntemperature = { minimum = 0, maximum = 2 }\n")
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+t")
            await until(pilot, lambda: isinstance(app.screen, ParameterPanel) and "0 to 2" in screen_text(app))
            assert "not set" in screen_text(app)
            app.screen.query_one(Input).value = "temp"
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, AskValue))
            await pilot.press("3", "enter")
            await until(pilot, lambda: "must be 0 to 2" in screen_text(app))
            await pilot.press("backspace", "0", "enter")
            await until(pilot, lambda: isinstance(app.screen, ParameterPanel))
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is app.chat)
            assert app.chat.conversation.thread.parameters == {"temperature": 0}
            assert "t 0" in screen_text(app)
            app.chat.prompt.set_text("now")
            await pilot.press("enter")
            await until(pilot, lambda: len(server.requests) == 1 and not app.chat.conversation.is_busy)
            assert server.requests[0].json["temperature"] == 0
            await pilot.press("ctrl+t")
            await until(pilot, lambda: isinstance(app.screen, ParameterPanel))
            app.screen.query_one(Input).value = "temp"
            await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
            await pilot.press("ctrl+u", "escape")
            await until(pilot, lambda: app.screen is app.chat)
            assert app.chat.conversation.thread.parameters == {}


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_each_parameter_is_one_row(home: Home, size: tuple[int, int]) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=size) as (app, pilot):
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(app.screen, ParameterPanel) and "top_p" in screen_text(app))
        rows = screen_text(app).splitlines()
        first = next(number for number, row in enumerate(rows) if "thinking" in row)
        assert [name in row for name, row in zip(("temperature", "top_p"), rows[first + 1 :], strict=False)] == [
            True
        ] * 2


FORMAT = ParameterSpec("response_format", "object")
SCHEMA = '{"type": "object", "properties": {"a": {"type": "number"}}}'


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (ParameterSpec("seed", "integer"), "0", 0),
        (ParameterSpec("stop", "strings"), "###", "###"),
        (ParameterSpec("stop", "strings"), "42", "42"),
        (ParameterSpec("stop", "strings"), '["a", "b"]', ["a", "b"]),
        (ParameterSpec("thinking", "any"), "high", "high"),
        (ParameterSpec("thinking", "any"), "2048", 2048),
        (FORMAT, "json", {"type": "json_object"}),
        (FORMAT, "name, age int", strict_format(short_schema("name, age int"))),
        (FORMAT, '{"type": "text"}', {"type": "text"}),
        (
            FORMAT,
            SCHEMA,
            {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "schema": {"type": "object", "properties": {"a": {"type": "number"}}},
                },
            },
        ),
    ],
)
def test_values_are_read_as_they_are_meant(spec: ParameterSpec, text: str, value: object) -> None:
    assert read_value(spec, text) == value


@pytest.mark.parametrize(
    ("spec", "text"), [(ParameterSpec("seed", "integer"), "1.5"), (FORMAT, "xml"), (FORMAT, "[1]")]
)
def test_values_that_are_none_are_refused(spec: ParameterSpec, text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_value(spec, text)


def test_a_provider_that_documents_nothing_offers_the_usual() -> None:
    assert {"thinking", "temperature", "seed"} <= {each.name for each in offered(())}
    documented = offered((ParameterSpec("top_k"), ParameterSpec("tools", "array")))
    assert [each.name for each in documented] == ["thinking", "top_k"]
