"""The manual page, in the macros of man(7)."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from chat_tui import __version__
from chat_tui.cli.exit_codes import MEANINGS
from chat_tui.i18n import tr

_ENVIRONMENT = {
    "CHAT_TUI_CONFIG_DIR": tr("Directory of config.toml, saved prompts and themes."),
    "CHAT_TUI_DATA_DIR": tr("Directory of the threads."),
    "CHAT_TUI_CACHE_DIR": tr("Cache directory, safe to delete at any time: model lists, search index, usage."),
    "NO_COLOR": tr("If set, no colours are used."),
    "VISUAL, EDITOR": tr("The editor of ctrl+g and of ask --edit."),
    "http_proxy, https_proxy, all_proxy, no_proxy": tr("Proxies."),
    "SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE": tr("Certificates."),
}
_FILES = {
    "config.toml": tr("The settings; never written by the program. chat-tui config path prints where it is."),
    "threads/ID.json": tr("A thread."),
    "credentials.toml": tr("API keys where there is no keyring; readable only by you."),
}


def manual(parser: argparse.ArgumentParser) -> str:
    """The page of a command line.

    Args:
        parser: of all commands; its `prog` is the program's name.
    """
    name, sections = parser.prog, "\n".join(_sections(parser))
    return f'.TH "{_escape(name.upper())}" "1" "" "{_escape(name)} {__version__}" "User Commands"\n{sections}\n'


def _sections(parser: argparse.ArgumentParser) -> Iterator[str]:
    summary, _, rest = (parser.description or "").partition(". ")
    yield f".SH NAME\n{_escape(parser.prog)} \\- {_escape(summary[:1].lower() + summary[1:])}"
    yield f".SH SYNOPSIS\n{_usage(parser)}\n.br\n.B {_escape(parser.prog)}\n.I COMMAND\n[...]"
    yield f".SH DESCRIPTION\n{_escape(parser.description or '')}"
    yield from (".SH OPTIONS", *_arguments(parser), ".SH COMMANDS")
    for title, each in _commands(parser):
        yield from _command(each, title)
    yield from (".SH EXIT STATUS", *(_item(f"\\fB{code}\\fR", text) for code, text in MEANINGS.items()))
    for heading, items in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES)):
        yield from (f".SH {heading}", *(_item(f"\\fB{_escape(what)}\\fR", text) for what, text in items.items()))


def _command(parser: argparse.ArgumentParser, title: str) -> Iterator[str]:
    """A command and those below it."""
    below = list(_commands(parser))
    arguments = list(_arguments(parser))
    if not below or arguments:
        yield f".SS {_quoted(parser.prog)}"
        yield f"{_sentence(title)}\n.PP\n{_usage(parser)}"
        yield from arguments
        if parser.epilog:
            yield f".PP\n{_escape(parser.epilog)}"
    for inner, each in below:
        yield from _command(each, inner)


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The commands right below, with what they are for."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to its arguments
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {each.dest: each.help for each in action._get_subactions()}  # noqa: SLF001
            yield from ((helps.get(name) or "", each) for name, each in action.choices.items())


def _usage(parser: argparse.ArgumentParser) -> str:
    """The usage in one paragraph, without what argparse says of commands."""
    text = " ".join(parser.format_usage().removeprefix(tr("usage: ")).split()).removeprefix(parser.prog)
    return f".B {_escape(parser.prog)}\n{_escape(text.removesuffix(' ...').replace('[-h]', '').strip())}".rstrip()


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001
        is_command = isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        if is_command or action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):  # noqa: SLF001
            continue
        if isinstance(action.metavar, str):
            value = action.metavar
        else:
            value = "|".join(map(str, action.choices)) if action.choices else ""
        names = ", ".join(f"\\fB{_escape(each)}\\fR" for each in action.option_strings)
        shown = f"[{value}]" if action.nargs == "?" and action.option_strings else value
        tag = f"{names} \\fI{_escape(shown)}\\fR" if names and value else names or f"\\fI{_escape(value)}\\fR"
        text = (action.help or "").replace("%%", "%")
        if action.dest == "json" and not text:
            text = tr("print JSON")
        yield _item(tag, _sentence(text))


def _item(tag: str, text: str) -> str:
    return f".TP\n{tag}\n{_escape(text)}".rstrip()


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?:。！？：" else tr("{text}.", text=text)


def _quoted(text: str) -> str:
    return f'"{_escape(text)}"'


def _escape(text: str) -> str:
    """Text that no macro and no escape of roff is read in; its hyphens can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in text.split("\n"))
