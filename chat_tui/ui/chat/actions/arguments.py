"""Slash commands with an argument: `/set temperature 0.2`, `/model provider/model-id`, `/rename New title`."""

from __future__ import annotations

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import ParameterSpec, as_text, offered, read_value
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.chat.actions.context import ActionContext
from chat_tui.ui.chat.actions.model import use_model


async def run_with_argument(context: ActionContext, command_id: str, argument: str) -> str:
    """Runs a command with an argument; returns why it can't be done, or nothing."""
    argument = clean(argument, multiline=False).strip()
    if command_id == "parameters":
        return _set_parameter(context, argument)
    if command_id == "model_picker":
        return _set_model(context, argument)
    if command_id == "aside":
        from chat_tui.ui.chat.actions.tree import ask_aside

        return await ask_aside(context, argument)
    if command_id == "saved_prompt":
        from chat_tui.ui.chat.actions.request import use_saved_prompt

        return await use_saved_prompt(context, argument)
    return await _rename(context, argument)


def _set_parameter(context: ActionContext, argument: str) -> str:
    """Sets a parameter: a name, a space or `=`, and a value; a name alone unsets it."""
    name, _, text = argument.replace("=", " ", 1).partition(" ") if " " not in argument else argument.partition(" ")
    text = text.strip()
    session = context.session
    provider = context.services.settings.providers.get(session.model.provider) if session.model else None
    spec = next((each for each in offered(provider.parameters if provider else ()) if each.name == name), None)
    values = {key: value for key, value in session.thread.parameters.items() if key != name}
    if text:
        try:
            values[name] = read_value(spec or ParameterSpec(name, "any"), text)
        except ValueError as error:
            return str(error)
    session.set_parameters(values)
    context.bars.refresh()
    context.notify(f"{name}: {as_text(values[name]) if text else tr('not set')}", title=tr("Parameter"))
    return ""


def _set_model(context: ActionContext, argument: str) -> str:
    """Uses a model by its whole id."""
    try:
        ref = ModelRef.parse(argument)
    except ValueError:
        return tr("Type the full model id: provider/model-id.")
    if ref.provider not in context.services.settings.providers:
        return tr("Unknown provider: {provider}", provider=ref.provider)
    use_model(context, ref)
    return ""


async def _rename(context: ActionContext, title: str) -> str:
    """Changes the title of the thread."""
    if not context.thread.messages:
        return tr("This thread is empty: send a message first.")
    try:
        await context.conversations.change(context.thread.id, title=title)
    except StorageError as error:
        return str(error)
    context.bars.refresh()
    context.threads.refresh_threads()
    return ""
