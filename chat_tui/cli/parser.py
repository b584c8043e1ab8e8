"""The command line's arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

from chat_tui import __version__
from chat_tui.cli.help_text import HelpFormatter, translate_argparse
from chat_tui.domain.search.query import FILTERS
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import redact
from chat_tui.i18n import tr

MEASURE = ("models", "measure")
"""A command of two words: `models` itself takes a provider's name."""
_NO_FILTERS = {
    "query": (),
    "model": (),
    "tag": (),
    "after": None,
    "before": None,
    "pinned": False,
    "archived": False,
    "limit": None,
}
SHELLS = ("bash", "zsh", "fish")


def _count(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _amount(text: str) -> float:
    """An amount of money from 0."""
    number = float(text)
    if not 0 <= number < 1e9:
        raise ValueError
    return number


def _count_from_0(text: str) -> int:
    """A whole number from 0."""
    return _count(text) if text.strip() != "0" else 0


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, formatter_class=HelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Ends with code 2; what it quotes of the arguments is cleaned and without keys."""
        super().error(redact(clean(message, multiline=False)))


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Reads the arguments. `module` of the result names the module of `chat_tui.cli` that does the work.

    Raises:
        SystemExit: help or version was asked for (0), or the usage is wrong (2).
    """
    words = list(argv)
    if tuple(words[:2]) == MEASURE:
        words[:2] = [" ".join(MEASURE)]
    return build_parser().parse_args(words)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line, in which `MEASURE` is one word."""
    translate_argparse()
    parser = _Parser(
        prog="chat-tui",
        description=tr("A terminal chat client for OpenAI-compatible endpoints. Without a command it opens the app."),
    )
    parser.add_argument("--version", action="version", version=f"chat-tui {__version__}", help=tr("print the version"))
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--resume", nargs="?", const="", metavar="ID", help=tr("reopen a thread (default: the last one)")
    )
    which.add_argument("--temporary", action="store_true", help=tr("start a thread that is never saved"))
    parser.add_argument("--model", "-m", metavar="MODEL", help=tr("provider/model-id, or a unique part of it"))
    parser.add_argument("--system", "-s", metavar="TEXT", help=tr("the system prompt"))
    parser.add_argument("--prompt", "-p", metavar="NAME", help=tr("a saved system prompt"))
    what = tr("chat line by line, without a screen: for screen readers, slow lines, Emacs' shell, logs")
    parser.add_argument("--plain", action="store_true", help=what)
    parser.set_defaults(module="app")
    commands = parser.add_subparsers(title=tr("commands"), metavar="", parser_class=_Parser)
    _add_ask(commands)
    _add_threads(commands)
    _add_models(commands)
    _add_prompts(commands)
    _add_usage(commands)
    _add_keys(commands)
    _add_config(commands)
    _add_mcp(commands)
    _add_serve(commands)
    _add_doctor(commands)
    _add_shell(commands)
    _add_quiet(commands)
    return parser


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001 - it has no public name


def _add_ask(commands: _Commands) -> None:
    ask = commands.add_parser("ask", help=tr("ask once and print the answer"))
    ask.add_argument("text", nargs="?", metavar="PROMPT", help=tr("the prompt; piped text is added to it"))
    what = tr("provider/model-id, or a unique part of it; several are asked at once")
    ask.add_argument("-m", "--model", action="append", default=[], metavar="MODEL", help=what)
    what = tr("hide the names of several models until one of their answers is chosen")
    ask.add_argument("--blind", action="store_true", help=what)
    ask.add_argument("-s", "--system", metavar="TEXT", help=tr("the system prompt"))
    ask.add_argument("-p", "--prompt", metavar="NAME", help=tr("a saved system prompt"))
    ask.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help=tr("set the prompt's variable {{NAME}}")
    )
    which = ask.add_mutually_exclusive_group()
    which.add_argument("-t", "--thread", metavar="ID", help=tr("continue this thread; any unique part of its id"))
    which.add_argument(
        "-c", "--continue", dest="continue_last", action="store_true", help=tr("continue the last thread")
    )
    what = tr("attach a text, image, PDF, Office file, https:// page or thread:ID; - is standard input; repeatable")
    ask.add_argument("-f", "--file", action="append", default=[], metavar="FILE", help=what)
    tools = tr("offer a server's tools to the model, or one of them: time, git:git_log; repeatable")
    ask.add_argument("--tool", action="append", default=[], metavar="SERVER[:TOOL]", help=tools)
    approve = tr("approve tool calls (default: ask on a terminal, none elsewhere)")
    ask.add_argument("--approve", choices=["ask", "all", "none"], help=approve)
    folder = tr("let the tool chat-tui:read_file read below this folder; repeatable")
    ask.add_argument("--folder", action="append", default=[], metavar="FOLDER", help=folder)
    ask.add_argument("--no-stdin", action="store_true", help=tr("don't read standard input"))
    ask.add_argument("--param", action="append", default=[], metavar="NAME=VALUE", help="temperature=0.2; repeatable")
    what = tr(
        "print only JSON that matches this JSON Schema, else exit with 1; or its fields: 'name, age int, tags list'"
    )
    ask.add_argument("--schema", metavar="FILE|FIELDS", help=what)
    what = tr("retry up to N times with the error if the answer does not match --schema (default: 1)")
    ask.add_argument("--retries", type=_count_from_0, default=1, metavar="N", help=what)
    ask.add_argument("--no-stream", action="store_true", help=tr("request the answer without streaming"))
    ask.add_argument("--no-save", action="store_true", help=tr("don't save the thread"))
    ask.add_argument("--over-budget", action="store_true", help=tr("send the request even if it is over the budget"))
    ask.add_argument("-e", "--edit", action="store_true", help=tr("write or edit the prompt in $VISUAL or $EDITOR"))
    draw = tr("render Markdown (default: on a terminal, if `render` is set in config.toml)")
    ask.add_argument("--render", action=argparse.BooleanOptionalAction, help=draw)
    how = ask.add_mutually_exclusive_group()
    what = tr('print {"thread": ID, "message": {...}}, of several models an array')
    how.add_argument("--json", action="store_true", help=what)
    how.add_argument("--raw", action="store_true", help=tr("print the text unchanged, control characters included"))
    ask.add_argument("--dry-run", action="store_true", help=tr("print the request as JSON instead of sending it"))
    ask.add_argument(
        "--curl",
        action="store_true",
        help=tr("print the request as a curl command (without the key) instead of sending it"),
    )
    ask.set_defaults(module="commands.ask.command")


def _add_threads(commands: _Commands) -> None:
    threads = commands.add_parser("threads", help=tr("list, search, show, export, import, rename, delete, restore"))
    threads.set_defaults(module="commands.threads", action="list", json=False, **_NO_FILTERS)
    actions = threads.add_subparsers(title=tr("commands"), metavar="")
    listing = actions.add_parser("list", help=tr("list threads, most recent first; words and filters narrow the list"))
    listing.add_argument("query", metavar="QUERY", nargs="*", help=tr("words and filters, as in threads search"))
    listing.add_argument("--model", action="append", default=[], metavar="MODEL", help=tr("with answers of this model"))
    listing.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help=tr("with a tag that starts with this")
    )
    listing.add_argument("--after", metavar="DATE", help=tr("with messages of this time or later: 2026-11-25, 2026-11"))
    listing.add_argument("--before", metavar="DATE", help=tr("with messages before this time"))
    listing.add_argument("--pinned", action="store_true", help=tr("only pinned ones"))
    listing.add_argument("--archived", action="store_true", help=tr("only archived ones"))
    listing.add_argument("--limit", type=_count, metavar="N", help=tr("maximum number of threads (default: all)"))
    listing.add_argument("--json", action="store_true")
    show = actions.add_parser("show", help=tr("print a thread"))
    show.add_argument("id", metavar="ID", help=tr("any unique part of its id"))
    how = show.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help=tr("print it as JSON, as in its file"))
    how.add_argument("--raw", action="store_true", help=tr("print the text unchanged, control characters included"))
    search = actions.add_parser(
        "search", help=tr("search texts; filters narrow the result"), epilog=tr("Filters: {filters}", filters=FILTERS)
    )
    search.add_argument("query", metavar="QUERY", nargs="+")
    search.add_argument("--json", action="store_true")
    search.add_argument(
        "--limit", type=_count, default=50, metavar="N", help=tr("maximum number of threads (default: 50)")
    )
    export = actions.add_parser("export", help=tr("write threads as Markdown, a web page, JSON or messages"))
    export.add_argument("id", metavar="ID", nargs="?", help=tr("any unique part of its id"))
    every = tr("all threads, to the folder given with -o; unchanged threads are not written again")
    export.add_argument("--all", action="store_true", help=every)
    formats = tr("json can be imported again; jsonl has a line for each message, openai is a request body")
    export.add_argument("--to", required=True, choices=["md", "html", "json", "jsonl", "openai"], help=formats)
    where = tr("a new file, a directory or a pipe (default: standard output)")
    export.add_argument("-o", "--output", metavar="FILE", help=where)
    importing = actions.add_parser("import", help=tr("read threads of chat-tui and other programs"))
    what = tr("a file, zip archive, database, or folder of these; - is standard input")
    importing.add_argument("file", metavar="FILE", nargs="+", help=what)
    importing.add_argument("--dry-run", action="store_true", help=tr("report what would be imported, write nothing"))
    merge = actions.add_parser("merge", help=tr("merge threads of several machines: git, Syncthing, Dropbox, iCloud"))
    what = tr("three versions of a thread's file; the result is written to the second; none: all conflicted files")
    merge.add_argument("file", metavar="BASE OURS THEIRS", nargs="*", help=what)
    how = merge.add_mutually_exclusive_group()
    how.add_argument("--install", action="store_true", help=tr("let git merge the threads of a folder by message"))
    how.add_argument("--uninstall", action="store_true", help=tr("undo --install"))
    merge.set_defaults(module="commands.merge")
    what = tr("commit changed threads, merge what other machines pushed, and push (git)")
    sync = actions.add_parser("sync", help=what)
    sync.add_argument("folder", metavar="FOLDER", nargs="?", help=tr("folder of threads (default: that of chat-tui)"))
    sync.add_argument("--no-push", action="store_true", help=tr("only commit and merge"))
    sync.set_defaults(module="commands.merge")
    rename = actions.add_parser("rename", help=tr("rename a thread"))
    rename.add_argument("id", metavar="ID", help=tr("any unique part of its id"))
    rename.add_argument("title", metavar="TITLE", nargs="+")
    delete = actions.add_parser("delete", help=tr("move threads to the trash"))
    delete.add_argument("id", metavar="ID", nargs="+", help=tr("any unique part of its id"))
    restore = actions.add_parser("restore", help=tr("restore threads from the trash"))
    restore.add_argument("id", metavar="ID", nargs="+", help=tr("any unique part of its id"))
    trash = actions.add_parser("trash", help=tr("list deleted threads"))
    trash.add_argument("--empty", action="store_true", help=tr("delete them permanently"))
    salvage = actions.add_parser("salvage", help=tr("list damaged files, or recover one as a thread"))
    salvage.add_argument("name", metavar="NAME", nargs="?", help=tr("name of a damaged file, as listed"))
    salvage.add_argument("--json", action="store_true")
    for name, parser in actions.choices.items():
        parser.set_defaults(action=name)


def _add_models(commands: _Commands) -> None:
    models = commands.add_parser("models", help=tr("list models"))
    models.add_argument("provider", nargs="?", metavar="PROVIDER", help=tr("only this provider's models"))
    models.add_argument("--refresh", action="store_true", help=tr("fetch the lists again"))
    models.add_argument("--all", action="store_true", help=tr("include models that can't chat"))
    models.add_argument("--json", action="store_true")
    models.set_defaults(module="commands.models", action="models")
    measure = commands.add_parser(" ".join(MEASURE), help=tr("measure the speed of models"))
    measure.add_argument("model", nargs="+", metavar="MODEL", help=tr("provider/model-id, or a unique part of it"))
    measure.add_argument("-n", type=_count, default=3, metavar="N", help=tr("requests to each model (default: 3)"))
    measure.add_argument("--prompt", metavar="FILE", help=tr("a text file to send instead of the built-in prompt"))
    measure.add_argument(
        "--max-tokens", type=_count, default=500, metavar="N", help=tr("maximum tokens of each answer (default: 500)")
    )
    measure.add_argument("--sort", choices=["given", "first", "speed", "total", "cost"], default="speed")
    what = tr("ask if the cost in a currency may exceed this (default: 0.20)")
    measure.add_argument("--limit", type=_amount, default=0.2, metavar="AMOUNT", help=what)
    measure.add_argument("-y", "--yes", action="store_true", help=tr("don't ask"))
    measure.add_argument("--json", action="store_true")
    measure.set_defaults(module="commands.measure")
    providers = commands.add_parser("providers", help=tr("list providers"))
    providers.add_argument("--json", action="store_true")
    providers.set_defaults(module="commands.models", action="providers")


def _add_prompts(commands: _Commands) -> None:
    prompts = commands.add_parser("prompts", help=tr("list, show and import saved system prompts"))
    prompts.set_defaults(module="commands.prompts", action="list", json=False)
    actions = prompts.add_subparsers(title=tr("commands"), metavar="")
    listing = actions.add_parser("list", help=tr("list saved prompts and the settings that come with them"))
    listing.add_argument("--json", action="store_true")
    show = actions.add_parser("show", help=tr("print a saved prompt"))
    show.add_argument("name", metavar="NAME", help=tr("as in the list"))
    show.add_argument("--json", action="store_true", help=tr("with its settings"))
    importing = actions.add_parser("import", help=tr("read character cards, roles, templates and patterns"))
    what = tr("a character card (JSON, PNG), aichat role, llm template, text file, or a folder of these or of patterns")
    importing.add_argument("file", metavar="FILE", nargs="+", help=what)
    importing.add_argument("--replace", action="store_true", help=tr("replace saved prompts with the same name"))
    importing.add_argument("--dry-run", action="store_true", help=tr("report what would be imported, write nothing"))
    for name, parser in actions.choices.items():
        parser.set_defaults(action=name)


def _add_usage(commands: _Commands) -> None:
    usage = commands.add_parser("usage", help=tr("show what requests used and cost"))
    groups = ["day", "model", "provider", "thread", "tag"]
    usage.add_argument("--by", choices=groups, default="day", help=tr("group by this (default: day)"))
    usage.add_argument("--since", metavar="DATE", help=tr("only from this day, month or year on: 2026-11-25, 2026-11"))
    how = usage.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true")
    how.add_argument("--csv", action="store_true", help=tr("print CSV, with a column for each currency"))
    usage.set_defaults(module="commands.usage")


def _add_keys(commands: _Commands) -> None:
    keys = commands.add_parser("keys", help=tr("store or remove API keys"))
    actions = keys.add_subparsers(title=tr("commands"), metavar="", required=True, dest="action")
    for name, description in (
        ("set", tr("read a key from standard input or a hidden prompt")),
        ("delete", tr("remove a key")),
    ):
        action = actions.add_parser(name, help=description)
        action.add_argument("provider", metavar="PROVIDER")
        # Taken so that it is refused without being printed back: argparse quotes what it does not know.
        action.add_argument("key", nargs="*", help=argparse.SUPPRESS)
    keys.set_defaults(module="commands.keys")


def _add_config(commands: _Commands) -> None:
    config = commands.add_parser("config", help=tr("show where the settings are, and check them"))
    actions = config.add_subparsers(title=tr("commands"), metavar="", required=True, dest="action")
    actions.add_parser("path", help=tr("print the path of config.toml"))
    actions.add_parser("check", help=tr("check the settings"))
    config.set_defaults(module="commands.config")
    themes = commands.add_parser("themes", help=tr("list themes"))
    themes.add_argument("--json", action="store_true")
    themes.set_defaults(module="commands.config", action="themes")


def _add_mcp(commands: _Commands) -> None:
    mcp = commands.add_parser("mcp", help=tr("list and test tool servers, or import them from another program's file"))
    mcp.set_defaults(module="commands.mcp", action="list", json=False)
    actions = mcp.add_subparsers(title=tr("commands"), metavar="")
    listing = actions.add_parser("list", help=tr("list the configured tool servers"))
    listing.add_argument("--json", action="store_true")
    test = actions.add_parser("test", help=tr("start a server and list what it offers"))
    test.add_argument("name", metavar="NAME", help=tr("as in the settings; chat-tui for the built-in tools"))
    test.add_argument("--json", action="store_true")
    importing = actions.add_parser("import", help=tr("show the servers that a file with mcpServers would add"))
    importing.add_argument("file", metavar="FILE", help=tr("the JSON file of another program"))
    importing.add_argument("--write", action="store_true", help=tr("add them to settings.toml"))
    for name, parser in actions.choices.items():
        parser.set_defaults(action=name)


def _port(text: str) -> int:
    """A port; 0 is any that is free."""
    number = int(text)
    if not 0 <= number < 2**16:
        raise ValueError
    return number


def _add_serve(commands: _Commands) -> None:
    serve = commands.add_parser("serve", help=tr("open the app in a browser"))
    what = tr("listen at this address; any other than this machine's own asks for a password (default: 127.0.0.1)")
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=what)
    serve.add_argument("--port", type=_port, default=0, metavar="PORT", help=tr("default: any that is free"))
    what = tr("how many browser tabs may have an app at the same time (default: 4)")
    serve.add_argument("--sessions", type=_count, default=4, metavar="N", help=what)
    what = tr("another host name that requests may be for, as behind a proxy; repeatable")
    serve.add_argument("--allow-host", action="append", default=[], metavar="NAME[:PORT]", help=what)
    serve.set_defaults(module="serve.command")


def _add_doctor(commands: _Commands) -> None:
    doctor = commands.add_parser(
        "doctor", help=tr("check files, terminal, keys and network; the output is for bug reports")
    )
    what = tr("request the providers' model lists and start tool servers (default: ask first, on a terminal)")
    doctor.add_argument("--online", action=argparse.BooleanOptionalAction, help=what)
    what = tr("ask the default model for one token, which may cost something")
    doctor.add_argument("--question", action="store_true", help=what)
    what = tr("remove stale locks, save what crashed programs left, remove damaged indexes, remove access for others")
    doctor.add_argument("--fix", action="store_true", help=what)
    doctor.add_argument("--json", action="store_true")
    doctor.set_defaults(module="doctor.command")


def _add_shell(commands: _Commands) -> None:
    completions = commands.add_parser("completions", help=tr("print the completion script of a shell"))
    completions.add_argument("shell", choices=SHELLS, help=tr("the shell that reads it"))
    completions.set_defaults(module="shell.command", action="completions")
    manual = commands.add_parser("man", help=tr("print the manual page: chat-tui man | man -l -"))
    manual.set_defaults(module="shell.command", action="man")


def _add_quiet(commands: _Commands) -> None:
    """Gives every command `--quiet`. It has no default, as that of an inner command would replace what was given."""
    for parser in commands.choices.values():
        what = tr("print only results and errors")
        parser.add_argument("-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help=what)
        for action in parser._actions:  # noqa: SLF001 - argparse has no public way to its arguments
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
                _add_quiet(action)
