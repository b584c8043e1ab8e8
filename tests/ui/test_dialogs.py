"""What all dialogs share: their own palette and help, hints of the keys as they are bound."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, TextArea

from chat_tui.ui.app import ChatApp
from chat_tui.ui.chat.bars.find_bar import FindBar
from chat_tui.ui.commands.command import (
    BLOCKS,
    FIND_BAR,
    FINDER,
    HELP,
    LINK,
    MODELS,
    PLACES,
    READING,
    SYSTEM_PROMPT,
    TREE,
    around,
)
from chat_tui.ui.commands.dialog_table import INNER_COMMANDS
from chat_tui.ui.commands.table import BY_ID, hint
from chat_tui.ui.dialogs.commands import CommandPicker
from chat_tui.ui.dialogs.help import Help
from chat_tui.ui.dialogs.messages.blocks import BlockPicker
from chat_tui.ui.dialogs.messages.tree import TreePicker
from chat_tui.ui.dialogs.models.picker import ModelPicker
from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor
from chat_tui.ui.dialogs.threads.finder import ThreadPicker
from tests.servers import ScriptedServer, json_reply
from tests.torture import amount
from tests.ui.conftest import Home, screen_text, until
from tests.ui.within import DIALOGS, PARTS, at, go_to, hints, leave, with_a_thread


@pytest.mark.parametrize("part", range(amount(1, PARTS)))
async def test_dialogs_have_their_commands_in_help_and_palette_and_the_palette_runs_them(home: Home, part: int) -> None:
    async with with_a_thread(home, 'command_palette = "f6"\n') as (app, pilot):
        for scope in DIALOGS[part::PARTS]:
            print(scope)  # pytest shows it beside a failure
            await go_to(app, pilot, scope)
            await has_its_commands_in_help_and_palette(app, pilot, scope)
            await leave(app, pilot)


async def has_its_commands_in_help_and_palette(app: ChatApp, pilot: Pilot[None], scope: str) -> None:
    dialog = app.screen
    if not isinstance(dialog, Help):
        await pilot.press("f1")
        await help_begins_with(app, pilot, scope)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is dialog)
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(app.screen, CommandPicker))
    rows = app.screen.query_one(OptionList)
    own = {each.id for each in INNER_COMMANDS if each.scope in around(scope)}
    await until(pilot, lambda: {each.id for each in rows.options} - {"keys_here"} == {*own, "help", "suspend", "quit"})
    app.screen.query_one("#filter", Input).value = "close the dialog"
    await until(pilot, lambda: rows.option_count == 1)
    await pilot.press("enter")
    await until(pilot, lambda: app.screen is app.chat)


async def help_begins_with(app: ChatApp, pilot: Pilot[None], scope: str) -> None:
    """Waits for the help; its first headings are of the place that it was opened from."""
    await until(pilot, lambda: isinstance(app.screen, Help))
    own = [PLACES[place].heading for place in around(scope)]
    await until(pilot, lambda: own[0] in screen_text(app))
    headings = [each.heading for each in PLACES.values()]
    left = app.screen.query_one(".dialog").region.x  # what is behind the dialog may have text there
    lines = [line[left:].strip("│┃▌ ") for line in screen_text(app).split("\n")]
    seen = [each for line in lines for each in headings if line.startswith(each)]
    assert seen[: len(own)] == own


async def test_the_key_of_the_help_closes_it(home: Home) -> None:
    async with at(home, HELP) as (app, pilot):
        await pilot.press("f1")
        await until(pilot, lambda: app.screen is app.chat)


async def test_the_key_of_the_palette_closes_it(home: Home) -> None:
    async with at(home, MODELS, 'command_palette = "f6"\n') as (app, pilot):
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, ModelPicker))


async def test_the_palette_works_on_the_row_that_was_highlighted(home: Home) -> None:
    async with at(home, MODELS) as (app, pilot):
        picker = app.screen
        assert isinstance(picker, ModelPicker)
        await until(pilot, lambda: picker.chosen() == "work/model-a")
        await pilot.press("down")
        chosen = picker.chosen()
        await pilot.press("ctrl+p", *"favour")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is picker and app.services.settings.favourites == [chosen])
        assert picker.chosen() == chosen


async def test_in_the_library_the_palette_works_on_the_saved_prompt(home: Home) -> None:
    async with at(home, SYSTEM_PROMPT) as (app, pilot):
        await pilot.press("ctrl+o", "f2", *"delete p")
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: not list(home.paths.prompts.glob("*.toml")))


async def test_palette_and_help_do_not_pile_up(home: Home) -> None:
    async with at(home, FINDER) as (app, pilot):
        for key in ("f2", "f1", "f2", "f1", "f1", "f2"):
            await pilot.press(key)
            await pilot.pause()
        assert len(app.screen_stack) <= 4


async def test_the_find_bar_s_commands_are_in_the_palette_while_it_is_open(home: Home) -> None:
    async with at(home, FIND_BAR) as (app, pilot):
        await pilot.press("ctrl+p", *"find bar")
        await until(pilot, lambda: isinstance(app.screen, CommandPicker))
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("enter")
        await until(pilot, lambda: not app.chat.query(FindBar))


async def test_the_finder_renames_by_another_key_and_says_so(home: Home) -> None:
    async with at(home, FINDER, 'finder_rename = "f6"\nlist_choose = "ctrl+y"\nlist_down = ""\n') as (app, pilot):
        finder = app.screen
        assert isinstance(finder, ThreadPicker)
        await until(pilot, lambda: finder.chosen() is not None)
        assert (hints(app)["rename"], hints(app)["open"]) == ("f6", "^y")
        await pilot.press("ctrl+r", "enter")
        assert app.screen is finder
        await pilot.press("f6")
        await until(pilot, lambda: "Rename thread" in screen_text(app) and app.screen is not finder)
        await pilot.press(*"Other", "enter")
        await until(pilot, lambda: app.screen is finder and "Other" in screen_text(app))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.screen is app.chat)


async def test_the_models_are_refreshed_and_marked_by_other_keys(home: Home) -> None:
    listed = json_reply({"data": [{"id": "model-a"}, {"id": "model-new"}]})
    async with ScriptedServer(lambda request: listed) as server:
        home.use_server(server.url, '[keys]\nmodel_favourite = "f5"\nmodel_refresh = "alt+r"\n')
        home.configure(home.paths.config_file.read_text().replace("models_paths = []", ""))
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "model-new" in screen_text(app))
            assert (hints(app)["favourite"], hints(app)["refresh"]) == ("f5", "alt+r")
            asked = len(server.requests)
            await pilot.press("ctrl+r", "ctrl+f", "alt+r", "f5")
            await until(pilot, lambda: len(server.requests) > asked)
            assert len(app.services.settings.favourites) == 1
            await pilot.press("f5")
            assert app.services.settings.favourites == []


async def test_the_tree_deletes_by_another_key(home: Home) -> None:
    async with at(home, TREE, 'tree_delete = "f6"\n') as (app, pilot):
        tree = app.screen
        assert isinstance(tree, TreePicker)
        assert hints(app)["delete"] == "f6"
        await pilot.press("ctrl+d")
        assert len(app.chat.conversation.thread.branch()) == 2
        await pilot.press("f6")
        assert len(app.chat.conversation.thread.branch()) == 2
        await pilot.press("f6")
        assert len(app.chat.conversation.thread.branch()) == 1


async def test_blocks_are_walked_by_other_keys(home: Home) -> None:
    keys = 'block_up = "p"\nblock_down = "n"\nblocks_more_up = "P"\nblocks_copy = "c"\n'
    async with at(home, BLOCKS, keys) as (app, pilot):
        assert isinstance(app.screen, BlockPicker)
        assert (hints(app)["block"], hints(app)["copy"], hints(app)["more"]) == ("p n", "c", "P shift+↓")
        await pilot.press("p", "k", "y", "c")
        await until(pilot, lambda: app.clipboard == "See below.")


async def test_the_system_prompt_takes_the_rows_it_needs(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run(size=(70, 40)) as (app, pilot):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SystemPromptEditor))
        dialog, editor = app.screen.query_one(".dialog"), app.screen.query_one(TextArea)
        await until(pilot, lambda: dialog.size.height < 12)
        assert editor.size.width > 55, "an empty library takes no room where there is little"
        await pilot.press("ctrl+o")
        assert "No saved prompts" in screen_text(app)
        for _ in range(12):
            await pilot.press("x", "enter")
        await until(pilot, lambda: editor.size.height == 13)
        editor.insert("line\n" * 100)
        await until(pilot, lambda: editor.size.height > 20)
        assert dialog.region.bottom <= 40
        assert "esc close" in screen_text(app)


async def test_a_key_of_a_command_is_shown_whole_in_the_palette(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+p", *"new line")
        await until(pilot, lambda: "New line" in screen_text(app) and "^j shift+enter " in screen_text(app))
        await pilot.press(*"xyz")
        await until(pilot, lambda: "No matching command." in screen_text(app))


async def test_the_system_prompt_is_saved_and_closed_by_other_keys(home: Home) -> None:
    keys = 'library_save = "f7"\nsystem_prompt_done = "ctrl+y"\nlibrary_delete = "d"\nlibrary = "f6"\n'
    async with at(home, SYSTEM_PROMPT, keys) as (app, pilot):
        editor = app.screen
        assert hints(app) == {
            "close": "esc",
            "library": "f6",
            "save to library": "f7",
            "save with settings": "alt+w",
            "delete from library": "d",
            "undo": "alt+z",
        }
        await pilot.press(*"add", "f7", *"added", "enter")
        await until(pilot, lambda: len(list(home.paths.prompts.glob("*.toml"))) == 2)
        assert editor.query_one(TextArea).text == "add"
        await pilot.press("f6", "up", "d", "d")
        await until(pilot, lambda: len(list(home.paths.prompts.glob("*.toml"))) == 1)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.chat.conversation.thread.system_prompt == "add")


def test_keys_that_go_together_are_hinted_together() -> None:
    bound = {each.id: each.keys for each in BY_ID.values()}
    assert hint("block_up block_down", bound) == "↑↓"
    assert hint("blocks_more_up blocks_more_down", bound) == "shift+↑↓"
    assert hint("block_up block_down", {**bound, "block_up": "p"}) == "p ↓"
    assert hint("block_up block_down", {**bound, "block_up": ""}) == ""


async def test_what_has_no_key_has_no_hint(home: Home) -> None:
    async with at(home, FINDER, 'finder_pin = ""\n') as (app, pilot):
        assert "pin" not in hints(app)
        assert app.screen.query_one("#filter", Input).has_focus


async def test_a_key_that_comes_before_the_dialog_is_made_does_no_harm(home: Home) -> None:
    home.configure("welcomed = true")
    async with home.run() as (app, pilot):
        app.push_screen(SystemPromptEditor(app, app.services.prompts, ""))
        editor = app.screen
        assert not editor.is_mounted
        for key in ("enter", "ctrl+o", "ctrl+w", "alt+z", "f2", "escape"):
            assert not await app._check_bindings(key, priority=True)
        await until(pilot, lambda: editor.is_mounted)
        await pilot.press("escape")
        assert app.screen is app.chat


async def test_models_that_cannot_chat_are_shown_on_request_and_the_end_of_one_is_told(home: Home) -> None:
    listed = [{"id": "m", "deprecation": "2026-08-31", "replacement_model": "n"}, {"id": "text-embedding-3"}]
    async with ScriptedServer(json_reply({"data": listed})) as server:
        home.use_server(server.url)
        home.configure(home.paths.config_file.read_text().replace("models_paths = []", ""))
        async with home.run() as (app, pilot):
            await pilot.press("ctrl+l")
            await until(pilot, lambda: "until 2026-08-31 → n" in screen_text(app))
            assert "text-embedding-3" not in screen_text(app)
            assert "1 can't chat (all: to list)" in screen_text(app)
            await pilot.press(*"all:embed")
            await until(pilot, lambda: "text-embedding-3 · can't chat" in screen_text(app))


@pytest.mark.parametrize("scope", [MODELS, READING, LINK, BLOCKS, SYSTEM_PROMPT])
async def test_a_notice_is_shown_on_the_dialog_s_own_line_and_moves_nothing(home: Home, scope: str) -> None:
    async with at(home, scope) as (app, pilot):
        await until(pilot, lambda: " esc " in screen_text(app))
        dialog = app.screen.query(".dialog")
        # Beside a dialog, estimates and lists may still come; the picker of blocks has the whole window.
        x, y, width, height = dialog.first().region if dialog else app.screen.region

        def rows() -> list[str]:
            return [row[x : x + width] for row in screen_text(app).splitlines()[y : y + height]]

        await app.workers.wait_for_complete([each for each in app.workers if each.node is app.screen])
        await pilot.pause()
        before = rows()
        app.notify("Kept as it was.", title="Note")
        await pilot.pause()
        after = rows()
        app.notify("It failed.", severity="error")
        await pilot.pause()
        failed = screen_text(app)
    differing = [row for row in range(len(before)) if before[row] != after[row]]
    assert len(differing) == 1, [(before[row], after[row]) for row in differing]
    (changed,) = differing
    assert "Note: Kept as it was." in after[changed]
    assert "esc " in after[changed + 1]
    assert "✗ It failed." in failed
    assert "Kept as it was." not in failed
