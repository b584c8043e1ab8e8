"""Opens each damaged file of `test_damaged` in the app, one after the other: `python -m tests.faults.opened`.

Whatever a thread's file holds, the app shows it or says why it can't, and goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from chat_tui.domain.conversation.message import Role
from chat_tui.domain.conversation.thread import Thread
from chat_tui.storage.threads.codec import encode
from tests.faults.test_damaged import spoilt_files
from tests.storage.conftest import put_old
from tests.ui.conftest import Home

TEXTS = [
    "a\rb\n\n```\nx\ry\n```\n| a | b |\r|---|---|\n| 1\r | 2 |", "one\rtwo\r\rthree", "- a\r- b\r\n\r\n1. c\r", "#\rh",
    "x\x0by\x0cz\x85w\u2028v\u2029u", "```\ncode\rmore\r\n```\r", "\r", "$$\rx\r$$", "<div>\rx\r</div>",
    "    code\r    more", "\ud800 \udc00", "\0\x1b]0;t\x07", "[" * 3000, "> " * 3000 + "x", "- " * 500, "*" * 5000,
    "|" * 5000 + "\n" + "|-" * 2500, "`" * 4000, "a\u0301" + "\u0301" * 5000, "\u202e\u2066", "&#0; &#xD800;",
    "[a](\x1b]8;;x\x07)", "![](data:image/png;base64,AAAA)", "\t" * 3000, "$" * 3000, "~~~\r~~~\r", "# a\r# b\r# c",
]  # fmt: skip
"""Of messages."""


def hostile_files() -> list[bytes]:
    """Threads that are sound, with texts that are not, as prompt, answer and reasoning."""
    found = []
    for text in TEXTS:
        thread = Thread(id="x", title=text[:50], draft=text, system_prompt=text, tags=[text[:20]])
        thread.add(Role.USER, text)
        thread.add(Role.ASSISTANT, text)
        thread.messages[thread.head or ""].reasoning = text
        found.append(encode(thread))
    return found


async def open_all(root: Path, files: list[bytes]) -> list[str]:
    """Opens every file in one app, which is started anew where one has ended it; returns what ended it."""
    home = Home(root)
    home.paths.threads.mkdir(parents=True)
    ended, rest = list[str](), dict(enumerate(files))
    while rest:
        try:
            async with home.run() as (app, pilot):
                for number, data in list(rest.items()):
                    del rest[number]
                    at = number
                    put_old(home.paths.threads / f"t{number}.json", data)
                    await app.chat.threads.switch_to(f"t{number}")
                    await pilot.pause()
                    await pilot.press("tab", "up", "up", "tab")
        except Exception as error:  # noqa: BLE001 - each is a finding
            ended.append(f"file {at}: {type(error).__name__}: {error}")
    return ended


def main() -> int:
    """Opens them; 1 where one ends the app."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--most", type=int, default=sys.maxsize, help="files")
    args = parser.parse_args()
    files = [*hostile_files(), *spoilt_files(random.Random(args.seed), 600, 1)][: args.most]
    with tempfile.TemporaryDirectory() as root:
        ended = asyncio.run(open_all(Path(root), files))
    print(*ended, f"seed {args.seed}: {len(files)} files, {len(ended)} ended the app", sep="\n")
    return bool(ended)


if __name__ == "__main__":
    sys.exit(main())
