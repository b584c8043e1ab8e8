"""Saved prompts in the app: chosen with their settings, taken back by one undo, saved with those of the thread."""

from __future__ import annotations

from textual.widgets import OptionList, TextArea

from chat_tui.domain.settings import PromptTemplate
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.ui.dialogs.prompts.saved import SavedPromptPicker
from chat_tui.ui.dialogs.prompts.system_prompt import SystemPromptEditor
from tests.ui.conftest import Home, screen_text, until

REVIEWER = PromptTemplate("reviewer", "Review {{what}}.", model="work/model-b", tools=("git",), budget=0.5)


async def test_a_saved_prompt_is_used_with_its_settings_and_undone_at_once(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    await FilePrompts(home.paths).save(REVIEWER)
    async with home.run() as (app, pilot):
        app.chat.action_flow("saved_prompt")
        await until(pilot, lambda: isinstance(app.screen, SavedPromptPicker))
        await until(pilot, lambda: "model-b · 1 tool · budget" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "what" in screen_text(app) and not isinstance(app.screen, SavedPromptPicker))
        await pilot.press(*"code", "enter")
        thread = app.chat.conversation.thread
        await until(pilot, lambda: thread.system_prompt == "Review code.")
        assert (thread.model, thread.tools, thread.request_budget) == ("work/model-b", ["git"], 0.5)
        await until(pilot, lambda: "model-b · Work · reviewer" in screen_text(app))
        app.chat.action_flow("undo")
        await until(pilot, lambda: thread.system_prompt == "")
        assert (thread.saved_prompt, thread.tools, thread.request_budget) == ("", [], None)


async def test_by_its_name_and_what_is_no_name(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    await FilePrompts(home.paths).save(PromptTemplate("terse", "Be terse."))
    async with home.run() as (app, pilot):
        await pilot.press(*"/persona terse", "enter")
        await until(pilot, lambda: app.chat.conversation.thread.system_prompt == "Be terse.")
        await pilot.press(*"/persona other", "enter")
        await until(pilot, lambda: "No saved prompt named other." in screen_text(app))


async def test_the_editor_uses_what_it_has_loaded_and_saves_with_the_settings_of_the_thread(home: Home) -> None:
    home.use_server("http://127.0.0.1:9")
    library = FilePrompts(home.paths)
    await library.save(PromptTemplate("terse", "Be terse.", tools=("time",)))
    async with home.run() as (app, pilot):
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SystemPromptEditor))
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 1)
        await pilot.press("ctrl+o", "enter")
        await until(pilot, lambda: "With 1 tool" in screen_text(app))
        await pilot.press("escape")
        thread = app.chat.conversation.thread
        await until(pilot, lambda: thread.system_prompt == "Be terse." and thread.tools == ["time"])

        await pilot.press("ctrl+s", "alt+w", *"mine", "enter")
        await until(pilot, lambda: (home.paths.prompts / "mine.toml").exists())
        saved = await library.named("mine")
        assert saved == PromptTemplate("mine", "Be terse.", model="work/model-a", tools=("time",))
        app.screen.query_one(TextArea).clear()
        await pilot.press("escape")
        await until(pilot, lambda: thread.system_prompt == "" and thread.tools == [])
