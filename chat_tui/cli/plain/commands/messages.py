"""Commands on messages: list, show, find, edit, delete, mark, compare, branches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import unified_diff

from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.turns import in_words, name_of
from chat_tui.domain.conversation.message import Message, Role, tool_call_text
from chat_tui.domain.errors import UsageError
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import facts, tr, trn
from chat_tui.ui.text import wording

LINE = 100
"""Characters of a message in a list."""
FEW_LINES = 20
"""Lines of a message that are printed where a thread is opened."""
MOST_COMPARED = 2_000
"""Lines of two versions that are compared."""
BRANCHES = tr("branches")


def chosen(
    chat: PlainChat, argument: str, applies: Callable[[Message], bool] = lambda message: True
) -> tuple[Message, str]:
    """The message of the number that an argument begins with, else the last that fits; and the rest of the argument.

    Raises:
        UsageError: there is none.
    """
    branch = chat.thread.branch()
    first, _, rest = argument.partition(" ")
    if first.isdecimal():
        if not 0 < int(first) <= len(branch):
            raise UsageError(tr("No message {n}. /messages lists them.", n=first))
        return branch[int(first) - 1], rest.strip()
    last = next((each for each in reversed(branch) if applies(each)), None)
    if last is None:
        raise UsageError(tr("No message that this applies to."))
    return last, argument


def preview(message: Message) -> str:
    """The beginning of a message, on one line."""
    text = " ".join(message.content[: 4 * LINE].split())
    if not text and message.tool_calls:
        text = tr("calls {tools}", tools=", ".join(tool_call_text(each)[0] for each in message.tool_calls))
    if not text and message.error is not None:
        text = tr("failed: {problem}", problem=message.error.message)
    return clean(text[:LINE] + "…" * (len(text) > LINE), multiline=False) or tr("empty")


def print_message(chat: PlainChat, number: int, message: Message, most: int | None = None) -> None:
    """Prints a message below who wrote it; at most some of its lines."""
    known = [name_of(message), wording.clock(message.created)]
    versions = chat.thread.siblings(message.id)
    if len(versions) > 1:
        known.append(tr("version {n} of {total}", n=versions.index(message) + 1, total=len(versions)))
    known += [word for word, is_so in ((tr("pinned"), message.pinned), (tr("muted"), message.muted)) if is_so]
    chat.say(f"{number}. " + tr("{name}:", name=facts(known)))
    lines = message.content.strip("\n").split("\n")
    if message.content.strip():
        chat.say("\n".join(lines[:most]))
    if most is not None and len(lines) > most:
        chat.say(tr("{n} more lines: /show {number}", n=len(lines) - most, number=number))
    for call in message.tool_calls:
        name, arguments = tool_call_text(call)
        chat.say(tr("calls {name}({arguments})", name=name, arguments=arguments))
    for at, source in enumerate(message.cited(), 1):
        chat.say(f"[{at}] {source.title} {source.url}".replace("  ", " "))
    if message.error is not None:
        chat.say(f"{tr('failed: {problem}', problem=message.error.message)} {message.error.advice}".rstrip())
    elif message.is_answer and (ended := in_words(wording.summary(message))) and message.status != "complete":
        chat.say(ended)


def print_last(chat: PlainChat) -> None:
    """Prints the last prompt and what follows it, long messages in part."""
    branch = chat.thread.branch()
    prompts = [at for at, each in enumerate(branch) if each.role is Role.USER]
    for at, each in enumerate(branch):
        if at >= (prompts[-1] if prompts else 0):
            print_message(chat, at + 1, each, FEW_LINES)


async def messages(chat: PlainChat, argument: str) -> None:
    """Lists the messages of the branch with their numbers."""
    branch = chat.thread.branch()
    if not branch:
        raise UsageError(tr("This thread is empty."))
    for number, each in enumerate(branch, 1):
        chat.say(f"{number}. {name_of(each)}: {preview(each)}")


async def show(chat: PlainChat, argument: str) -> None:
    """Prints a message whole; without a number, all of the branch."""
    if argument:
        message, _ = chosen(chat, argument)
        print_message(chat, chat.thread.branch().index(message) + 1, message)
        return
    chat.say(tr("Thread: {title}", title=chat.thread.display_title))
    for number, each in enumerate(chat.thread.branch(), 1):
        print_message(chat, number, each)


async def find(chat: PlainChat, argument: str) -> None:
    """Finds words in the messages of the branch."""
    wanted = argument.lower()
    if not wanted:
        raise UsageError(tr("Write what to find: /find WORDS"))
    found = [
        f"{number}. {name_of(each)}: {line}"
        for number, each in enumerate(chat.thread.branch(), 1)
        for line in _lines_with(each.content, wanted)
    ]
    for row in found:
        chat.say(row)
    chat.say(trn("{n} line found", "{n} lines found", len(found)))


def _lines_with(text: str, wanted: str) -> Iterator[str]:
    for line in text.split("\n"):
        at = line.lower().find(wanted)
        if at >= 0:
            start = max(0, at - LINE // 2)
            yield f"{'…' * (start > 0)}{line[start : at + LINE]}{'…' * (len(line) > at + LINE)}".strip()


async def reasoning(chat: PlainChat, argument: str) -> None:
    """Prints the reasoning of an answer."""
    message, _ = chosen(chat, argument, lambda each: bool(each.reasoning.strip()))
    if not message.reasoning.strip():
        raise UsageError(tr("This message has no reasoning."))
    chat.say(f"{in_words(wording.thought(message))}:\n{message.reasoning.strip()}")


async def edit_message(chat: PlainChat, argument: str) -> None:
    """Sends another prompt in place of one, as a new branch; of an answer, adds another version."""
    from chat_tui.cli.plain.connect import prepare_to_answer
    from chat_tui.domain.conversation.draft import Draft

    chat.require_idle()
    message, text = chosen(chat, argument, lambda each: each.role is Role.USER)
    if not argument[:1].isdecimal():
        text = argument
    if message.role is Role.TOOL:
        raise UsageError(tr("The result of a tool can't be edited."))
    draft = Draft.of_message(message)
    before = draft.stored if message.role is Role.USER else message.content
    text = text or await chat.edited(before)
    if not text.strip() or text == before:
        raise UsageError(tr("The message is unchanged."))
    if message.role is not Role.USER:
        chat.session.edit_answer(message.id, text)
        chat.say(tr("Saved as another version. /undo shows the one before."))
    elif await prepare_to_answer(chat, text):
        new = draft.refolded(text) if draft.attachments else Draft.of(text)
        conversation = chat.conversation
        await chat.turn(lambda: chat.conversations.edit(conversation, message.id, new))


async def delete_message(chat: PlainChat, argument: str) -> None:
    """Deletes a message and everything after it."""
    chat.require_idle()
    message, _ = chosen(chat, argument)
    if not argument and not await chat.confirm(
        tr("Delete {name}: {text}?", name=name_of(message), text=preview(message))
    ):
        return
    chat.session.delete(message.id)
    chat.say(tr("Message deleted. /undo restores it."))


async def pin_message(chat: PlainChat, argument: str) -> None:
    """Sends a message in any case, or no longer."""
    message, _ = chosen(chat, argument)
    chat.session.mark(message.id, pinned=not message.pinned, muted=False)
    chat.say(tr("Pinned: always sent.") if message.pinned else tr("Unpinned."))


async def mute_message(chat: PlainChat, argument: str) -> None:
    """Excludes a message from requests, or includes it again."""
    message, _ = chosen(chat, argument)
    chat.session.mark(message.id, muted=not message.muted, pinned=False)
    chat.say(tr("Muted: not sent.") if message.muted else tr("Sent again."))


async def diff_versions(chat: PlainChat, argument: str) -> None:
    """Prints the lines in which a message differs from the version before it."""
    positions = chat.thread.positions()
    message, _ = chosen(chat, argument, lambda each: positions[each.id][1] > 1)
    versions = chat.thread.siblings(message.id)
    if len(versions) < 2:
        raise UsageError(tr("This message has only one version."))
    at = max(1, versions.index(message))
    one, other = (versions[each].content.split("\n")[:MOST_COMPARED] for each in (at - 1, at))
    names = (
        tr("version {n}, {name}", n=at, name=name_of(versions[at - 1])),
        tr("version {n}, {name}", n=at + 1, name=name_of(versions[at])),
    )
    chat.say("\n".join(unified_diff(one, other, *names, lineterm="")) or tr("The versions are equal."))


async def undo(chat: PlainChat, argument: str) -> None:
    """Undoes the last change of the thread."""
    change = await chat.conversations.last_change(chat.conversation)
    if change is None:
        raise UsageError(tr("Nothing to undo in this thread."))
    await chat.conversations.undo(change)
    chat.say(tr("Undone: {change}", change=change.what))


# Branches


async def branches(chat: PlainChat, argument: str) -> None:
    """Lists the branches of the thread."""
    thread = chat.thread
    leaves = thread.branches()
    if not leaves:
        raise UsageError(tr("This thread is empty."))
    rows = []
    for leaf in leaves:
        message = thread.messages[leaf]
        marks = [tr("shown")] * (leaf == thread.head) + [tr("default")] * _is_default(chat, leaf)
        rows.append(tr("{name}: {text}", name=facts([*marks, name_of(message)]), text=preview(message)))
    chat.numbered(BRANCHES, leaves, rows)


def _is_default(chat: PlainChat, leaf: str) -> bool:
    starred = chat.thread.starred
    return starred is not None and chat.thread.is_below(leaf, starred)


async def branch(chat: PlainChat, argument: str) -> None:
    """Shows another branch."""
    if not argument:
        await branches(chat, "")
        return
    leaf = _leaf(chat, argument)
    if not chat.session.show_message(leaf):
        raise UsageError(tr("No such branch."))
    print_last(chat)


async def default_branch(chat: PlainChat, argument: str) -> None:
    """Opens the thread with a branch by default, or no longer; with the shown one, without a number."""
    leaf = _leaf(chat, argument) if argument else chat.thread.head
    is_set = leaf is not None and not _is_default(chat, leaf)
    chat.session.star(leaf if is_set else None)
    chat.say(tr("Set as default branch.") if is_set else tr("No default branch: the one shown last opens."))


def _leaf(chat: PlainChat, argument: str) -> str:
    if BRANCHES not in chat.listed:
        chat.listed[BRANCHES] = chat.thread.branches()
    return chat.named(BRANCHES, argument)


async def fork(chat: PlainChat, argument: str) -> None:
    """Opens a new thread with the branch up to a message, and all that follows the message."""
    await _fork(chat, argument, whole=True)


async def fork_from(chat: PlainChat, argument: str) -> None:
    """Opens a new thread with a message and what follows it."""
    await _fork(chat, argument, whole=False)


async def _fork(chat: PlainChat, argument: str, *, whole: bool) -> None:
    from chat_tui.domain.conversation.tree import fork as forked

    message, _ = chosen(chat, argument)
    if await chat.may_leave():
        conversation = chat.take(forked(chat.thread, message.id, whole=whole))
        await chat.conversations.save_soon(conversation)
        chat.show(conversation)
        chat.say(tr("Forked into a new thread: {title}", title=conversation.thread.display_title))
