"""Streams made and damaged at random: `python -m tests.backends.fuzz [COUNT] [SEED]`; each is replayed by its number.

Half of them say a text that is known, in any framing, cut anywhere: what is read must be a prefix of it, and all of it
where nothing is missing. The others are quirks of the corpus with bytes changed: they must end in a legal state, the
same one however the bytes are cut.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from random import Random

from chat_tui.domain.conversation.message import Status
from chat_tui.domain.text.clean import clean
from tests.backends.quirk_bodies import CASES
from tests.backends.wire import read, split
from tests.servers import delta

WORDS = [
    *"aé你😀\u0301\u2028\x85\n\t \x00\ufeff{}[]:\"\\'`",
    "word",
    "```py\n",
    "data: ",
    "[DONE]",
    "\r\n",
    "\u202e",
    "null",
]
NOISE = [
    b": ping",
    b":",
    b"retry: 10",
    b"id: 7",
    b"event: ping",
    b"data:",
    b"data: null",
    b'data: {"choices": []}',
    b"",
]
STREAMS = [quirk.stream for quirk in CASES.values()]


def known(random: Random) -> tuple[bytes, str, bool]:
    """A stream, the text that it says, and whether nothing of it is missing."""
    texts = ["".join(random.choices(WORDS, k=random.randint(0, 4))) for _ in range(random.randint(1, 8))]
    payloads = [json.dumps(delta(text), ensure_ascii=random.random() < 0.5) for text in texts]
    payloads.append(json.dumps(delta(finish="stop")))
    if random.random() < 0.7:
        payloads.append("[DONE]")
    prefix = random.choice(["data: ", "data: ", "data:", ""])
    line_end = random.choice([b"\n", b"\n", b"\r\n", b"\r"])
    between = line_end * random.choice([1, 2, 2])
    out = [b"\xef\xbb\xbf"] if random.random() < 0.1 else []
    for payload in payloads:
        if random.random() < 0.3:
            out += [random.choice(NOISE), line_end * random.choice([1, 2])]
        out += [(prefix + payload).encode(), between]
    stream = b"".join(out)
    if random.random() < 0.5:
        return stream, "".join(texts), True
    return stream[: random.randrange(len(stream) + 1)], "".join(texts), False


def damaged(random: Random) -> bytes:
    """A stream of the corpus with a few bytes changed, lost, doubled, or from another stream."""
    stream = bytearray(random.choice(STREAMS))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(stream) + 1)
        until = min(len(stream), at + random.randint(1, 30))
        match random.randrange(6):
            case 0 if at < len(stream):
                stream[at] = random.randrange(256)
            case 1:
                del stream[at:until]
            case 2:
                stream[at:at] = stream[at:until]
            case 3:
                other = random.choice(STREAMS)
                start = random.randrange(len(other) + 1)
                stream[at:at] = other[start : start + random.randint(1, 200)]
            case 4:
                stream[at:at] = random.choice(
                    [b"\n\n", b"\r", b'"', b"{", b"}", b"[", b"\xff", b"<think>", b"</think>\n"]
                )
            case _:
                del stream[at + len(stream) // 2 :]
    return bytes(stream)


async def _problem(number: int, seed: int) -> str:
    random = Random(f"{seed}/{number}")  # noqa: S311 - replayed by its number
    broken = random.random() < 0.3
    if number % 2:
        stream, text, whole = known(random)
    else:
        stream, text, whole = damaged(random), None, False
    cuts = [random.randrange(len(stream) + 1) for _ in range(random.randint(0, 8))]
    try:
        result = await read(split(stream, cuts), cut=broken, n=1)
        if result.state not in (Status.COMPLETE, Status.INTERRUPTED, Status.FAILED):
            return f"the state is {result.state}"
        if text is not None:
            if not clean(text).startswith(result.message.content):
                return f"{result.message.content!r} is no beginning of {text!r}"
            if whole and text and (result.message.content != clean(text) or result.error):
                return f"{result.message.content!r} is not {text!r}; {result.error!r}"
        elif (await read([stream], cut=broken, n=1)).outcome != result.outcome:
            return "another outcome when it is not cut"
    except Exception as error:  # noqa: BLE001 - any of them is the defect that is looked for
        return f"{type(error).__name__}: {error}"
    return ""


def run(count: int, seed: int, first: int = 0) -> list[str]:
    """Fuzzes; returns what went wrong, each with the command that shows it again."""

    async def all_of_them() -> list[str]:
        found = []
        for number in range(first, first + count):
            if problem := await _problem(number, seed):
                found.append(f"python -m tests.backends.fuzz 1 {seed} {number}: {problem}")
        return found

    return asyncio.run(all_of_them())


def main(arguments: list[str]) -> int:
    """Fuzzes in blocks of 10,000 and says how it goes; returns 1 if anything was found."""
    count, seed, first = [*map(int, arguments), *(1_000_000, int(time.time()), 0)[len(arguments) :]]
    start, found = time.monotonic(), 0
    for at in range(first, first + count, 10_000):
        for line in run(min(10_000, first + count - at), seed, at):
            found += 1
            print(line, flush=True)
        done = min(at + 10_000 - first, count)
        print(f"{done:,} streams, {found} defects, {time.monotonic() - start:.0f} s, seed {seed}", flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
