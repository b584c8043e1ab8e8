"""Sets the language of the program, before the modules are imported whose texts are in it."""

from __future__ import annotations

from collections.abc import Mapping

from chat_tui.i18n import AUTO, set_language


def use_configured_language(environ: Mapping[str, str]) -> None:
    """Sets the language that `config.toml` names, else that of the locale.

    A mistake in the file is reported when the settings are read, in the language of the locale.
    """
    set_language(AUTO, environ)
    from chat_tui.domain.errors import UsageError
    from chat_tui.storage.paths import Paths

    try:
        text = Paths.find(environ).config_file.read_bytes()
    except (OSError, UsageError):
        return
    if b"language" not in text:  # the usual case: nothing to parse
        return
    import tomllib

    try:
        language = tomllib.loads(text.decode()).get("language")
    except ValueError:
        return
    if isinstance(language, str):
        set_language(language, environ)
