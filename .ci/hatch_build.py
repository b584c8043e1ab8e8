"""Puts into the wheel what is made for it: the shells' completion scripts, the manual page, the compiled catalogs."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACES = {
    "bash": "share/bash-completion/completions/chat-tui",
    "zsh": "share/zsh/site-functions/_chat-tui",
    "fish": "share/fish/vendor_completions.d/chat-tui.fish",
}
MANUAL = "share/man/man1/chat-tui.1"


class CustomBuildHook(BuildHookInterface[Any]):
    """Run by hatchling for each wheel."""

    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Makes the files, unless the checkout itself is installed."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        from chat_tui.cli.parser import build_parser
        from chat_tui.cli.shell.manual import manual
        from chat_tui.cli.shell.scripts import script

        texts = {place: script(shell) for shell, place in PLACES.items()} | {MANUAL: manual(build_parser())}
        self._folder = Path(tempfile.mkdtemp())
        for number, (place, text) in enumerate(texts.items()):
            file = self._folder / f"{number}"
            file.write_text(text, encoding="utf-8")
            build_data["shared_data"][str(file)] = place
        for source in Path(self.root).glob("chat_tui/locale/*/LC_MESSAGES/*.po"):
            file = self._folder / source.parent.parent.name
            with source.open("rb") as catalog, file.open("wb") as compiled:
                write_mo(compiled, read_po(catalog))
            build_data["force_include"][str(file)] = str(source.relative_to(self.root).with_suffix(".mo"))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Removes what was put in."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
