"""The language of the program: English is in the code, other languages are gettext catalogs in `chat_tui/locale`.

The language is set once, before the modules that use `tr` are imported, and does not change: so texts may be
translated where they are defined, also in constants. In English nothing is read or imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

AUTO, ENGLISH = "auto", "en"
FOLDER = Path(__file__).parent / "locale"
DOMAIN = "chat_tui"
_FULL_WIDTH_MARKS = ("。", "！", "？", "；", "：", "）", "”")
_ENGLISH = ("en", "C", "POSIX")
_catalog: NullTranslations | None = None


def tr(message: str, /, **values: object) -> str:
    """A text in the language of the user.

    Args:
        message: the whole text in English, a literal, with `{names}` where values go.
        values: by name; without any, braces are text.
    """
    text = message if _catalog is None or not message else _catalog.gettext(message)
    return text.format(**values) if values else text


def trn(one: str, many: str, number: int, /, **values: object) -> str:
    """The same for a text with a number in it, in the form for that number.

    Args:
        one: the English singular.
        many: the English plural.
        number: what decides the form; it is `{n}` in the text, unless `values` says otherwise.
        values: more values, by name.
    """
    english = one if number == 1 else many
    text = english if _catalog is None else _catalog.ngettext(one, many, number)
    return text.format(**{"n": number, **values})


def sentences(*parts: object) -> str:
    """Sentences one after the other: a space between them, save where a full-width mark brings its own.

    Args:
        parts: whole sentences, translated; empty ones are left out.
    """
    text = ""
    for part in filter(None, map(str, parts)):
        text += part if not text or text.endswith(_FULL_WIDTH_MARKS) else f" {part}"
    return text


def facts(parts: Iterable[str]) -> str:
    """Facts one after the other, with the comma of the language between them; empty ones are left out."""
    given = list(filter(None, parts))
    return reduce(lambda first, second: tr("{first}, {second}", first=first, second=second), given) if given else ""


def set_language(language: str, environ: Mapping[str, str]) -> None:
    """Sets the language.

    Args:
        language: `auto` for that of the locale, else the name of one, such as `zh_CN`; English, if it is not known.
        environ: the environment.
    """
    global _catalog
    for name in _of_locale(environ) if language == AUTO else [language]:
        if name.partition("_")[0] in _ENGLISH:
            break
        if folder := _folder(name):
            _catalog = _load(folder)
            return
    _catalog = None


def current_language() -> str:
    """The language that is set, such as `zh_CN`."""
    return ENGLISH if _catalog is None else _catalog.info().get("language", ENGLISH)


def is_language(name: object) -> bool:
    """Whether `language` in the settings may have this value."""
    return isinstance(name, str) and (name in (AUTO, ENGLISH) or name in languages())


def languages() -> list[str]:
    """The languages with a catalog."""
    return sorted(each.parent.parent.name for each in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.*o"))


def _of_locale(environ: Mapping[str, str]) -> Iterator[str]:
    """The languages of the environment, in gettext's order: LANGUAGE counts where the locale is not C."""
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if locale.partition(".")[0] in ("", *_ENGLISH[1:]):
        return
    for each in (*filter(None, environ.get("LANGUAGE", "").split(":")), locale):
        yield each.partition(".")[0].partition("@")[0]


def _folder(name: str) -> Path | None:
    """The folder of a language's catalog: `de_AT` finds `de`, `zh`, `zh_SG` and `zh_Hans` find `zh_CN`."""
    language, _, region = name.partition("_")
    if language == "zh" and region in ("", "SG", "Hans", "Hans_CN"):
        name = "zh_CN"
    if not name.replace("_", "").isalnum():
        return None
    for each in (name, language):
        folder = FOLDER / each / "LC_MESSAGES"
        if folder.is_dir():
            return folder
    return None


def _load(folder: Path) -> NullTranslations:
    """The compiled catalog of an installation; that of a checkout is compiled here, so that it is never out of date."""
    from gettext import GNUTranslations

    try:
        with (folder / f"{DOMAIN}.mo").open("rb") as file:
            return GNUTranslations(file)
    except FileNotFoundError:
        from io import BytesIO

        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        compiled = BytesIO()
        with (folder / f"{DOMAIN}.po").open("rb") as source:
            write_mo(compiled, read_po(source))
        compiled.seek(0)
        return GNUTranslations(compiled)
