"""What servers were found to want, kept from one process to the next."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from chat_tui.backends.requests.repairs import MAX_AGE, Repairs
from chat_tui.domain.errors import ErrorKind, ProviderError
from tests.backends.helpers import custom, turn

NOW = 1_700_000_000.0
PROVIDER = custom("https://llm.example")
URL = PROVIDER.base_url


def learnt(cache: Path, field: str = "seed", *, clock: float = NOW, value: Any = 1, model: str = "m") -> Repairs:
    repairs = Repairs(cache, lambda: clock)
    repairs.load()
    error = ProviderError(ErrorKind.REJECTED, f"Unknown parameter: '{field}'.", http_status=400, param=field)
    assert repairs.learn(turn(model=model), PROVIDER, {field: value}, error) is not None
    repairs.save()
    return repairs


def fields(cache: Path, clock: float = NOW, model: str = "m") -> list[str]:
    repairs = Repairs(cache, lambda: clock)
    repairs.load()
    return [each.field for each in repairs.known(URL, model)]


def test_it_is_kept_by_host_and_model_for_a_week(tmp_path: Path) -> None:
    learnt(tmp_path, clock=NOW + 0.9)
    assert fields(tmp_path, NOW + 0.9) == ["seed"], "at once, not from the next second on"
    assert fields(tmp_path, model="other") == []
    assert fields(tmp_path, NOW + MAX_AGE - 1) == ["seed"]
    assert fields(tmp_path, NOW + MAX_AGE + 1) == []
    assert stat.S_IMODE((tmp_path / "repairs.json").stat().st_mode) == 0o600


def test_what_grew_old_on_disk_is_not_written_again_and_learnt_anew(tmp_path: Path) -> None:
    learnt(tmp_path)
    learnt(tmp_path, "top_k", clock=NOW + MAX_AGE + 1)
    assert [each["field"] for each in json.loads((tmp_path / "repairs.json").read_text())["repairs"]] == ["top_k"]
    learnt(tmp_path, clock=NOW + MAX_AGE + 2)  # refused once more, it is news


def test_an_entry_grows_old_in_a_running_process_too(tmp_path: Path) -> None:
    moment = NOW
    repairs = Repairs(tmp_path, lambda: moment)
    error = ProviderError(ErrorKind.REJECTED, "Unknown parameter: 'seed'.", http_status=400, param="seed")
    repairs.learn(turn(), PROVIDER, {"seed": 1}, error)
    moment += MAX_AGE + 1
    assert repairs.known(URL, "m") == []


def test_two_processes_keep_what_both_learnt(tmp_path: Path) -> None:
    one, two = Repairs(tmp_path, lambda: NOW), Repairs(tmp_path, lambda: NOW)
    for each, field in ((one, "seed"), (two, "top_k")):
        each.load()
        error = ProviderError(ErrorKind.REJECTED, f"Unknown parameter: '{field}'.", http_status=400, param=field)
        each.learn(turn(), PROVIDER, {field: 1}, error)
    one.save()
    two.save()
    assert sorted(fields(tmp_path)) == ["seed", "top_k"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 2, "repairs": []}',
        b'{"version": 1, "repairs": [1, {}, {"url": 1}]}',
        json.dumps(
            {"version": 1, "repairs": [{"url": URL, "model": "m", "field": "x", "learnt": int(NOW + 9e9)}]}
        ).encode(),
        b" " * 300_000,
    ],
)
def test_a_file_that_cannot_be_read_is_none(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "repairs.json").write_bytes(raw)
    assert fields(tmp_path) == []


def test_a_schema_of_the_users_is_not_kept(tmp_path: Path) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"description": "secret " * 1000}}}
    learnt(tmp_path, "response_format", value=schema)
    assert "secret" not in (tmp_path / "repairs.json").read_text()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert [each.field for each in learnt(tmp_path / "file" / "cache").known(URL, "m")] == ["seed"]
