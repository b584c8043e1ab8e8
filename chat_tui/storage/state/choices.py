"""Which answers the user chose over others, in data/choices.jsonl: one a line, the oldest first."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chat_tui.domain.conversation.choice import KEPT, ChoiceCount, ChosenAnswer, count_choices
from chat_tui.domain.errors import StorageError
from chat_tui.domain.json import JsonObject
from chat_tui.storage.files.records import JsonLines, RecordFile


class FileAnswerChoices:
    """Implements `AnswerChoices`."""

    def __init__(self, file: Path, lock_file: Path) -> None:
        """Touches nothing.

        Args:
            file: of the choices.
            lock_file: held while it is written: other programs write it too.
        """
        self._file = RecordFile(file, JsonLines(_choice, _json), KEPT, lock_file)
        self.writers = (self._file.writer,)

    async def add(self, choice: ChosenAnswer) -> None:
        """See `AnswerChoices.add`."""
        with suppress(StorageError):
            await self._file.change(
                lambda choices: [*(each for each in choices if each.message != choice.message), choice]
            )

    async def counts(self) -> dict[str, ChoiceCount]:
        """See `AnswerChoices.counts`."""
        with suppress(StorageError):
            return count_choices(await self._file.read())
        return {}


def _json(choice: ChosenAnswer) -> JsonObject:
    return {
        "message": choice.message,
        "model": choice.model,
        "over": list(choice.over),
        "at": choice.at,
        "blind": choice.is_blind,
    }


def _choice(source: JsonObject) -> ChosenAnswer | None:
    message, model, over, at = (source.get(name) for name in ("message", "model", "over", "at"))
    if not isinstance(message, str) or not isinstance(model, str) or not isinstance(over, list):
        return None
    others = tuple(each for each in over if isinstance(each, str))
    return ChosenAnswer(message, model, others, at if isinstance(at, str) else "", source.get("blind") is True)
