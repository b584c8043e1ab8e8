"""The texts of the title bar and the status line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.conversation.tokens import definition_tokens, next_turn
from chat_tui.domain.json import Json
from chat_tui.domain.models.model import ModelRef, PriceFrom
from chat_tui.domain.models.money import money, total_text, totals
from chat_tui.domain.models.parameters import as_text
from chat_tui.domain.models.response_format import describe_format
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import ToolServer, is_offered
from chat_tui.i18n import tr, trn
from chat_tui.session.conversations import Conversation
from chat_tui.session.model_catalogue import ModelCatalogue
from chat_tui.ui.chat.prompt.composer import NO_DRAFT, DraftSize
from chat_tui.ui.text import wording
from chat_tui.ui.text.sanitizer import cut

GAUGE = 6
"""Cells of the gauge of the context window."""
NEARLY_FULL = 0.8
"""Share of the context window from which it is a warning."""


class Usage(NamedTuple):
    """What a thread takes of the context window, and costs."""

    text: str
    """`▰▰▱▱▱▱ 12k/64k · $0.02`; empty while there is nothing to say."""
    is_warning: bool = False
    """Whether the window is nearly full."""


def place(thread: Thread) -> str:
    """What is beside the title: the shown branch among all, and marks of the thread: `⎇ 2/3  ★`."""
    branches = thread.branches()
    marks = []
    if len(branches) > 1:
        marks.append(f"⎇ {branches.index(thread.head) + 1 if thread.head in branches else 1}/{len(branches)}")
    marks += ["★"] if thread.pinned else []
    marks += [tr("archived")] if thread.archived else []
    return "  ".join(marks)


def about(
    conversation: Conversation, key: Callable[[str], str], provider_name: str, prompt_name: str, tools: str
) -> str:
    """The settings of the next request: model and provider, system prompt, tools, parameters.

    Args:
        conversation: the thread on the screen.
        key: the key of a command as it is bound now.
        provider_name: of the model's provider.
        prompt_name: the name under which the system prompt is saved; empty where it is not.
        tools: which tools are on, in words.
    """
    thread, model = conversation.thread, conversation.session.model
    if model is None:
        return tr("No model · {key} choose one", key=key("model_picker"))
    parts = [cut(model.id, 40), provider_name]
    if conversation.models:
        names = tr("names hidden") if conversation.is_blind else ", ".join(each.id for each in conversation.models)
        parts = [tr("{n} models", n=len(conversation.models)), cut(names, 60)]
    if thread.system_prompt.strip():
        parts.append(cut(prompt_name, 24) if prompt_name else tr("system prompt"))
    parts.append(tools)
    parts += [_parameter(name, value) for name, value in thread.parameters.items()]
    branch = thread.branch()
    if left := len(branch) - len(thread.sent(branch)):
        parts.append(trn("{n} turn not sent", "{n} turns not sent", left))
    return " · ".join(each for each in parts if each)


_SHORT = {"temperature": "t", "max_tokens": "max"}


def _parameter(name: str, value: Json) -> str:
    if name == "response_format":
        return cut(clean(describe_format(value), multiline=False), 30)
    text = str(value.get("type", "set")) if isinstance(value, dict) else cut(as_text(value), 20)
    return f"{_SHORT.get(name, name)} {text}"


class OnTools(NamedTuple):
    """The tools that are on in a thread."""

    text: str = ""
    """`3 tools`; empty for none."""
    tokens: int = 0
    """Of their definitions, as far as they are known."""


def tools_on(selected: list[str], servers: Sequence[ToolServer]) -> OnTools:
    """The tools that are on.

    Args:
        selected: servers and tools, as the thread names them.
        servers: as they are now; one that has not been started has no tools yet.
    """
    tools = [tool for server in servers for tool in server.tools if is_offered(tool, selected)]
    unlisted = {each.partition(":")[0] for each in selected} - {tool.server for tool in tools}
    if unlisted:
        return OnTools(tr("tools: {names}", names=cut(", ".join(each.partition(":")[0] for each in selected), 30)))
    return OnTools(trn("{n} tool", "{n} tools", len(tools)) if tools else "", definition_tokens(tools))


def usage(
    thread: Thread, model: ModelRef | None, models: ModelCatalogue, draft: DraftSize = NO_DRAFT, definitions: int = 0
) -> Usage:
    """The share of the context window, and the cost of the branch.

    A number that is estimated, and a sum of costs that are not all known, begin with a `~`.
    """
    branch = thread.branch()
    if not branch and draft == NO_DRAFT:
        return Usage("")
    info = models.get(str(model) if model else None)
    window, tokens = info.context_window if info else None, next_turn(thread.sent(branch), definitions) + draft.tokens
    parts, share = list[str](), tokens / window if window else 0
    if window:
        filled = min(GAUGE, max(1, round(share * GAUGE)))
        parts.append(f"{'▰' * filled}{'▱' * (GAUGE - filled)} ~{wording.count(tokens)}/{wording.count(window)}")
    elif branch:
        parts.append(tr("~{tokens} tokens", tokens=wording.count(tokens)))
    costs = [models.cost(each) for each in branch if each.usage]
    if any(costs):
        is_estimate = any(each is None or each.source is PriceFrom.SNAPSHOT for each in costs)
        sums = totals((each.amount, each.currency) for each in costs if each)
        parts.append("~" * is_estimate + total_text(sums))
    return Usage(" · ".join(parts), share >= NEARLY_FULL)


def draft_size(
    thread: Thread, model: ModelRef | None, models: ModelCatalogue, draft: DraftSize, definitions: int = 0
) -> str:
    """How much is written and not sent, and what sending it costs: `draft ~12 tokens · next ~$0.0011`."""
    if draft == NO_DRAFT:
        return ""
    text = tr("draft ~{tokens} tokens", tokens=wording.count(draft.tokens))
    if draft.images:
        text += trn(" + {n} image", " + {n} images", draft.images)
    info = models.get(str(model) if model else None)
    if info and info.price_in is not None:
        tokens = next_turn(thread.sent(thread.branch()), definitions) + draft.tokens
        text += tr(" · next ~{price}", price=money(tokens * info.price_in / 1_000_000, info.currency))
    return text
