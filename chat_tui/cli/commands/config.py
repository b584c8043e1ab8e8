"""`chat-tui config` and `chat-tui themes`."""

from __future__ import annotations

from argparse import Namespace

from chat_tui.cli.container import Container
from chat_tui.cli.output import Output
from chat_tui.domain.json import Json
from chat_tui.domain.models.azure import azure_problem, is_azure
from chat_tui.i18n import tr
from chat_tui.storage.files.toml_file import read_toml


def run(args: Namespace, container: Container, out: Output) -> int:
    """Prints where the settings are, what is wrong in them, or the themes."""
    return {"path": _path, "check": _check, "themes": _themes}[args.action](args, container, out)


def _path(args: Namespace, container: Container, out: Output) -> int:
    out.line(str(container.paths.config_file))
    paths = container.paths
    out.note(
        tr(
            "chosen in the app: {settings}\nthreads: {threads}\ncache: {cache}",
            settings=paths.settings_file,
            threads=paths.threads,
            cache=paths.cache,
        )
    )
    return 0


def _check(args: Namespace, container: Container, out: Output) -> int:
    from chat_tui.ui.commands.keymap import bind  # late: nothing else here needs the interface

    problems = [*container.settings.problems, *bind(container.settings).problems, *_at_azure(container)]
    for problem in problems:
        out.line(problem)
    if not problems:
        out.note(
            tr("{file}: no problems found.", file=container.paths.config_file)
            if container.paths.config_file.exists()
            else tr("No config.toml.")
        )
    return 2 if problems else 0


def _at_azure(container: Container) -> list[str]:
    """What is wrong with providers at Azure, whose addresses and keys have two forms: by their look, then by trying."""
    found = {each.key: azure_problem(each) for each in container.settings.providers.values() if is_azure(each)}
    tried = [
        key for key, problem in found.items() if not problem and container.keys.has(container.settings.providers[key])
    ]
    if tried:
        import asyncio  # late: the other commands here need no loop

        found |= asyncio.run(_probed(container, tried))
    return [f"providers.{key}: {problem}" for key, problem in found.items() if problem]


async def _probed(container: Container, keys: list[str]) -> dict[str, str]:
    try:
        return {key: await container.http.probe(key) for key in keys}
    finally:
        await container.http.aclose()


def _themes(args: Namespace, container: Container, out: Output) -> int:
    themes: dict[str, bool] = {}
    for folder in container.theme_folders:
        for path in sorted(folder.glob("*.toml")):
            file = read_toml(path)
            if file.problem:
                out.problem(file.problem)
            else:
                themes[path.stem] = file.table.get("dark") is not False
    if args.json:
        rows: list[Json] = [{"name": name, "dark": dark} for name, dark in themes.items()]
        out.json(rows)
        return 0
    for name, dark in themes.items():
        mark = "  " + tr("(in use)") if name == container.settings.theme else ""
        out.line(f"{name:16}  {'dark' if dark else 'light'}{mark}")
    return 0
