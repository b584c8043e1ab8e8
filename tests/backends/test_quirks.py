"""Every quirk of the corpus: whole, byte by byte, cut at random; and the laws that hold for any bytes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chat_tui
from chat_tui.domain.conversation.message import Message, Status
from tests.backends.fuzz import run as fuzz
from tests.backends.quirk_bodies import CASES, ELSEWHERE
from tests.backends.quirks import Quirk
from tests.backends.wire import Read, functions, read, single, split
from tests.torture import amount


async def outcome(quirk: Quirk, pieces: list[bytes]) -> Read:
    return await read(pieces, status=quirk.status, headers=quirk.headers, n=quirk.n, cut=quirk.cut)


def shown(result: Read) -> str:
    error = result.error
    return f"{error} {error.detail}" if error else ""


@pytest.mark.parametrize("name", CASES)
async def test_quirk(name: str) -> None:
    quirk = CASES[name]
    result = await outcome(quirk, [quirk.stream])
    message = result.message
    assert (message.content, message.reasoning) == (quirk.says, quirk.thinks), shown(result)
    assert (result.error.kind if result.error else None) is quirk.kind, shown(result)
    assert message.finish_reason == quirk.finish
    assert message.usage == quirk.usage
    assert tuple(functions(message)) == quirk.calls
    assert message.extra == quirk.extra
    assert (message.answered_by, message.upstream_provider) == quirk.answered
    assert tuple((each.url, each.title) for each in message.cited()) == quirk.sources
    assert tuple(each.content for index, each in sorted(result.messages.items()) if index) == quirk.others
    assert quirk.message in shown(result)
    assert not quirk.never or quirk.never not in shown(result)
    assert quirk.kind is None or (result.error is not None and result.error.retry_after == quirk.wait)
    assert (await outcome(quirk, single(quirk.stream))).outcome == result.outcome


@given(st.sampled_from(sorted(CASES)), st.lists(st.integers(1, 900), max_size=8))
def test_law_any_split_gives_the_same_message(name: str, cuts: list[int]) -> None:
    quirk = CASES[name]

    async def both() -> None:
        whole = await outcome(quirk, [quirk.stream])
        assert (await outcome(quirk, split(quirk.stream, cuts))).outcome == whole.outcome

    asyncio.run(both())


BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"data: ", b"{", b'{"choices":[{"delta":{"content":"', b'"}}]}', b"\n", b"\r", b"\xff", b":"]),
        max_size=30,
    ).map(b"".join),
)


@given(BYTES, st.booleans(), st.lists(st.integers(1, 200), max_size=6))
def test_law_any_bytes_end_in_a_legal_state(data: bytes, cut: bool, cuts: list[int]) -> None:
    async def both() -> None:
        whole = await read([data], cut=cut)
        assert whole.state in (Status.COMPLETE, Status.INTERRUPTED, Status.FAILED)
        assert whole.error is None or (whole.error.message and whole.error.advice)
        assert (await read(split(data, cuts), cut=cut)).outcome == whole.outcome

    asyncio.run(both())


def test_fuzzed_streams() -> None:
    """A seed that fails is printed, and `python -m tests.backends.fuzz 1 SEED` runs it alone."""
    assert fuzz(amount(1_500, 20_000), seed=20261121) == []


def test_what_came_beside_a_call_is_kept_with_it() -> None:
    quirk = CASES["data beside a tool call"]
    message: Message = asyncio.run(outcome(quirk, [quirk.stream])).message
    assert message.tool_calls[0]["extra_content"] == {"google": {"thought_signature": "s"}}


def test_the_documented_quirks_are_those_that_are_tested() -> None:
    folder = Path(__file__).parent
    for file, name in ELSEWHERE.values():
        assert f"def {name}(" in (folder / file).read_text(), name
    tested = {name.partition(":")[0] for name in CASES} | set(ELSEWHERE)
    page = (Path(chat_tui.__file__).parent / "docs" / "wire.md").read_text()
    tables = page[page.index("## Framing") : page.index("## Requests that are refused")]
    documented = set(re.findall(r"^\| (\S[^|]*?) \|", tables, re.MULTILINE)) - {"Quirk", "---"}
    assert documented == tested
