"""Which terminals can be asked what they can do."""

from __future__ import annotations

from collections.abc import Mapping


def may_be_asked(environ: Mapping[str, str]) -> bool:
    """Whether the terminal takes the query silently: Apple's prints it, and screen passes nothing on."""
    return environ.get("TERM_PROGRAM") != "Apple_Terminal" and not environ.get("STY")
