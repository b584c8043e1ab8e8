"""The table of plain mode's commands. Their ids are those of the app's actions, as far as it has the same."""

from __future__ import annotations

from difflib import get_close_matches

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands import answers, files, messages, models, program, request, threads
from chat_tui.cli.plain.commands.command import PlainCommand
from chat_tui.i18n import tr


async def show_help(chat: PlainChat, argument: str) -> None:
    """Lists the commands, or those whose names or descriptions have a word."""
    wanted = argument.lower().lstrip("/")
    for heading, commands in GROUPS.items():
        rows = [
            f"/{each.name}{f' {each.usage}' if each.usage else ''}: {each.help}"
            for each in commands
            if wanted in f"{each.name} {each.id} {each.help}".lower()
        ]
        if rows:
            chat.say("\n".join([tr("{name}:", name=heading), *rows]))
    if not wanted:
        chat.say(
            tr(
                "Any other line is sent. A line that ends in a backslash continues on the next one; "
                "@path attaches a file. "
                "A line that begins with a blank is sent even if it begins with / after it. "
                "ctrl+c stops an answer, or clears what is written; ctrl+d quits."
            )
        )


GROUPS: dict[str, tuple[PlainCommand, ...]] = {
    tr("Write"): (
        PlainCommand("send", answers.send_draft, tr("Send the draft.")),
        PlainCommand(
            "editor",
            request.edit_draft,
            tr("Edit the draft, or the system prompt, in $VISUAL or $EDITOR."),
            "[system]",
            ("edit",),
        ),
        PlainCommand("draft", request.draft, tr("Print the draft.")),
        PlainCommand("discard_draft", request.discard_draft, tr("Discard the draft and what is attached to it.")),
        PlainCommand(
            "attach",
            files.attach,
            tr("Attach a file, web page, thread (thread:ID) or a tool server's document."),
            "FILE",
        ),
        PlainCommand(
            "prompt_history",
            request.prompt_history,
            tr("Search earlier prompts, or put one into the draft."),
            "[WORDS|NUMBER]",
        ),
    ),
    tr("Answer"): (
        PlainCommand(
            "regenerate",
            answers.regenerate,
            tr("Ask for another answer, of another model if one is named."),
            "[MODEL]",
            ("regenerate", "retry"),
        ),
        PlainCommand(
            "try_instead",
            answers.try_instead,
            tr("Regenerate a failed answer with a fallback model."),
        ),
        PlainCommand(
            "continue_answer",
            answers.continue_answer,
            tr("Continue an interrupted answer, or its calls of tools."),
            "",
            ("continue",),
        ),
        PlainCommand(
            "ask_again", answers.ask_again, tr("Ask for an answer in JSON again, with what is wrong with it.")
        ),
        PlainCommand(
            "previous_answer",
            answers.previous_answer,
            tr("Show the version before."),
            "[MESSAGE]",
            ("previous", "previous-sibling"),
        ),
        PlainCommand(
            "next_answer",
            answers.next_answer,
            tr("Show the version after."),
            "[MESSAGE]",
            ("next", "next-sibling"),
        ),
        PlainCommand(
            "several",
            answers.several,
            tr("Send the next prompt to several models; `blind` hides their names."),
            "[blind] MODEL, MODEL",
        ),
        PlainCommand("answers", answers.answers, tr("List the versions of the last answer.")),
        PlainCommand("choose", answers.choose, tr("Continue below one of several answers."), "NUMBER"),
        PlainCommand(
            "aside",
            answers.aside,
            tr("Ask a question on a side branch; without one, close the aside that is open."),
            "[QUESTION]",
        ),
        PlainCommand("reasoning", messages.reasoning, tr("Print the reasoning of an answer."), "[MESSAGE]"),
        PlainCommand(
            "compact",
            request.compact,
            tr("Summarize the thread; send the summary in place of the messages."),
        ),
        PlainCommand(
            "shorten",
            request.shorten,
            tr("Stop sending the oldest half of the thread; regenerate an answer that failed as it was too long."),
        ),
        PlainCommand(
            "send_everything", request.send_everything, tr("Send the whole thread again, in place of its summaries.")
        ),
    ),
    tr("Model"): (
        PlainCommand(
            "model_picker",
            models.model,
            tr("Choose the model of the next turn."),
            "[MODEL|NUMBER]",
            ("model",),
        ),
        PlainCommand(
            "models", models.models, tr("List the models of the providers in use that have all words."), "[WORDS]"
        ),
        PlainCommand("refresh_models", models.refresh_models, tr("Fetch the lists of models again.")),
        PlainCommand("last_model", models.last_model, tr("Switch to the model used before, and back.")),
        PlainCommand(
            "favourite",
            models.favourite,
            tr("Mark a model as a favourite, or no longer."),
            "[MODEL]",
        ),
        PlainCommand(
            "effort",
            models.effort,
            tr("Set the thinking effort, or go to the next one."),
            "[LEVEL]",
        ),
        PlainCommand(
            "system_prompt",
            request.system_prompt,
            tr("Set, print or remove (`none`) the system prompt."),
            "[TEXT|none]",
            ("system-prompt", "system"),
        ),
        PlainCommand(
            "saved_prompt",
            request.saved_prompt,
            tr("Use a saved system prompt and its settings, or list them."),
            "[NAME]",
            ("saved-prompt", "persona"),
        ),
        PlainCommand(
            "import_prompts",
            files.import_prompts,
            tr("Import character cards, roles, templates and patterns as saved prompts."),
            "FILE",
        ),
        PlainCommand(
            "parameters",
            request.parameters,
            tr("Set a parameter; unset it, without a value; list all, without a name."),
            "[NAME [VALUE]]",
            ("set",),
        ),
        PlainCommand(
            "tools",
            models.tools,
            tr("List the tools, or switch servers and tools on and off: `/tools git time:now`."),
            "[SERVER[:TOOL]...|none]",
        ),
        PlainCommand(
            "server_texts",
            models.server_texts,
            tr("List the prompts and documents of the tool servers that the thread offers."),
        ),
        PlainCommand(
            "set_key",
            models.set_key,
            tr("Set the API key of a provider: that of the model in use, without a name."),
            "[PROVIDER]",
        ),
        PlainCommand(
            "providers",
            models.providers,
            tr("Connect a provider, then choose a model."),
            "[PROVIDER|ADDRESS]",
        ),
    ),
    tr("Thread"): (
        PlainCommand(
            "new_thread", threads.new_thread, tr("Start an empty thread with the model in use."), "", ("new",)
        ),
        PlainCommand("temporary_thread", threads.temporary_thread, tr("Start a thread that is never saved.")),
        PlainCommand("save_thread", threads.save_thread, tr("Save a temporary thread from now on.")),
        PlainCommand(
            "threads",
            threads.threads,
            tr("List the last threads, or search all by words and filters."),
            "[WORDS]",
            ("threads", "search"),
        ),
        PlainCommand(
            "open_thread",
            threads.open_thread,
            tr("Open a thread."),
            "NUMBER|ID|WORDS",
            ("open", "open-recent"),
        ),
        PlainCommand("rename_thread", threads.rename_thread, tr("Change the thread's title."), "TITLE", ("rename",)),
        PlainCommand("title", threads.title, tr("Ask a model for the thread's title.")),
        PlainCommand("pin_thread", threads.pin_thread, tr("Pin or unpin the thread.")),
        PlainCommand("archive_thread", threads.archive_thread, tr("Archive or unarchive the thread.")),
        PlainCommand(
            "tag_thread",
            threads.tag_thread,
            tr("Set, print or remove (`none`) the thread's tags."),
            "[TAGS|none]",
        ),
        PlainCommand("duplicate_thread", threads.duplicate_thread, tr("Open a copy of the thread.")),
        PlainCommand("copy_thread", files.copy_thread, tr("Copy the thread as Markdown.")),
        PlainCommand(
            "export_thread",
            files.export_thread,
            tr("Export the thread to a new file; its suffix gives the format: .md, .html, .json or .jsonl."),
            "[FILE]",
            ("export",),
        ),
        PlainCommand(
            "import_threads",
            files.import_threads,
            tr("Import threads from a file, an archive, a database or a folder."),
            "FILE",
            ("import",),
        ),
        PlainCommand(
            "clear_thread",
            threads.clear_thread,
            tr("Start over in this thread; the messages stay as a branch."),
            "",
            ("clear-thread", "clear"),
        ),
        PlainCommand(
            "delete_thread",
            threads.delete_thread,
            tr("Move this thread, or one of the list, to the trash."),
            "[NUMBER]",
            ("delete-thread", "delete"),
        ),
        PlainCommand(
            "undo_in_lists", threads.undo_in_lists, tr("Undo the last deletion, rename, tag or pin of a thread.")
        ),
        PlainCommand("trash", threads.trash, tr("List the deleted threads.")),
        PlainCommand(
            "restore",
            threads.restore,
            tr("Restore a deleted thread by its number in the trash, and open it."),
            "NUMBER",
        ),
        PlainCommand(
            "empty_trash",
            threads.empty_trash,
            tr("Delete all threads in the trash permanently; with a number, one of them."),
            "[NUMBER]",
        ),
        PlainCommand(
            "damaged",
            threads.damaged,
            tr("List the damaged thread files; with a number, recover one as a thread."),
            "[NUMBER]",
        ),
        PlainCommand(
            "save_elsewhere",
            files.save_elsewhere,
            tr("Save threads in another folder while the disk is full."),
            "FOLDER",
        ),
    ),
    tr("Messages"): (
        PlainCommand("messages", messages.messages, tr("List the messages of the branch with their numbers.")),
        PlainCommand(
            "show", messages.show, tr("Print a message whole; without a number, all of the branch."), "[MESSAGE]"
        ),
        PlainCommand("find", messages.find, tr("Find words in the messages of the branch."), "WORDS"),
        PlainCommand(
            "edit_message",
            messages.edit_message,
            tr("Send another prompt in place of one, as a new branch; of an answer, add another version."),
            "[MESSAGE] [TEXT]",
        ),
        PlainCommand(
            "delete_message", messages.delete_message, tr("Delete a message and everything after it."), "[MESSAGE]"
        ),
        PlainCommand("pin_message", messages.pin_message, tr("Always send a message, or no longer."), "[MESSAGE]"),
        PlainCommand(
            "mute_message",
            messages.mute_message,
            tr("Exclude a message from requests, or include it again."),
            "[MESSAGE]",
        ),
        PlainCommand(
            "diff_versions",
            messages.diff_versions,
            tr("Compare a message with the version before it."),
            "[MESSAGE]",
            ("diff",),
        ),
        PlainCommand("tree", messages.branches, tr("List the branches of the thread."), "", ("branches",)),
        PlainCommand("branch", messages.branch, tr("Show another branch."), "NUMBER"),
        PlainCommand(
            "default_branch",
            messages.default_branch,
            tr("Open the thread with a branch by default, or no longer; with the shown one, without a number."),
            "[NUMBER]",
        ),
        PlainCommand(
            "fork",
            messages.fork,
            tr("Open a new thread with the branch up to a message, and all that follows the message."),
            "[MESSAGE]",
        ),
        PlainCommand(
            "fork_from", messages.fork_from, tr("Open a new thread with a message and what follows it."), "[MESSAGE]"
        ),
        PlainCommand("undo", messages.undo, tr("Undo the last change of the thread.")),
        PlainCommand(
            "copy_message",
            files.copy_message,
            tr("Copy a message as it was written."),
            "[MESSAGE]",
            ("copy", "copy-message"),
        ),
        PlainCommand("copy_answer", files.copy_answer, tr("Copy the last answer.")),
        PlainCommand(
            "copy_code",
            files.copy_code,
            tr("Copy the last code block, or one by its number."),
            "[MESSAGE [BLOCK]]",
            ("copy-code", "copy-block"),
        ),
        PlainCommand(
            "copy_table_tsv",
            files.copy_table_tsv,
            tr("Copy the last table of a message as tab-separated values."),
            "[MESSAGE]",
        ),
        PlainCommand(
            "copy_link",
            files.copy_link,
            tr("List the links of a message, or copy one."),
            "[MESSAGE [LINK]]",
        ),
        PlainCommand(
            "code_to_file",
            files.code_to_file,
            tr("Save the last code block, or one by its number, to a new file."),
            "[MESSAGE [BLOCK]] FILE",
        ),
        PlainCommand(
            "code_to_editor",
            files.code_to_editor,
            tr("Open a copy of a code block in the editor."),
            "[MESSAGE [BLOCK]]",
        ),
        PlainCommand(
            "open_page",
            files.open_page,
            tr("Save a message as a web page and open it in the browser."),
            "[MESSAGE]",
        ),
    ),
    tr("Program"): (
        PlainCommand(
            "state",
            program.state,
            tr("Print which thread and model are in use, what is set, and the draft."),
        ),
        PlainCommand(
            "usage",
            program.usage,
            tr("Print what requests used and cost, by day, model, provider, thread or tag."),
            "[day|model|provider|thread|tag]",
        ),
        PlainCommand(
            "request",
            request.request,
            tr(
                "Print the next request as JSON, or that of the last answer without a draft; with `curl`, as a command."
            ),
            "[curl]",
        ),
        PlainCommand(
            "help", show_help, tr("List the commands, or those whose names or descriptions have a word."), "[WORD]"
        ),
        PlainCommand("quit", program.leave, tr("Save everything and quit."), "", ("quit", "exit")),
    ),
}
COMMANDS = [command for group in GROUPS.values() for command in group]
_BY_NAME = {name: each for each in COMMANDS for name in (each.id.replace("_", "-"), *each.names)}


def command_named(name: str) -> PlainCommand | None:
    """The command of a name, or the only one whose names begin with it."""
    name = name.replace("_", "-")
    if name in _BY_NAME:
        return _BY_NAME[name]
    begun = {each.id: each for known, each in _BY_NAME.items() if known.startswith(name)}
    return next(iter(begun.values())) if len(begun) == 1 else None


def nearest(name: str) -> str:
    """What might have been meant by a name that is no command."""
    near = [each for each in _BY_NAME if each.startswith(name)] or get_close_matches(name, _BY_NAME, 3)
    if not near:
        return tr("/help lists the commands.")
    return tr("Did you mean {commands}?", commands=tr(" or ").join(f"/{each}" for each in near[:5]))
