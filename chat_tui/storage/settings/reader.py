"""Makes settings of the two TOML files: what is right holds, what is wrong becomes one line each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chat_tui.domain.json import JsonObject
from chat_tui.domain.models.fallback import ANY_MODEL, FAMILY, FallbackRules, unusable_entries
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.money import USD, currency_code
from chat_tui.domain.models.parameters import ParameterSpec
from chat_tui.domain.models.provider import KEY_PATTERN, Provider, ProviderTableError, provider_from_table
from chat_tui.domain.settings import BACKGROUNDS, DENSITIES, NOTIFY, Limits, Settings
from chat_tui.i18n import AUTO, ENGLISH, is_language, languages, tr
from chat_tui.storage.files.toml_file import TomlFile
from chat_tui.storage.settings.tool_servers import MOST_ROUNDS, folder_of, read_server, read_server_file

_PARAMETERS = {
    spec.name: spec
    for spec in (
        ParameterSpec("temperature", minimum=0),
        ParameterSpec("top_p", minimum=0, maximum=1),
        ParameterSpec("max_tokens", "integer", minimum=1),
        ParameterSpec("max_completion_tokens", "integer", minimum=1),
        ParameterSpec("n", "integer", minimum=1),
        ParameterSpec("seed", "integer"),
        ParameterSpec("presence_penalty"),
        ParameterSpec("frequency_penalty"),
        ParameterSpec("stop", "strings"),
        ParameterSpec("response_format", "object"),
    )
}
"""What can be said of a parameter before the provider is known."""
_LIMITS = ("day", "month", "request")
"""What a budget limits."""

_FACTOR = "max_price_factor"


def read_settings(files: Iterable[TomlFile], builtin: Mapping[str, Provider]) -> Settings:
    """Reads the files in order, a later one over an earlier one.

    Args:
        files: `settings.toml`, then `config.toml`.
        builtin: the providers of the catalogue.
    """
    settings = Settings(providers=dict(builtin))
    for file in files:
        if file.problem:
            settings.problems.append(file.problem)
        _SettingsReader(file, settings).read()
    return settings


class _SettingsReader:
    """Reads one file into the settings."""

    def __init__(self, file: TomlFile, settings: Settings) -> None:
        self._file = file
        self._settings = settings

    def read(self) -> None:
        """Reads every key of the file; each method below takes one kind of key."""
        for key, value in self._file.table.items():
            reader = _READERS.get(key)
            if reader is None:
                self._report((key,), _unknown(key, _READERS))
            else:
                reader(self, key, value)
        if "fallback" in self._file.table:  # its providers may be below it in the file
            self._check_fallback()

    def _report(self, keys: tuple[str, ...], message: str) -> None:
        self._settings.problems.append(self._file.problem_at(keys, message))

    def plain(self, key: str, value: Any) -> None:
        is_valid, expected = _PLAIN[key]
        if is_valid(value):
            setattr(self._settings, key, value)
        else:
            self._report((key,), tr("{key} must be {expected}", key=key, expected=expected))

    def models(self, key: str, value: Any) -> None:
        if isinstance(value, list):
            setattr(self._settings, key, [each for each in value if _is_model(each)])
        if not isinstance(value, list) or not all(map(_is_model, value)):
            self._report((key,), tr("{key} must be a list of models, each written provider/model-id", key=key))

    def keys(self, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be a table of key bindings by action id", key=key))
            return
        for action, binding in value.items():
            if isinstance(binding, str):
                self._settings.keys[action] = binding
                self._settings.key_places[action] = self._file.place((key, action))
            else:
                self._report((key, action), tr('{name} must be a key binding in quotes, such as "ctrl+l"', name=action))

    def parameters(self, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be a table of request parameters", key=key))
            return
        good: JsonObject = {}
        for name, each in value.items():
            spec = _PARAMETERS.get(name)
            problem = (
                ""
                if _is_json(each)
                else tr("{name} must be a number, a string, true, false, a list or a table", name=name)
            )
            if problem := problem or (spec.check(each) if spec else ""):
                self._report((key, name), problem)
            else:
                good[name] = each
        self._settings.parameters |= good

    def model_sets(self, key: str, value: Any) -> None:
        """Reads `[model_sets]`: a list of models by the name of their set."""
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be a table: [{key}]", key=key))
            return
        for name, models in value.items():
            if isinstance(models, list) and models and all(map(_is_model, models)):
                self._settings.model_sets[name] = list(dict.fromkeys(models))
            else:
                self._report(
                    (key, name), tr("{name} must be a list of models, each written provider/model-id", name=name)
                )

    def titles(self, key: str, value: Any) -> None:
        """Reads `[titles]`: `model`."""
        if not isinstance(value, dict) or not value.keys() <= {"model"}:
            self._report((key,), tr('titles must be a table with model = "provider/model-id"'))
        elif "model" in value and not _is_model(value["model"]):
            self._report((key, "model"), tr("model must be a model, written provider/model-id"))
        else:
            self._settings.title_model = value.get("model")

    def fallback(self, key: str, value: Any) -> None:
        """Reads `[fallback]`: a list of models, or "family", by model, and `max_price_factor`."""
        if not isinstance(value, dict):
            self._report((key,), tr("fallback must be a table: [fallback]"))
            return
        before = self._settings.fallback  # of the other file: the lists of other models stay
        models, factor = dict(before.models), before.max_price_factor
        for name, each in value.items():
            if name == _FACTOR:
                if type(each) in (int, float) and 0 <= each < 1e6:
                    factor = float(each)
                else:
                    self._report((key, name), tr("{name} must be a number; 0 allows any price", name=name))
                continue
            entries = each if isinstance(each, list) else [each]
            if name != ANY_MODEL and not _is_model(name):
                message = tr(
                    '{name!r} must be a model in quotes, written "provider/model-id", "*" or {factor}',
                    name=name,
                    factor=_FACTOR,
                )
                self._report((key, name), message)
            elif not all(isinstance(entry, str) for entry in entries) or any(unusable_entries(entries)):
                message = tr(
                    '{name} must be a list of models, each written provider/model-id, or "{family}"',
                    name=name,
                    family=FAMILY,
                )
                self._report((key, name), message)
            else:
                models[name] = tuple(entries)
        self._settings.fallback = FallbackRules(models, factor)

    def _check_fallback(self) -> None:
        """Reports providers that there are not: their models are passed over."""
        for name, entries in self._settings.fallback.models.items():
            refs = [ModelRef.parse(each) for each in (name, *entries) if each not in (ANY_MODEL, FAMILY)]
            for ref in refs:
                if ref.provider not in self._settings.providers:
                    self._report(
                        ("fallback", name),
                        tr("unknown provider {provider!r} in {ref!r}", provider=ref.provider, ref=str(ref)),
                    )

    def providers(self, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be tables, each [providers.NAME]", key=key))
            return
        for name, table in value.items():
            if not KEY_PATTERN.fullmatch(name):
                self._report(
                    (key, name), tr("a provider's name is made of a-z 0-9 _ . -, which {name!r} is not", name=name)
                )
            elif not isinstance(table, dict):
                self._report((key, name), tr("{name} must be a table: [providers.{name}]", name=name))
            else:
                self._provider(name, dict(table))

    def budget(self, key: str, value: Any) -> None:
        """Reads `[budget]`, whose limits are in its currency, and `[budget.CNY]` and the like."""
        if not isinstance(value, dict):
            self._report((key,), tr("budget must be a table: [budget]"))
            return
        inner = {name: each for name, each in value.items() if isinstance(each, dict)}
        code = value.get("currency", USD)
        own = {name: each for name, each in value.items() if name not in inner and name != "currency"}
        for place, currency, table in (((key,), code, own), *(((key, name), name, inner[name]) for name in inner)):
            known = currency_code(currency) if isinstance(currency, str) else ""
            if not known:
                message = tr(
                    '{currency!r} is no currency code of three letters, such as "USD" or "CNY"', currency=currency
                )
                self._report(place if place != (key,) else (key, "currency"), message)
            elif limits := self._limits(place, table):
                self._settings.budget[known] = limits

    def _limits(self, place: tuple[str, ...], table: dict[str, Any]) -> Limits | None:
        """The limits of a table; None for none."""
        good: dict[str, float] = {}
        for name, each in table.items():
            if name not in _LIMITS:
                self._report((*place, name), _unknown(name, (*_LIMITS, "currency")))
            elif type(each) not in (int, float) or not 0 < each < 1e12:
                self._report((*place, name), tr("{name} must be an amount of money above 0", name=name))
            else:
                good[name] = float(each)
        return Limits(**good) if good else None

    def usage(self, key: str, value: Any) -> None:
        if not isinstance(value, dict) or not set(value) <= {"keep_deleted"}:
            self._report((key,), "usage must be a table with keep_deleted")
        elif not isinstance(value.get("keep_deleted", True), bool):
            self._report((key, "keep_deleted"), "keep_deleted must be true or false")
        else:
            self._settings.keeps_deleted_usage = value.get("keep_deleted", True)

    def servers(self, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be tables, each [{key}.NAME]", key=key))
            return
        for name, table in value.items():
            server, problems = read_server(name, table, self._file.place((key, name)))
            for field, problem in problems:
                self._report((key, name, field) if field else (key, name), problem)
            if server is not None:
                self._settings.tool_servers[name] = server

    def server_files(self, key: str, value: Any) -> None:
        names = [value] if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            self._report(
                (key,), tr("{key} must be the path of a JSON file with mcpServers, or a list of such paths", key=key)
            )
            return
        for name in names:
            servers, problems = read_server_file(folder_of(name, self._file.path.parent))
            self._settings.problems += problems
            for server in servers:
                self._settings.tool_servers.setdefault(server.name, server)

    def tools(self, key: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._report((key,), tr("{key} must be a table: [{key}]", key=key))
            return
        for name, each in value.items():
            if name != "folders":
                self._report((key, name), _unknown(name, ("folders",)))
            elif not isinstance(each, list) or not all(isinstance(path, str) and path for path in each):
                self._report((key, name), tr("folders must be a list of paths"))
            else:
                self._settings.tool_folders = [str(folder_of(path, self._file.path.parent)) for path in each]

    def _provider(self, name: str, table: dict[str, Any]) -> None:
        base = self._settings.providers.get(name)
        while True:
            try:
                self._settings.providers[name] = provider_from_table(name, table, base)
            except ProviderTableError as error:
                self._report(("providers", name, error.field), _provider_message(name, error))
                if error.field not in table:  # no base URL: nothing is left of it
                    return
                del table[error.field]
            else:
                return


def _provider_message(name: str, error: ProviderTableError) -> str:
    if error.field in ("api_key", "key", "token"):
        return tr(
            "{field}: a key does not belong in this file. Use api_key_env or api_key_command, or "
            "`chat-tui keys set {name}`",
            field=error.field,
            name=name,
        )
    if error.known:
        return _unknown(error.field, error.known)
    return str(error)


def _unknown(key: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(key, names, 1)
    return (
        tr('unknown key {key!r}; did you mean "{near}"?', key=key, near=near[0])
        if near
        else tr("unknown key {key!r}; known: {names}", key=key, names=", ".join(names))
    )


def _is_model(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ModelRef.parse(value))
    except ValueError:
        return False


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_json, value.values()))
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return value == value and value not in (float("inf"), float("-inf"))
    return isinstance(value, str | int)


_PLAIN: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("default_model", "compact_model"), (_is_model, tr("a model, written provider/model-id"))),
    **dict.fromkeys(("theme", "theme_dark", "theme_light"), (lambda value: isinstance(value, str), tr("a string"))),
    **dict.fromkeys(
        (
            "sidebar",
            "outline",
            "welcomed",
            "models_by_family",
            "render",
            "plain",
            "animation",
            "box_drawing",
            "announce",
        ),
        (lambda value: isinstance(value, bool), tr("true or false")),
    ),
    "recent_commands": (
        lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
        tr("a list of ids of commands"),
    ),
    "background": (lambda value: value in BACKGROUNDS, tr("one of {names}", names=", ".join(BACKGROUNDS))),
    "language": (is_language, tr("one of {names}", names=", ".join((AUTO, ENGLISH, *languages())))),
    "density": (lambda value: value in DENSITIES, tr("one of {names}", names=", ".join(DENSITIES))),
    "notify": (lambda value: value in NOTIFY, tr("one of {names}", names=", ".join(NOTIFY))),
    "tool_rounds": (
        lambda value: type(value) is int and 1 <= value <= MOST_ROUNDS,
        tr("a whole number from 1 to {n}", n=MOST_ROUNDS),
    ),
}
"""Keys of one value: whether it is valid, and what is expected."""
_READERS: dict[str, Callable[[_SettingsReader, str, Any], None]] = {
    **dict.fromkeys(_PLAIN, _SettingsReader.plain),
    "favourites": _SettingsReader.models,
    "recents": _SettingsReader.models,
    "fallback": _SettingsReader.fallback,
    "model_sets": _SettingsReader.model_sets,
    "budget": _SettingsReader.budget,
    "keys": _SettingsReader.keys,
    "parameters": _SettingsReader.parameters,
    "providers": _SettingsReader.providers,
    "titles": _SettingsReader.titles,
    "usage": _SettingsReader.usage,
    "mcp": _SettingsReader.servers,
    "mcp_config": _SettingsReader.server_files,
    "tools": _SettingsReader.tools,
}
