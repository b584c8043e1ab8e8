"""The editor of the system prompt, with the library of saved ones."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, OptionList, TextArea
from textual.widgets.option_list import Option

from chat_tui.domain.errors import StorageError
from chat_tui.domain.ports.stores import PromptLibrary
from chat_tui.domain.saved_prompts import summary
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.template import fill, variables
from chat_tui.i18n import tr
from chat_tui.ui.commands.command import LIBRARY, SYSTEM_PROMPT, TEXT
from chat_tui.ui.commands.table import bindings
from chat_tui.ui.dialogs.base import Dialog, SaveDraft, holds_input
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.text.sanitizer import T, cut
from chat_tui.ui.widgets.bars import KeyBar
from chat_tui.ui.widgets.confirmation import Confirmation
from chat_tui.ui.widgets.fields import LineField, TextField


class EditedPrompt(NamedTuple):
    """A system prompt as it was left in the editor."""

    text: str
    chosen: PromptTemplate | None
    """The saved prompt that was loaded last, if one was."""


class SystemPromptEditor(Dialog[EditedPrompt]):
    """Edits a system prompt; answers with it, also on esc."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(TEXT), *bindings(SYSTEM_PROMPT), *bindings(LIBRARY)]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]
    SCROLLS = "#columns"

    def __init__(
        self,
        host: DialogHost,
        library: PromptLibrary,
        text: str,
        draft: str | None = None,
        save_draft: SaveDraft = lambda text: None,
        settings: PromptTemplate | None = None,
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            library: the saved prompts.
            text: the thread's system prompt as it is.
            draft: the new one, as far as it was written before the program ended.
            save_draft: called with the text whenever it changes.
            settings: those of the thread; a prompt can be saved with them.
        """
        super().__init__(host)
        self._library = library
        self._text = text
        self._draft = draft
        self._save_draft = save_draft
        self._templates: dict[str, PromptTemplate] = {}
        self._settings = settings or PromptTemplate("", "")
        self._with_settings = False
        """Whether the prompt is saved with the settings of the thread."""
        self._chosen: PromptTemplate | None = None
        """The saved prompt that was loaded last."""
        self._deleted: PromptTemplate | None = None
        """The saved prompt that was deleted last; undo saves it again."""
        self._confirmation = Confirmation(host.input, host.bound, lambda: self.query_one(OptionList), self.show_message)

    def compose(self) -> ComposeResult:
        """Editor and library side by side, keys below."""
        with Vertical(classes="dialog"):
            yield Label(T(tr("System prompt")), classes="heading")
            with Horizontal(id="columns"):
                text = self._text if self._draft is None else self._draft
                yield TextField(clean(text), soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
                with Vertical(id="library"):
                    yield Label(T(tr("Library")), classes="columns")
                    yield OptionList(markup=False, compact=True)
            yield LineField(placeholder=tr("Name"), id="name")
            yield KeyBar(classes="keys")

    def on_mount(self) -> None:
        """Focuses the editor."""
        self.show_keys(
            (
                ("dialog_back", tr("close")),
                ("library", tr("library")),
                ("library_save", tr("save to library")),
                ("library_save_all", tr("save with settings")),
                ("library_delete", tr("delete from library")),
                ("text_undo", tr("undo")),
            )
        )
        editor = self.query_one(TextArea)
        editor.placeholder = T(tr("Describe how the model should answer: role, tone, language, format."))
        editor.move_cursor(editor.document.end)
        editor.focus()
        self.run_worker(self._fill())

    async def _fill(self, keep: str | None = None) -> None:
        self._templates = {each.name: each for each in await self._library.prompts()}
        self.set_class(not self._templates, "-empty")
        options = self.query_one(OptionList)
        options.clear_options()
        if not self._templates:
            note = tr("No saved prompts.\n{key} to save this one.", key=self.key("library_save"))
            options.add_option(Option(Content.styled(note, "$muted"), disabled=True))
        for name, template in self._templates.items():
            about = cut(" · ".join(filter(None, (summary(template), template.description or template.prompt))), 60)
            options.add_option(Option(Content.assemble((cut(name, 60), "bold"), "\n", (about, "$muted")), id=name))
        if keep in self._templates:
            options.highlighted = list(self._templates).index(keep or "")
        self.call_after_refresh(self.fit_height)

    def on_resize(self) -> None:
        """Fits the height to the window."""
        self.call_after_refresh(self.fit_height)

    def action_back(self) -> None:
        """Answers with the text; in the name line, goes back to the editor."""
        if self.query_one("#name").has_focus:
            self._hide_name()
        else:
            self.dismiss(EditedPrompt(self.query_one(TextArea).text, self._chosen))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether an action can run: those on saved prompts only while the library has the focus."""
        if not super().check_action(action, parameters):
            return False
        return action not in ("load", "delete") or self.query_one(OptionList).has_focus

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        event.stop()
        text = event.text_area.text
        self._save_draft(None if text == clean(self._text) else text)
        self.call_after_refresh(self.fit_height)

    async def action_undo(self) -> None:
        """Undoes the last edit; in the library, the last deletion."""
        if not self.query_one(OptionList).has_focus:
            self.query_one(TextArea).undo()
        elif self._deleted is not None:
            template, self._deleted = self._deleted, None
            await self._save(template)

    def action_library(self) -> None:
        """Moves the focus between editor and library."""
        editor, options = self.query_one(TextArea), self.query_one(OptionList)
        if options.has_focus:
            editor.focus()
            return
        if not self._templates:
            self.show_message(tr("No saved prompts · {key} saves this one", key=self.key("library_save")))
            return
        options.focus()
        if options.highlighted is None and self._templates:
            options.highlighted = 0

    def action_name(self, with_settings: str = "") -> None:
        """Asks for a name to save the text under, alone or with the settings of the thread."""
        self._with_settings = bool(with_settings)
        if self._with_settings:
            came = summary(self._settings)
            self.show_message(
                tr("With {settings}", settings=came) if came else tr("The thread has no settings of its own.")
            )
        line = self.query_one("#name", Input)
        line.add_class("-shown")
        line.focus()

    def _hide_name(self) -> None:
        self.query_one("#name").remove_class("-shown")
        self.query_one(TextArea).focus()

    @on(Input.Submitted, "#name")
    async def _named(self, event: Input.Submitted) -> None:
        event.stop()
        name = clean(event.value, multiline=False).strip()
        if not name:
            return
        before = self._templates.get(name)
        settings = self._settings if self._with_settings else before or PromptTemplate("", "")
        description = before.description if before else ""
        template = replace(settings, name=name, prompt=self.query_one(TextArea).text, description=description)
        if await self._save(template):
            self._hide_name()

    async def _save(self, template: PromptTemplate) -> bool:
        try:
            await self._library.save(template)
        except (StorageError, ValueError) as error:
            self.show_problem(str(error))
            return False
        self.show_message("")
        await self._fill(template.name)
        return True

    def action_load(self) -> None:
        """Loads the highlighted prompt into the editor."""
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _loaded(self, event: OptionList.OptionSelected) -> None:
        """Loads a saved prompt into the editor as one edit, once its variables have values."""
        event.stop()
        template = self._templates.get(event.option_id or "")
        if template is None:
            return
        text = clean(template.prompt)

        def put(values: dict[str, str] | None) -> None:
            editor = self.query_one(TextArea)
            editor.replace(fill(text, values or {}), (0, 0), editor.document.end)
            editor.focus()
            self._chosen = template
            if came := summary(template):
                self.show_message(tr("With {settings}", settings=came))

        if names := variables(text):
            from chat_tui.ui.dialogs.prompts.variables import AskVariables

            self.app.push_screen(AskVariables(self.host, template.name, names), put)
        else:
            put({})

    @holds_input
    async def action_delete(self) -> None:
        """Deletes the highlighted prompt of the library, at the second press; can be undone."""
        options = self.query_one(OptionList)
        if options.highlighted is None:
            return
        name = options.get_option_at_index(options.highlighted).id or ""
        if name in self._templates and await self._confirmation.confirms(
            "library_delete", name, tr("delete this prompt")
        ):
            try:
                await self._library.delete(name)
            except StorageError as error:
                self.show_problem(str(error))
            else:
                self._deleted = self._templates[name]
                self.show_message(tr("Prompt deleted · {key} to undo", key=self.key("text_undo")))
            await self._fill()
