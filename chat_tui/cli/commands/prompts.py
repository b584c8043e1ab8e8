"""`chat-tui prompts`: lists and shows saved system prompts, and imports those of other programs."""

from __future__ import annotations

import asyncio
from argparse import Namespace

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.saved_prompts import summary
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

DONE, NOTHING_READ, USAGE = 0, 1, 2


def run(args: Namespace, container: Container, out: Output) -> int:
    """Lists, shows or imports.

    Raises:
        UsageError: there is no such prompt.
        StorageError: a prompt can't be written.
    """
    actions = {"list": _list, "show": _show, "import": _import}
    return asyncio.run(actions[args.action](args, container, out))


async def _list(args: Namespace, container: Container, out: Output) -> int:
    prompts = await container.prompts.prompts()
    if args.json:
        rows: list[Json] = [_row(each) for each in prompts]
        out.json(rows)
        return DONE
    width = max((len(each.name) for each in prompts), default=0)
    for each in prompts:
        about = " · ".join(filter(None, (summary(each), each.description)))
        out.line(clean(f"{each.name:{width}}  {about}".rstrip(), multiline=False))
    if not prompts:
        out.note(tr("No saved prompts. Save one in the app (ctrl+s), or run `chat-tui prompts import FILE`."))
    return DONE


async def _show(args: Namespace, container: Container, out: Output) -> int:
    prompt = await container.prompt(args.name)
    if args.json:
        out.json(_row(prompt))
    else:
        out.line(prompt.prompt.rstrip("\n"))
    return DONE


def _row(prompt: PromptTemplate) -> JsonObject:
    return {
        "name": prompt.name,
        "prompt": prompt.prompt,
        "description": prompt.description,
        "model": prompt.model,
        "parameters": prompt.parameters,
        "tools": list(prompt.tools),
        "fallback": list(prompt.fallback),
        "budget": prompt.budget,
    }


async def _import(args: Namespace, container: Container, out: Output) -> int:
    """Prints the name of each prompt that is new or replaced; what was changed on the way, on standard error."""
    count, wrong = 0, False
    for name in args.file:
        try:
            report = await container.exchange.import_prompts(name, replaces=args.replace, dry_run=args.dry_run)
        except UsageError as error:
            out.problem(str(error))
            wrong = True
            continue
        for each in report.imported:
            came = summary(each)
            out.line(f"{each.name}  {came}" if came else each.name)
        for line in report.problems:
            out.problem(line)
        if report.kept:
            names = tr(", ").join(report.kept[:5])
            if len(report.kept) > 5:
                names = tr("{names} and {n} more", names=names, n=len(report.kept) - 5)
            out.note(tr("There already, with another text: {names}. To replace: --replace", names=names))
        text = tr("would be: {counts}", counts=report.counts()) if args.dry_run else report.counts()
        out.note(f"{clean(name, multiline=False)}: {text}")
        count += report.count
    return USAGE if wrong else DONE if count else NOTHING_READ
