"""Facts of models that need no request: the dated snapshot `models.json.gz`.

It only fills in what the server's own list leaves unknown. Prices count for the very server that they were listed for;
limits, as its maker gives them or all servers agree about them, for the model of the same name anywhere. What remains
is unknown.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from chat_tui.domain.models.model import Model, PriceFrom
from chat_tui.domain.models.provider import Provider

_DATE = re.compile(r"[-@](?:\d{4}-\d{2}-\d{2}|20\d{6})$")


def bare_id(identity: str) -> str:
    """A model's name without `models/`, `Pro/` or a vendor before it, and without a date behind it."""
    return _DATE.sub("", identity.rpartition("/")[2].lower())


class Facts:
    """The snapshot; read when it is first needed, which takes some milliseconds."""

    def __init__(self) -> None:
        self._table: dict[str, Any] | None = None
        self._lock = threading.Lock()

    @property
    def is_loaded(self) -> bool:
        """Whether `fill` costs nothing any more."""
        return self._table is not None

    @property
    def date(self) -> str:
        """The snapshot's date, `2026-05-21`."""
        return str(self.load().get("date", ""))

    @property
    def source(self) -> str:
        """Where it is from, with the licence."""
        table = self.load()
        return f"{table.get('source', '')}, {table.get('licence', '')}"

    def load(self) -> dict[str, Any]:
        """Reads the file; any thread may."""
        with self._lock:
            if self._table is None:
                import gzip
                from importlib.resources import files

                packed = files(__package__).joinpath("models.json.gz").read_bytes()
                self._table = json.loads(gzip.decompress(packed))
            return self._table

    def fill(self, models: Iterable[Model], provider: Provider) -> tuple[Model, ...]:
        """The models, with what the snapshot knows and the server did not say."""
        table = self.load()
        host = urlsplit(provider.base_url).hostname or ""
        there = table["hosts"].get(host, {})
        return tuple(self._filled(model, there, table["any"]) for model in models)

    def _filled(self, model: Model, there: dict[str, list[Any]], anywhere: dict[str, list[Any]]) -> Model:
        identity = model.ref.id
        row = there.get(identity) or there.get(identity.removeprefix("models/")) or anywhere.get(bare_id(identity))
        if not row:
            return model
        full: list[Any] = [*row, *[None] * (6 - len(row))]
        context, output, price_in, price_out, price_cached, reads = full
        news: dict[str, Any] = {}
        if model.context_window is None and context:
            news["context_window"] = int(context)
        if model.max_output is None and output:
            news["max_output"] = int(output)
        if model.price_in is None and model.price_out is None and price_in is not None and price_out is not None:
            # Together or not at all: a list that names one price means something by it.
            news |= {"price_in": price_in, "price_out": price_out, "price_cached": price_cached}
            news |= {"price_from": PriceFrom.SNAPSHOT, "currency": ""}  # it is all in US dollars
        if not model.modalities and reads:
            news |= {"modalities": tuple(reads.split(",")), "is_reading_sure": False}
        return replace(model, **news, facts_date=self.date) if news else model
