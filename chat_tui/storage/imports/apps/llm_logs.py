"""Reads `logs.db` of the command `llm`: prompts and responses in a row, with fragments, attachments, tools, schemas."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tui.domain.conversation.message import Message, Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.imports.content import Turns, get, parsed
from chat_tui.storage.imports.database import ForeignDatabase
from chat_tui.storage.imports.foreign import Attacher, ImportContext, as_line, as_object, as_text, as_time, new_thread
from chat_tui.storage.imports.layout import parameters, source_model
from chat_tui.storage.imports.tree import SourceNode, plant

PROGRAM = "llm"
_RESPONSE = (
    *("id", "model", "resolved_model", "prompt", "system", "options_json", "response", "conversation_id"),
    *("datetime_utc", "input_tokens", "output_tokens", "duration_ms", "schema_id"),
)


def is_database(database: ForeignDatabase) -> bool:
    """Whether it is llm's."""
    return {"prompt", "response", "conversation_id"} <= database.columns("responses") and "name" in database.columns(
        "conversations"
    )


def read(database: ForeignDatabase, context: ImportContext) -> Iterator[Thread]:
    """Makes a thread of each conversation; the caller finishes it."""
    for row in list(database.rows("conversations", ("id", "name", "model"))):
        identity, title = as_line(row.get("id")), as_line(row.get("name"))
        thread = new_thread(PROGRAM, identity, title, "", "")
        reader = _LogReader(database, thread, context)
        nodes: list[SourceNode] = []
        for response in database.rows("responses", _RESPONSE, ("conversation_id", identity)):
            for node in reader.nodes(response, row.get("model")):
                node.parent = nodes[-1].id if nodes else None
                nodes.append(node)
        plant(thread, nodes)
        yield thread


class _LogReader:
    """Reads the responses of one conversation."""

    def __init__(self, database: ForeignDatabase, thread: Thread, context: ImportContext) -> None:
        self._database = database
        self._thread = thread
        self._context = context

    def nodes(self, row: JsonObject, model: Json) -> list[SourceNode]:
        """A prompt and its response."""
        identity, when = as_line(row.get("id")), as_time(row.get("datetime_utc"))
        system = [as_text(row.get("system")), *self._fragments("system_fragments", identity)]
        if (text := "\n\n".join(each for each in system if each.strip())) and not self._thread.system_prompt:
            self._thread.system_prompt = text
        self._thread.parameters = self._thread.parameters or parameters(parsed(row.get("options_json")))
        prompt = Turns(f"{identity}-prompt", Role.USER, when, self._context, self._thread.title)
        for result in self._rows("tool_results", ("tool_call_id", "output"), identity):
            prompt.result(as_line(result.get("tool_call_id")), result.get("output"))
        for fragment in self._fragments("prompt_fragments", identity):
            prompt.text(fragment)
        prompt.text(row.get("prompt"))
        asked = prompt.done()
        self._attach(asked[-1] if asked else prompt.first, identity)
        answer = Turns(identity, Role.ASSISTANT, when, self._context, self._thread.title)
        for call in self._rows("tool_calls", ("tool_call_id", "name", "arguments"), identity):
            answer.call(call)
        answer.text(row.get("response"))
        given = answer.done()
        for message in given:
            self._complete(message, row, model)
        return [
            SourceNode(f"{identity}-prompt", None, messages=prompt.done()),
            SourceNode(identity, None, messages=given),
        ]

    def _complete(self, message: Message, row: JsonObject, model: Json) -> None:
        message.model = source_model(row.get("model") or model, None, PROGRAM)
        message.answered_by = as_line(row.get("resolved_model"))
        counts = {"prompt_tokens": row.get("input_tokens"), "completion_tokens": row.get("output_tokens")}
        message.usage = {name: each for name, each in counts.items() if isinstance(each, int)} or None
        schema_id = row.get("schema_id")
        for schema in self._database.rows("schemas", ("id", "content"), ("id", schema_id)) if schema_id else ():
            if content := as_object(parsed(schema.get("content"))):
                message.parameters["response_format"] = {"type": "json_schema", "json_schema": {"schema": content}}

    def _attach(self, message: Message, response_id: str) -> None:
        attacher = Attacher(message, self._context, self._thread.title)
        for link in self._rows("prompt_attachments", ("attachment_id",), response_id):
            where = ("id", link.get("attachment_id"))
            for row in self._database.rows("attachments", ("id", "type", "path", "url"), where):
                name = as_line(get(row, "path|url")).rpartition("/")[2] or as_line(row.get("type")) or "attachment"
                content = self._database.blob("attachments", "content", row.get("id"))
                if content is None or not attacher.add_data(content, name):
                    attacher.add((name,), as_line(get(row, "url|path")) or name)

    def _fragments(self, table: str, response_id: str) -> Iterator[str]:
        for link in self._rows(table, ("fragment_id",), response_id):
            for row in self._database.rows("fragments", ("id", "content"), ("id", link.get("fragment_id"))):
                yield as_text(row.get("content"))

    def _rows(self, table: str, columns: tuple[str, ...], response_id: str) -> Iterator[JsonObject]:
        if "response_id" in self._database.columns(table):
            yield from self._database.rows(table, columns, ("response_id", response_id))
