"""`chat-tui ask`: one turn, from a prompt to an exit code. The same session as in the app answers it."""

from __future__ import annotations

import asyncio
import signal
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chat_tui.cli.choose import choose_model, default_model, require_key
from chat_tui.cli.commands.ask.call_approval import CallApproval, check_tools
from chat_tui.cli.commands.ask.prompt_text import edit_prompt, read_prompt
from chat_tui.cli.commands.spending import check_budget, note_usage
from chat_tui.cli.container import Container
from chat_tui.cli.output import Output, OutputError
from chat_tui.domain.conversation.chunk import Chunk, Notice, RetryWait, TextDelta
from chat_tui.domain.conversation.draft import Draft
from chat_tui.domain.conversation.message import Message, Role, Status
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.errors import ErrorKind, ProviderError, UsageError
from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.parameters import merge_parameters, parse_parameter
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.saved_prompts import changes
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import holds_secret
from chat_tui.domain.text.template import fill, variables
from chat_tui.i18n import sentences, tr
from chat_tui.session import ChatSession

if TYPE_CHECKING:
    from chat_tui.cli.commands.ask.structured import StructuredAnswers
    from chat_tui.domain.conversation.measurement import Measurement


def run(args: Namespace, container: Container, out: Output) -> int:
    """Asks once.

    Returns:
        0 for a whole answer; 1 if it failed, was cut off or could not be kept; 2 if the configuration is to blame; 128
        and the number of the signal that stopped it.

    Raises:
        UsageError: an argument is wrong, or no model can be used.
        StorageError: the prompt could not be kept, so nothing was sent.
    """
    for problem in container.settings.problems:
        out.problem(problem)
    is_plain = args.raw or args.json or args.schema is not None
    if args.render and is_plain:
        raise UsageError(tr("--render can't be used with --raw, --json or --schema."))
    if args.render is None:
        args.render = container.settings.render and out.is_terminal and not is_plain
    container.folders = [str(Path(each).expanduser().absolute()) for each in args.folder]
    prompt = read_prompt(args.text, args.file, out, container.attachments, stdin=not args.no_stdin, blank=args.edit)
    if args.edit:
        prompt = edit_prompt(prompt, container.settings)
    return asyncio.run(_Ask(args, container, out).run(prompt))


