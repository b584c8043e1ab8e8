"""A process of its own that asks each address once, and prints what that cost."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.errors import ProviderError
from chat_tui.domain.models.provider import Timeouts
from tests.backends.helpers import Keys, custom, turn

STATUS = Path("/proc/self/status")
PEAK = Path("/proc/self/clear_refs")


def memory(field: str) -> float:
    """A line of the process's status, in MB."""
    line = next(each for each in STATUS.read_text().splitlines() if each.startswith(field))
    return int(line.split()[1]) / 1024


def from_now_on() -> float:
    """Lets the peak start anew, and returns the memory of now, in MB."""
    PEAK.write_text("5")
    return memory("VmRSS")


async def cost(url: str, folder: Path) -> dict[str, object]:
    provider = custom(url, timeouts=Timeouts(connect=5, first_token=20, idle=20))
    backend = HttpBackend(lambda: {"work": provider}, Keys(), folder, folder)
    backend.warm()
    before, start = from_now_on(), time.process_time()
    kind = "none"
    try:
        if url.endswith("/list"):
            kind = (await backend.models("work")).problem
        else:
            async for _ in backend.stream(turn()):
                pass
    except ProviderError as error:
        kind = str(error.kind)
    peak = memory("VmHWM") - before
    await backend.aclose()
    return {"kind": kind, "mb": round(peak, 1), "seconds": round(time.process_time() - start, 2)}


async def main(urls: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for url in urls:
            print(json.dumps(await cost(url, Path(folder))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
