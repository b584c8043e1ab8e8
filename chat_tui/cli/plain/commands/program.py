"""Commands on the program: usage, state, quit."""

from __future__ import annotations

from argparse import Namespace

from chat_tui.cli.commands.usage import report
from chat_tui.cli.plain.chat import PlainChat
from chat_tui.cli.plain.commands.threads import say_draft, say_thread
from chat_tui.domain.errors import UsageError
from chat_tui.domain.usage.ledger import Grouping


async def usage(chat: PlainChat, argument: str) -> None:
    """Prints what requests used and cost, by day, model, provider, thread or tag."""
    kinds = [str(each) for each in Grouping]
    if argument and argument not in kinds:
        raise UsageError(f"Sums are made by {', '.join(kinds)}.")
    args = Namespace(by=argument or str(Grouping.DAY), json=False, csv=False)
    await report(args, "", chat.container, chat.out)


async def state(chat: PlainChat, argument: str) -> None:
    """Says which thread and model are in use, what is set in the thread, and what is written and not sent."""
    thread = chat.thread
    say_thread(chat)
    if thread.saved_prompt or thread.system_prompt:
        chat.say(f"System prompt: {thread.saved_prompt or ' '.join(thread.system_prompt[:200].split())}")
    if thread.parameters:
        chat.say(f"Parameters: {', '.join(thread.parameters)}")
    if thread.tools:
        chat.say(f"Tools: {', '.join(thread.tools)}")
    say_draft(chat)


async def leave(chat: PlainChat, argument: str) -> None:
    """Saves everything and quits."""
    if await chat.may_leave():
        chat.is_leaving = True