class _Ask:
    """One run of the command."""

    def __init__(self, args: Namespace, container: Container, out: Output) -> None:
        self._args = args
        self._container = container
        self._out = out
        self._unsaved = ""
        self._unprinted = ""
        """Why standard output takes nothing more."""
        self._failure: OSError | OutputError | None = None
        """Why the answer is not received any more: nobody reads it."""
        self._measured: list[Measurement] = []
        """How quick the answers were; one run has several where tools are called."""
        self._whole: list[str] = []
        """Pieces of an answer that is printed when it is whole."""
        self._has_text = False
        """Whether the answer that is being printed has text."""
        self._structured: StructuredAnswers | None = None
        """Checks the answer by `--schema`; None without one."""
        self._signal: int | None = None
        self._done = False
        self._is_dry: bool = args.dry_run or args.curl
        self._models: list[ModelRef] = []
        """The models that are asked."""
        if len(args.model) > 1:
            from chat_tui.cli.commands.ask.several import check_several

            check_several(args)
        elif args.blind:
            raise UsageError(tr("--blind needs several models: give -m more than once."))

    async def run(self, prompt: Draft) -> int:
        try:
            await self._read_schema()
            thread = await self._thread()
            thread.is_temporary = self._args.no_save
            session = ChatSession(
                thread,
                self._container.store,
                self._container.backend,
                default_parameters=self._container.settings.parameters,
                keep=not (self._args.no_save or self._is_dry),
                stream=not self._args.no_stream,
                source="ask",
                on_storage=self._storage,
                settings=lambda: self._container.settings,
                tools=self._container.tools,
            )
            if self._is_dry:
                return await self._preview(session, prompt)
            may_exceed = self._args.over_budget
            await check_budget(self._container, session, prompt, self._out, self._models, may_exceed=may_exceed)
            self._watch(session)
            if len(self._models) > 1:
                return await self._ask_several(session, prompt)
            draft = thread.draft
            try:
                await self._answer(session, prompt)
                if self._structured is not None:
                    await self._structured.check(
                        lambda: session.reply,
                        lambda text: self._answer(session, Draft.of(text)),
                        self._args.retries,
                        self._out,
                    )
            except asyncio.CancelledError:
                if self._failure is not None:
                    raise self._failure from None
                if self._signal is None:
                    raise
            finally:
                self._done = True
                # The draft in the app's prompt is not this command's to send or to lose.
                if self._signal is not None or draft:
                    thread.draft = thread.draft or draft
                    await session.save()
            if self._measured:
                await self._container.measurements.add(*self._measured)
            return self._end(session)
        finally:
            await self._container.backend.aclose()
            await self._container.close_tools()

    async def _ask_several(self, session: ChatSession, prompt: Draft) -> int:
        from chat_tui.cli.commands.ask.several import PrintedAnswers

        draft = session.thread.draft
        try:
            code = await PrintedAnswers(self._args, self._container, self._out, session, self._models).ask(prompt)
        except asyncio.CancelledError:
            if self._signal is None:
                raise
            code = 128 + self._signal
        finally:
            self._done = True
            if draft:
                session.thread.draft = session.thread.draft or draft
                await session.save()
        if self._unsaved:
            self._out.problem(tr("The answers were not saved. {problem}", problem=self._unsaved))
        return code or bool(self._unsaved)

    async def _thread(self) -> Thread:
        """The thread to go on in, with what the arguments change in it."""
        args, container = self._args, self._container
        if args.thread is not None or args.continue_last:
            thread = await container.store.load(await container.store.resolve(args.thread or ""))
        else:
            thread = Thread()
        template = await container.prompt(args.prompt) if args.prompt is not None else None
        if args.var and template is None:
            raise UsageError(tr("--var needs a saved prompt: choose one with --prompt."))
        if template is not None:
            before = await container.prompts.named(thread.saved_prompt)
            for name, value in changes(thread, self._filled(template), template, before).items():
                setattr(thread, name, value)
        if args.system is not None:
            thread.system_prompt = args.system
        if args.tool:
            check_tools(args.tool, container.toolbox)
            thread.tools = args.tool
        given = args.model or [(template.model if template else None) or thread.model]
        self._models = list(dict.fromkeys([await self._model(each) for each in given]))
        model = self._models[0]
        thread.model = str(model)
        thread.parameters = merge_parameters(thread.parameters, self._parameters(container.provider(model.provider)))
        if self._structured is not None:
            thread.parameters["response_format"] = self._structured.response_format
        return thread

    async def _read_schema(self) -> None:
        if self._args.schema is None:
            return
        if self._args.raw:
            raise UsageError(tr("--schema prints JSON; it can't be used with --raw."))
        from chat_tui.cli.commands.ask.structured import StructuredAnswers

        self._structured = await StructuredAnswers.from_argument(self._args.schema, self._container.schemas)

    def _filled(self, template: PromptTemplate) -> str:
        """The template's prompt with the values of `--var` in it."""
        given: dict[str, str] = {}
        for each in self._args.var:
            name, equals, value = each.partition("=")
            if not equals:
                raise UsageError(tr("--var takes NAME=VALUE, not {value!r}.", value=each))
            given[name.strip()] = clean(value)
        wanted = variables(template.prompt)
        if unknown := [each for each in given if each not in wanted]:
            if not wanted:
                raise UsageError(tr("The prompt {name!r} has no variables.", name=template.name))
            raise UsageError(
                tr(
                    "The prompt {name!r} has no variable {variable!r}; it has {known}.",
                    name=template.name,
                    variable=unknown[0],
                    known=", ".join(wanted),
                )
            )
        values = {name: default for name, default in wanted.items() if default} | given
        if missing := [each for each in wanted if each not in values]:
            options = " ".join(f"--var {each}=VALUE" for each in missing)
            raise UsageError(
                tr(
                    "The prompt {name!r} needs {variables}: add {options}",
                    name=template.name,
                    variables=", ".join(missing),
                    options=options,
                )
            )
        return fill(template.prompt, values)

    async def _model(self, wanted: str | None) -> ModelRef:
        """The model that answers; its provider is there and has a key, if anything is to be sent."""
        container = self._container
        known = container.backend.known_models()
        if wanted is not None:
            model = choose_model(wanted, container.settings.providers, known, container.keys.has)
        else:
            model = default_model(container.settings, known, container.keys.has)
        provider = container.provider(model.provider)
        if self._is_dry:
            return model
        await require_key(provider, container.keys)
        return model

    def _parameters(self, provider: Provider) -> JsonObject:
        given: JsonObject = {}
        for each in self._args.param:
            try:
                name, value = parse_parameter(each)
            except ValueError as error:
                raise UsageError(tr("--param: {error}", error=error)) from None
            spec = provider.parameter(name)
            if value is not None and spec is not None and (problem := spec.check(value)):
                raise UsageError(tr("--param: {error}", error=problem))
            if holds_secret({name: value}):
                raise UsageError(
                    tr(
                        "--param: an API key can't be a parameter: parameters are saved with the thread. Use "
                        "headers or extra_body of [providers.{key}] in config.toml.",
                        key=provider.key,
                    )
                )
            given[name] = value
        return given

    async def _preview(self, session: ChatSession, prompt: Draft) -> int:
        """Prints the request instead of sending it."""
        await session.offer_tools(self._out.progress)
        for problem in session.notices:
            self._out.note(problem)
        request = session.request(prompt)
        if self._args.curl and self._container.provider(request.model.provider).is_local:
            raise UsageError(tr("The local model has an address only while it runs. Use --dry-run instead."))
        try:
            body, curl = self._container.http.preview(request)
        except ProviderError as error:
            raise UsageError(str(error)) from None
        self._out.json_text(curl if self._args.curl else body)  # in a shell's quotes, the body is JSON too
        return 0

    def _watch(self, session: ChatSession) -> None:
        """Lets a signal stop the answer as esc does in the app: the partial answer is kept."""
        task = asyncio.current_task()
        assert task is not None  # there is one in a coroutine

        def stop(number: int) -> None:
            if self._done:  # the rest takes a moment, and must not be cut
                return
            self._signal = self._signal or number
            by_user = number == signal.SIGINT
            session.cancel_status = Status.STOPPED if by_user else Status.INTERRUPTED
            task.cancel()

        if sys.platform == "win32":  # its loop has no signal handlers: KeyboardInterrupt cancels the task
            return
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with suppress(RuntimeError, ValueError):  # not in the main thread
                asyncio.get_running_loop().add_signal_handler(number, stop, number)

    async def _answer(self, session: ChatSession, prompt: Draft) -> None:
        pieces, task = self._out.stream(raw=self._args.raw, markdown=self._args.render), asyncio.current_task()

        def begin() -> None:
            """An answer after the results of calls begins a paragraph."""
            nonlocal pieces
            self._print(pieces.flush() + "\n\n" * self._has_text)
            pieces, self._has_text = self._out.stream(raw=self._args.raw, markdown=self._args.render), False

        def show(chunk: Chunk) -> None:
            try:
                match chunk:
                    case TextDelta(piece, 0) if self._failure is None:
                        self._has_text = True
                        self._print(pieces.feed(piece))
                    case RetryWait(reason, seconds):
                        self._out.note(sentences(reason, tr("Retrying in {seconds:.1f} s.", seconds=seconds)))
                    case Notice(text):
                        self._out.note(text)
            except (BrokenPipeError, OutputError) as error:
                self._failure = error
                if task is not None:
                    task.cancel()  # as by a signal: the partial answer is saved

        def end(answer: Message) -> None:
            self._measure(answer)
            note_usage(self._container, answer, "" if self._args.no_save else session.thread.id)

        session.on_chunk, session.on_start, session.on_request_end = show, begin, end
        assert session.calls is not None  # the session was given what runs them
        approval = CallApproval(session.calls, self._out, self._args.approve)
        try:
            await session.send(prompt, self._out.progress)
        finally:
            approval.close()
        self._print(pieces.flush())

    def _print(self, text: str) -> None:
        """Prints a piece of the answer. Where it can't be written, the rest is still received and saved."""
        if self._args.json or self._structured is not None:
            return
        if self._args.no_stream:
            self._whole.append(text)
            return
        try:
            self._out.write(text)
        except OutputError as error:
            if self._args.no_save:
                raise
            self._unprinted = self._unprinted or str(error)

    def _measure(self, answer: Message) -> None:
        """Notes how quick an answer was, for the lists of models."""
        from chat_tui.domain.conversation.measurement import measure_all

        if not self._args.no_save:
            self._measured += measure_all(answer)

    def _end(self, session: ChatSession) -> int:
        """Prints what is left to print, says how it ended, and returns the code for it."""
        out, message = self._out, session.reply
        try:
            self._print_rest(session, message)
        except OutputError as unprinted:
            self._unprinted = self._unprinted or str(unprinted)
        if self._unprinted:
            thread = session.thread.id
            is_saved = not self._args.no_save and not self._unsaved
            where = tr("The answer is saved: chat-tui threads show {thread}", thread=thread) if is_saved else ""
            out.problem(sentences(self._unprinted, where))
        if message is not None and not self._args.json:
            self._note_origin(message)
        if self._signal is not None:
            return 128 + self._signal
        last = session.thread.messages.get(session.thread.head or "")
        if last is not None and last.role is Role.TOOL:
            out.problem(session.notices[-1] if session.notices else tr("The answer after the calls is missing."))
            return 1
        if message is None or message.status is Status.COMPLETE:
            if self._unsaved:
                out.problem(sentences(tr("The answer was not saved."), self._unsaved))
            is_valid = self._structured is None or self._structured.report(out)
            return 1 if self._unsaved or self._unprinted or message is None or not is_valid else 0
        if error := message.error:
            out.problem(sentences(error.message, error.advice))
            if error.detail and error.detail not in error.message:
                out.explain(f"  {error.detail}")
        if not self._args.no_save and not self._unsaved and not self._unprinted:
            out.note("  " + tr("Saved. Resume it with: chat-tui --resume {thread}", thread=session.thread.id))
        return 2 if error and error.kind == ErrorKind.CONFIGURATION else 1

    def _note_origin(self, message: Message) -> None:
        """Says on standard error who answered, where that is not who was asked, and on which sources it rests.

        Never on standard output: what is piped from there is the answer's text and nothing else.
        """
        if other := message.substitute():
            upstream = f" ({message.upstream_provider})." if message.upstream_provider else ""
            self._out.note(tr("Answered by {model}", model=other) + upstream)
        for number, source in enumerate(message.cited(), 1):
            self._out.note(f"[{number}] {source.title} {source.url}" if source.title else f"[{number}] {source.url}")

    def _print_rest(self, session: ChatSession, message: Message | None) -> None:
        if message is not None and self._args.json:
            self._print_json(session, message)
            return
        if self._structured is not None:
            self._structured.print_answer(self._out)
            return
        self._out.write("".join(self._whole))
        if self._out.is_terminal and message is not None and message.content:
            self._out.write("\n")

    def _print_json(self, session: ChatSession, message: Message) -> None:
        from chat_tui.session.model_catalogue import ModelCatalogue
        from chat_tui.storage.threads.codec import message_to_json

        kept = None if self._args.no_save else session.thread.id
        result: JsonObject = {"thread": kept, "message": message_to_json(message)}
        self._container.http.warm()  # the prices that come with the program
        catalogue = ModelCatalogue(self._container.backend)
        if message.usage and (cost := catalogue.cost(message)):
            result["cost"] = cost.to_json()
        turn = session.thread.turn()
        if any(each.tool_calls for each in turn):
            costs = {each.id: catalogue.cost(each) for each in turn}
            result["messages"] = [
                message_to_json(each) | ({"cost": cost.to_json()} if (cost := costs[each.id]) else {}) for each in turn
            ]
        if self._structured is not None:
            result |= self._structured.fields()
        self._out.json(result)

    def _storage(self, problem: str) -> None:
        if problem and not self._unsaved:
            self._out.problem(problem)
        self._unsaved = problem
