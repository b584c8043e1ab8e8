"""Imports Textual's app without its command palette, which this program has its own of.

`textual.app` imports `textual.command`, and with it a dozen widgets: a tenth of what importing Textual takes. None of
that is used where `App.ENABLE_COMMAND_PALETTE` is false.
"""

from __future__ import annotations

import sys
from types import ModuleType

_PALETTE = "textual.command"


class _StandIn(ModuleType):
    """Has an empty class by every public name: enough to inherit from, and to name in an annotation."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("_"):
            raise AttributeError(name)
        stand_in = type(name, (), {})
        setattr(self, name, stand_in)
        return stand_in


def import_app() -> None:
    """Imports `textual.app`. Does nothing where it, or the palette, was imported before."""
    if _PALETTE in sys.modules:
        return
    sys.modules[_PALETTE] = _StandIn(_PALETTE)
    try:
        import textual.app  # noqa: F401
    finally:
        del sys.modules[_PALETTE]  # who asks for it later gets the true one
