"""How long a key waits in a terminal while an answer comes, or is opened, that is shaped to be slow."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.bench import Bench
from tests.benchmarks.run import KEY, Run
from tests.benchmarks.server import END, SHAPES

SECONDS = 3.0
"""For which keys are pressed, at the least."""


class Keys(NamedTuple):
    """What keys had to wait for, in ms, and the seconds until the answer's last word was on the screen."""

    p50: float
    p99: float
    shown: float


def press(run: Run) -> Keys:
    """Presses keys, one as soon as the last is shown, until the answer is there and some time has passed."""
    begun = time.monotonic()
    times, shown = [], 0.0
    while not shown or time.monotonic() < begun + SECONDS:
        pressed = run.type(KEY)
        times.append((run.shows(KEY) - pressed) * 1000)
        shown = shown or (END in run.screen.text and time.monotonic() - begun) or 0.0
        run.type("\x7f")
        run.until(lambda: KEY not in run.screen.text)
    times.sort()
    return Keys(statistics.median(times), times[round(0.99 * (len(times) - 1))], shown)


def _measure(bench: Bench, number: int) -> tuple[Keys, Keys]:
    """One answer, while it comes and when its thread is opened again."""
    home = f"bomb{number}"
    with bench.run("chat-tui", home) as run:
        run.ready()
        run.type(bench.prompt(1, 0) + "\r")  # the first answer loads what answers need
        bench.heard("sent")
        run.shows(END)
        run.type("\x0e")
        run.until(lambda: END not in run.screen.text)
        run.type(bench.prompt(-number, 0) + "\r")
        bench.heard("asked")
        coming = press(run)
        run.type("\x0e")
        run.until(lambda: END not in run.screen.text)
        run.type("\x0f")
        run.shows("Type words")
        run.shows("2 messages")  # of the thread used last
        run.type("\r")
        run.until(lambda: "Type words" not in run.screen.text)
        return coming, press(run)


def bombs() -> None:
    """Prints the figures; the budgets are 1 s, and 100 ms for p99. The first answer is none of the slow ones."""
    print(f"{'':28} {'while it comes':>26} {'opened again':>30}")
    print(
        f"{'answer':28} {'shown, s':>10} {'key, p50':>9} {'p99, ms':>7} {'shown, s':>14} {'key, p50':>9} {'p99, ms':>7}"
    )
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root))
        try:
            for number, name in enumerate(SHAPES, 1):
                coming, opened = _measure(bench, number)
                row = [f"{name:28}"]
                for keys, width in ((coming, 10), (opened, 14)):
                    row.append(f"{keys.shown:{width}.2f} {keys.p50:9.0f} {keys.p99:7.0f}")
                print(" ".join(row), flush=True)
        finally:
            bench.close()
