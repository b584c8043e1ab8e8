"""`chat-tui ask -m A -m B`: one prompt to several models; each answer is printed under its name as it ends."""

from __future__ import annotations

import asyncio
import random
import sys
from argparse import Namespace
from collections.abc import Sequence

from chat_tui.cli.commands.ask.call_approval import read_line
from chat_tui.cli.commands.spending import note_usage
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output, OutputError
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.measurement import measure_all
from chat_tui.domain.conversation.message import Message, Status
from chat_tui.domain.errors import UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.i18n import tr
from chat_tui.session import ChatSession
from chat_tui.session.several import ModelAnswer, SeveralAnswers
from chat_tui.session.several_choice import choose_answer, letter
from chat_tui.ui.text import wording


def check_several(args: Namespace) -> None:
    """Checks the options beside several `-m`.

    Raises:
        UsageError: one of them takes one model only, or `--blind` has nobody to ask.
    """
    for name in ("tool", "schema", "dry_run", "curl"):
        if getattr(args, name):
            raise UsageError(tr("--{option} takes one model: give -m once.", option=name.replace("_", "-")))
    if args.blind and args.json:
        raise UsageError(tr("--blind asks which answer is best; it can't be used with --json."))
    if args.blind and not (_is_terminal(sys.stdin) and _is_terminal(sys.stderr)):
        raise UsageError(tr("--blind asks which answer is best: it needs a terminal."))


def _is_terminal(stream: object) -> bool:
    return bool(stream is not None and not getattr(stream, "closed", True) and getattr(stream, "isatty", bool)())


class PrintedAnswers:
    """Asks several models, and prints what they answer."""

    def __init__(
        self, args: Namespace, container: Container, out: Output, session: ChatSession, models: Sequence[ModelRef]
    ) -> None:
        """Asks nothing yet.

        Args:
            args: of the command line.
            container: the backend and the stores.
            out: where answers are printed.
            session: the thread.
            models: in the order in which they were given; in another one where their names are to be hidden.
        """
        models = random.sample(models, len(models)) if args.blind else models
        self._args = args
        self._container = container
        self._out = out
        self._several = SeveralAnswers(session, container.backend, models, source="ask")
        self._several.is_blind = args.blind
        self._printed: set[str] = set()
        self._failure: OSError | OutputError | None = None
        """Why nothing more is printed."""
        self._task = asyncio.current_task()

    async def ask(self, prompt: Draft) -> int:
        """Asks; returns 0 where every model has answered, else 1.

        Raises:
            UsageError: a model can't be asked.
            StorageError: the prompt could not be saved, so nothing was sent.
            OutputError: standard output takes nothing more; BrokenPipeError: nobody reads.
        """
        session, measured = self._several.session, []

        def end(answer: Message) -> None:
            note_usage(self._container, answer, "" if self._args.no_save else session.thread.id)
            measured.extend(measure_all(answer))

        session.on_request_end = end
        self._several.on_change = self._changed
        try:
            await self._several.send(prompt)
        except asyncio.CancelledError:
            if self._failure is not None:
                raise self._failure from None
            raise
        finally:
            if measured and not self._args.no_save:
                await self._container.measurements.add(*measured)
        if self._args.json:
            rows: list[Json] = [self._json(each) for each in self._several.answers]
            self._out.json(rows)
        if self._args.blind:
            await self._choose()
        for each in session.notices:
            self._out.note(each)
        return 0 if all(each.message.status is Status.COMPLETE for each in self._several.answers) else 1

    def _changed(self, answer: ModelAnswer) -> None:
        if self._args.json or answer.is_running or answer.message.id in self._printed or self._failure is not None:
            return
        self._printed.add(answer.message.id)
        try:
            self._print(answer)
        except (BrokenPipeError, OutputError) as error:
            self._failure = error
            if self._task is not None:
                self._task.cancel()  # as by a signal: the partial answers are saved

    def _print(self, answer: ModelAnswer) -> None:
        message, name = answer.message, self._name(answer)
        if message.content.strip():
            again = "\n" if len(self._printed) > 1 else ""
            self._out.line(f"{again}# {name}\n")
            self._out.line(message.content.strip("\n"), raw=self._args.raw)
        if error := message.error:
            self._out.problem(f"{name}: {error.message}" + f" {error.advice}" * bool(error.advice))
        elif not self._args.blind and (figures := wording.summary(message, self._container.prices.cost(message))):
            self._out.note(f"{name}: {figures}")

    def _name(self, answer: ModelAnswer) -> str:
        return letter(self._several.answers.index(answer)) if self._args.blind else str(answer.model)

    def _json(self, answer: ModelAnswer) -> JsonObject:
        from chat_tui.storage.threads.codec import message_to_json

        thread = None if self._args.no_save else self._several.session.thread.id
        result: JsonObject = {"thread": thread, "message": message_to_json(answer.message)}
        if answer.message.usage and (cost := self._container.prices.cost(answer.message)):
            result["cost"] = cost.to_json()
        return result

    async def _choose(self) -> None:
        """Asks which answer is best, and says whose they are."""
        several = self._several
        names = {letter(at): each for at, each in enumerate(several.answers) if not each.message.is_blank}
        chosen: ModelAnswer | None = None
        if len(names) > 1:
            line: str | None = "?"
            while line is not None and line.strip() and chosen is None:
                self._out.question(tr("Which answer is best? [{names}, enter for none] ", names="/".join(names)))
                line = await read_line(sys.stdin)
                chosen = names.get((line or "").strip().upper())
        if chosen is not None:
            choice = choose_answer(several, chosen)
            if choice is not None and not self._args.no_save:
                await self._container.choices.add(choice)
            await several.session.save()
        for at, each in enumerate(several.answers):
            self._out.explain(f"{letter(at)}: {each.model}" + (" · " + tr("chosen")) * (each is chosen))
