"""What is kept of how quick models were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chat_tui.domain.conversation.measurement import Measurement
from chat_tui.storage.paths import Paths
from chat_tui.storage.state import measurements
from chat_tui.storage.state.measurements import FileMeasurements

NOW = datetime.now(UTC).isoformat()
ONE = Measurement("a", "acme/m", NOW, 1.0, 2.0, 30.0)


async def test_it_is_kept_by_model_and_an_answer_that_goes_on_replaces_itself(paths: Paths) -> None:
    store = FileMeasurements(paths.measurements_file)
    assert await store.stats() == {}
    await store.add(ONE)
    await store.add(replace(ONE, first_s=3.0))
    await store.add(replace(ONE, id="b", model="acme/n", error="timeout", first_s=None))
    found = await FileMeasurements(paths.measurements_file).stats()
    assert {name: (each.answers, each.first_s, each.failures) for name, each in found.items()} == {
        "acme/m": (1, 3.0, 0),
        "acme/n": (0, None, 1),
    }
    assert paths.measurements_file.stat().st_mode & 0o777 == 0o600


async def test_only_the_last_of_each_model_are_kept(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements, "KEPT", 3)
    store = FileMeasurements(paths.measurements_file)
    await store.add(replace(ONE, id="other", model="acme/n", at="2026-01-01T00:00:00Z"))
    for number in range(5):
        await store.add(replace(ONE, id=str(number), at=f"2026-01-01T00:00:0{number}Z", first_s=float(number)))
    found = await store.stats()
    assert (found["acme/m"].answers, found["acme/m"].first_s) == (3, 3.0)
    assert found["acme/n"].answers == 1


async def test_a_damaged_file_is_made_anew(paths: Paths) -> None:
    store = FileMeasurements(paths.measurements_file)
    await store.add(ONE)
    paths.measurements_file.write_bytes(b"no database" * 100)
    assert await store.stats() == {}
    await store.add(replace(ONE, first_s="soon"))  # type: ignore[arg-type]
    assert await store.stats() == {}
    await store.add(ONE)
    assert list(await store.stats()) == ["acme/m"]
