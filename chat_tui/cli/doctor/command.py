"""`chat-tui doctor`: checks the installation, says what to do, and prints what a bug report needs."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
import textwrap
from argparse import Namespace
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from wcwidth import width as cells

from chat_tui import __version__
from chat_tui.cli.container import Container
from chat_tui.cli.doctor import files, network, terminal
from chat_tui.cli.doctor.findings import Finding, Findings, Grade, in_time
from chat_tui.cli.exit_codes import DONE, FAILED
from chat_tui.cli.output import Output
from chat_tui.domain.json import Json
from chat_tui.i18n import tr
from chat_tui.ui.terminal.external import child_environment

_INDENT = " " * 12
"""Of what belongs to the line above."""
AREAS = (files.AREA, terminal.AREA, network.KEYS, network.NETWORK, network.TOOLS)
_AREAS = {
    files.AREA: tr("Files"),
    terminal.AREA: tr("Terminal"),
    network.KEYS: tr("API keys"),
    network.NETWORK: tr("Network"),
    network.TOOLS: tr("Tools"),
}
_GRADES = {Grade.OK: tr("ok"), Grade.NOTE: tr("note"), Grade.PROBLEM: tr("problem")}
_NAMES = {
    "answers": tr("answers"),
    "cache": tr("cache"),
    "certificates": tr("certificates"),
    "clipboard": tr("clipboard"),
    "colours": tr("colours"),
    "config": tr("config"),
    "damaged files": tr("damaged files"),
    "data": tr("data"),
    "editor": tr("editor"),
    "encoding": tr("encoding"),
    "environment": tr("environment"),
    "free space": tr("free space"),
    "journal": tr("journal"),
    "keyring": tr("keyring"),
    "keys": tr("keys"),
    "light or dark": tr("light or dark"),
    "local model": tr("local model"),
    "lock": tr("lock"),
    "pictures": tr("pictures"),
    "providers": tr("providers"),
    "proxy": tr("proxy"),
    "question": tr("question"),
    "servers": tr("servers"),
    "settings": tr("settings"),
    "size": tr("size"),
    "synchronised output": tr("synchronised output"),
    "threads": tr("threads"),
    "widths": tr("widths"),
}
"""What the names of findings are called on a terminal; `--json` has them as they are."""
PACKAGES = ("textual", "rich", "httpx", "mcp", "pillow", "keyring", "xllamacpp")
"""Those whose versions matter in a bug report."""


def run(args: Namespace, container: Container, out: Output) -> int:
    """Checks.

    Returns:
        0, or 1 where a problem was found and not fixed.
    """
    online = args.online
    if online is None:
        online = not args.json and _confirmed(container, out)
    findings = asyncio.run(_checked(container, out, online=online, question=args.question))
    fixed = asyncio.run(_fixed(findings)) if args.fix else []
    if args.json:
        rows: list[Json] = [each.to_json() | {"fixed": each in fixed} for each in findings]
        out.json({"versions": _versions(), "findings": rows})
    else:
        _print(findings, fixed, out)
    return FAILED if any(each.grade is Grade.PROBLEM and each not in fixed for each in findings) else DONE


def _confirmed(container: Container, out: Output) -> bool:
    """Asks whether the providers may be connected to; no where nobody can be asked."""
    names = [each.name for each in network.used_providers(container) if not each.is_local]
    is_terminal = sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty() and out.notes_on_terminal
    if not names or not is_terminal:
        return False
    out.question(tr("Ask {names} for the list of models, and start tool servers? [y/N] ", names=", ".join(names)))
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _checked(container: Container, out: Output, *, online: bool, question: bool) -> Findings:
    paths, providers = container.paths, network.used_providers(container)
    environ = child_environment(container.settings)
    blocking: list[tuple[str, str, Callable[[], Findings]]] = [
        (files.AREA, "directories", lambda: files.directories(paths)),
        (files.AREA, "credentials", lambda: files.credentials(paths)),
        (files.AREA, "threads", lambda: files.threads(paths)),
        (files.AREA, "indexes", lambda: files.indexes(paths)),
        (terminal.AREA, "environment", lambda: terminal.environment(environ)),
        (terminal.AREA, "answers", lambda: terminal.answers(environ)),
        (terminal.AREA, "tmux", lambda: terminal.tmux(environ)),
        (terminal.AREA, "clipboard", lambda: terminal.clipboard(environ)),
        (terminal.AREA, "editor", lambda: terminal.editor(environ)),
        (network.NETWORK, "proxy", lambda: network.proxies(providers)),
        (network.NETWORK, "certificates", network.certificates),
        (network.TOOLS, "local model", lambda: network.local_model(container)),
    ]
    found = [*_settings(container), *await network.keys(container)]
    for area, name, check in blocking:
        found += await in_time(area, name, check)
    try:
        if online:
            out.note(tr("Asking the providers..."))
            found += await network.lists(container, [each for each in providers if not each.is_local])
        found += await network.tools(container, start=online)
        if question:
            found += await network.question(container, out.note)
    finally:
        await container.backend.aclose()
        await container.close_tools()
    return found


def _settings(container: Container) -> Findings:
    problems = container.settings.problems
    text = tr("{n} problems", n=len(problems)) if problems else tr("no problems")
    advice = tr("chat-tui config check lists them.") if problems else ""
    return [Finding(files.AREA, "settings", Grade.PROBLEM if problems else Grade.OK, text, advice)]


async def _fixed(findings: Findings) -> Findings:
    """The findings that could be put right."""
    fixed: Findings = []
    for each in findings:
        if (fix := each.fix) is None:
            continue

        def work(fix: Callable[[], object] = fix, each: Finding = each) -> Findings:
            fix()
            return [each]

        fixed += [done for done in await in_time(each.area, each.name, work) if done is each]
    return fixed


def _versions() -> dict[str, Json]:
    versions: dict[str, Json] = {"chat-tui": __version__, "python": platform.python_version(), "system": _system()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _system() -> str:
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def _name(finding: Finding) -> str:
    return _NAMES.get(finding.name) or finding.shown(finding.name)


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def _print(findings: Findings, fixed: Findings, out: Output) -> None:
    """Prints the report; all of it can be pasted into a bug report."""
    versions = dict(_versions())
    out.line(f"chat-tui {versions.pop('chat-tui')}, Python {versions.pop('python')}, {versions.pop('system')}")
    columns = shutil.get_terminal_size().columns if out.is_terminal else 0
    _write(", ".join(f"{name} {number}" for name, number in versions.items()), columns, out)
    width = max(cells(_name(each)) for each in findings)
    for area in sorted({each.area for each in findings}, key=AREAS.index):
        out.line(f"\n{_AREAS[area]}")
        for each in findings:
            if each.area == area:
                mark = tr("fixed") if each in fixed else _GRADES[each.grade]
                head = _filled(mark, 8) + _filled(_name(each), width)
                _write(f"  {head}  {each.shown(each.text)}", columns, out)
                if each.advice and each not in fixed:
                    _write(f"{_INDENT}{each.shown(each.advice)}", columns, out)
    if any(each.fix and each not in fixed for each in findings):
        out.note("\n" + tr("chat-tui doctor --fix repairs what can be repaired without a loss."))


def _write(line: str, columns: int, out: Output) -> None:
    """Writes a line, on a terminal wrapped between words."""
    wrapper = textwrap.TextWrapper(columns, subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False)
    for each in wrapper.wrap(line) if columns else [line]:
        out.line(each)
