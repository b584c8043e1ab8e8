"""Long files are read a slice at a time: to the same value, and with the same errors, as in one piece."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.files import strict_json
from chat_tui.storage.files.strict_json import CodecError, parse, parse_in_slices
from chat_tui.storage.threads.codec import encode


def long_thread(size: int = 30) -> bytes:
    thread = Thread(title="Long", extra={"list": [1, {"messages": [2]}]})
    for at in range(size):
        thread.add((Role.USER, Role.ASSISTANT)[at % 2], f'Message {at},\n  "of" two lines \N{SNOWMAN}')
    return encode(thread)


def outcome(data: bytes, *, in_slices: bool) -> object:
    try:
        return parse_in_slices(data, "messages") if in_slices else parse(data)
    except CodecError as error:
        return str(error)


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "SLICE", 4)


def test_no_read_of_a_long_thread_is_longer_than_a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    data, sizes = long_thread(), list[int]()
    loads = json.loads

    def load(text: str, **options: object) -> object:
        sizes.append(len(text))
        return loads(text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(json, "loads", load)
    value = parse_in_slices(data, "messages")
    assert value == json.JSONDecoder().decode(data.decode())
    assert max(sizes) < len(data) / 4


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(json.loads(long_thread())).encode(),
        json.dumps(json.loads(long_thread()), indent=1).encode(),
        long_thread().replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + long_thread(),
        b'[{\n "messages": [\n1,\n2,\n3,\n4,\n5\n ]\n}\n',
        b'{\n "x": {\n "messages": [\n1,\n2,\n3,\n4,\n5\n ]\n}\n}\n',
        b'{\n "messages": [\n1,\n2,\n[3,\n4],\n5,\n6\n ]\n}\n',
        b'{\n "messages": 1,\n "messages": [\n1,\n2,\n3,\n4,\n5\n ]\n}\n',
        b'{\n "messages": [\n1,\n2,\n3,\n4,\n\n ]\n}\n',
        b'{\n "messages": [\n1,\n2,\n3,\n4,\n],"x":[5,\n6\n ]\n}\n',
    ],
)
def test_other_layouts_are_read_all_the_same(data: bytes) -> None:
    assert outcome(data, in_slices=True) == outcome(data, in_slices=False)


@given(st.integers(0, 400), st.binary(max_size=6))
def test_damage_is_found_where_it_is(at: int, damage: bytes) -> None:
    data = long_thread(8)
    broken = data[: -at - 1] + damage + data[len(data) - at :]
    assert outcome(broken, in_slices=True) == outcome(broken, in_slices=False)


def test_nesting_counts_from_the_same_level() -> None:
    for depth in (97, 98, 99, 100):
        entry = "[" * depth + "]" * depth
        data = ('{\n "messages": [\n' + ",\n".join([entry] * 6) + "\n ]\n}\n").encode()
        assert outcome(data, in_slices=True) == outcome(data, in_slices=False)
