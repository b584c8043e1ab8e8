"""Reads prompts with settings: aichat's roles (Markdown, or the older list in YAML) and templates of `llm` (YAML)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.parameters import USUAL
from chat_tui.domain.models.response_format import read_response_format
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.files.yaml_text import read_yaml
from chat_tui.storage.imports.foreign import Findings, UnreadableFileError, as_line, as_list, as_object, as_text

INPUT = "the user's message"
"""Stands where a prompt has a place for what the user writes, which is sent behind a system prompt."""
_FRONT = re.compile(r"---[ \t]*\n(.*?)(?:^|\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_ROLE_INPUT = "__INPUT__"
_PLACE = re.compile(r"\$(?:(\$)|([a-z_][a-z0-9_]*)|\{([a-z_][a-z0-9_]*)\})", re.IGNORECASE)
_SPECS = {each.name: each for each in USUAL}
_ALIASES = {"reasoning_effort": "thinking", "max_output_tokens": "max_tokens"}
_DESCRIBES = ("name", "model", "prompt", "system", "description", "options", "defaults", "schema_object", "tools")
_TEMPLATE = {
    *_DESCRIBES,
    *("attachments", "attachment_types", "extract", "extract_last", "fragments", "system_fragments", "functions"),
}
"""Everything that a template of `llm` may have."""


def read_role(text: str, name: str, findings: Findings) -> PromptTemplate:
    """Makes a saved prompt of a Markdown text: settings between two `---` at its top, if it has such, then the prompt.

    Raises:
        UnreadableFileError: the settings can't be read, or there is no prompt.
    """
    settings: JsonObject = {}
    if (front := _FRONT.match(text)) is not None:
        try:
            value = read_yaml(front[1])
        except CodecError as error:
            raise UnreadableFileError(tr("its settings can't be read: {error}", error=error)) from None
        if value is None or isinstance(value, dict):  # else these are two rules, with text between
            settings, text = as_object(value), text[front.end() :]
    return _role(settings | {"prompt": text}, name, findings)


def read_yaml_prompts(text: str, name: str, findings: Findings) -> Iterator[PromptTemplate]:
    """Makes saved prompts of a YAML text: of one template, or of a list of roles.

    Raises:
        UnreadableFileError: it is none of them.
    """
    try:
        value = read_yaml(text)
    except CodecError as error:
        raise UnreadableFileError(str(error)) from None
    roles = [each for each in map(as_object, as_list(value)) if isinstance(each.get("prompt"), str)]
    if roles:
        for each in roles:
            if title := as_line(each.get("name")):
                yield _role(each, title, findings)
    elif isinstance(value, str) and value.strip():
        yield _template({"prompt": value}, name, findings)
    elif isinstance(value, dict) and ("prompt" in value or "system" in value) and value.keys() <= _TEMPLATE:
        yield _template(value, name, findings)
    else:
        raise UnreadableFileError(tr("YAML, but neither a template nor a list of roles"))


def _role(source: JsonObject, name: str, findings: Findings) -> PromptTemplate:
    text = as_text(source.get("prompt")).strip()
    if _ROLE_INPUT in text:
        text = text.replace(_ROLE_INPUT, INPUT)
        findings.add(tr("a place for the input says “{text}” now", text=INPUT), name)
    if source.get("use_tools") or source.get("tools"):
        _leave_tools(name, findings)
    options = {key: each for key, each in source.items() if key not in (*_DESCRIBES, "use_tools", "mapping_tools")}
    return _saved(name, text, source, options, findings)


def _template(source: JsonObject, name: str, findings: Findings) -> PromptTemplate:
    texts = [as_text(source.get(each)).strip() for each in ("system", "prompt")]
    text = "\n\n".join(filter(None, texts))
    if any(found[0].strip("${}").lower() == "input" for found in _PLACE.finditer(text)):
        findings.add(tr("a place for the input says “{text}” now", text=INPUT), name)
    text = _with_variables(text, as_object(source.get("defaults")))
    if source.get("tools"):
        _leave_tools(name, findings)
    for each in sorted(source.keys() - set(_DESCRIBES)):
        if source[each]:
            findings.add(tr("{fields} of templates were left out", fields=each.replace("_", " ")), name)
    return _saved(name, text, source, as_object(source.get("options")), findings)


def _leave_tools(name: str, findings: Findings) -> None:
    findings.add(tr("tools of other programs were left out: choose those of your servers"), name)


def _with_variables(text: str, defaults: JsonObject) -> str:
    """The text with variables as saved prompts have them; each one's default where it comes first."""
    seen = set[str]()

    def put(found: re.Match[str]) -> str:
        name = found[2] or found[3]
        if not name:
            return "$"
        if name.lower() == "input":
            return INPUT
        default, is_first = as_text(defaults.get(name)), name not in seen
        seen.add(name)
        can_stand = default and is_first and not re.search(r"[{}\n]", default)
        return f"{{{{{name}={default}}}}}" if can_stand else f"{{{{{name}}}}}"

    return _PLACE.sub(put, text)


def _saved(name: str, text: str, source: JsonObject, options: JsonObject, findings: Findings) -> PromptTemplate:
    if not text:
        raise UnreadableFileError(tr("it has no text"))
    parameters = dict(_parameters(options, name, findings))
    if schema := as_object(source.get("schema_object")):
        parameters["response_format"] = read_response_format(schema)
    description, model = as_line(source.get("description"))[:200], as_line(source.get("model"))
    return PromptTemplate(name, text, description, model or None, parameters)


def _parameters(options: JsonObject, name: str, findings: Findings) -> Iterator[tuple[str, Json]]:
    for written, value in options.items():
        key = _ALIASES.get(written, written)
        if value is None:
            continue
        if key in _SPECS and key != "response_format" and not _SPECS[key].check(value):
            yield key, value
        else:
            findings.add(tr("the setting {name} was left out", name=as_line(written)[:40]), name)
