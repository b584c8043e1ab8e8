"""Data that comes with the program: where it lies, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def themes_folder() -> Path | None:
    """The bundled themes: inside the package in a wheel, beside it in a checkout (an editable install); or None."""
    for folder in (_PACKAGE / "themes", _PACKAGE.parent / "themes"):
        if folder.is_dir():
            return folder
    return None


def theme_files() -> list[Path]:
    """The bundled themes' files, by name."""
    folder = themes_folder()
    return sorted(folder.glob("*.toml")) if folder else []
