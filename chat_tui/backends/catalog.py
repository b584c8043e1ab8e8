"""Loads the built-in providers from `catalog.toml`, where all differences between them are data."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chat_tui.domain.models.provider import Provider, provider_from_table


def builtin_providers() -> dict[str, Provider]:
    """The providers that the program knows, by key, in the order in which they are shown."""
    return dict(_read())


@cache
def _read() -> dict[str, Provider]:
    import tomllib  # late: most commands need neither
    from dataclasses import replace

    text = Path(__file__).with_name("catalog.toml").read_text("utf-8")
    providers: dict[str, Provider] = {}
    for key, table in tomllib.loads(text).items():
        base = Provider(key, key, "", request_id_headers=("x-request-id", "x-trace-id"), builtin=True)
        profile = provider_from_table(key, table, base)
        providers[key] = replace(profile, builtin=True)
    return providers
