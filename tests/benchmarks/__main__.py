"""Measures and prints: one table, each figure beside the bare framework's in the same rounds.

Trust ratios, not seconds: machines differ and are shared. Linux only, for /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from chat_tui.storage.paths import Paths
from chat_tui.storage.thread_store import FileThreadStore
from tests.benchmarks.bench import FOUR, Bench
from tests.benchmarks.bombs import bombs
from tests.benchmarks.run import GaveUp, Run

APPS = ("floor", "chat-tui")
Figures = dict[str, float]
BUDGETS = {
    "ready to type, s": "<= 0.85x floor",
    "idle RSS, MB": "<= 55 MB",
    "enter to request, ms": "<= 15 ms",
    "5,000 tokens at once, CPU s": "<= 0.05x floor",
    "its last token on screen, ms": "<= 500 ms",
    "20,000 tokens at once, CPU s": "<= 4.5x the 5,000",
    "RSS after 20,000, MB": "<= 70 MB",
    "2,000 tokens at 100/s, CPU s": "<= 0.13x floor",
    "bytes for it, MB": "<= 1.2 MB",
    "last token on screen, ms": "<= 30 ms",
    "behind 100 tokens/s, s": "<= 0.3 s",
    "behind 500 tokens/s, s": "<= 0.3 s",
    "behind 2,000 tokens/s, s": "<= 0.3 s",
    "ask behind 100 tokens/s, s": "<= 0.3 s",
    "ask behind 500 tokens/s, s": "<= 0.3 s",
    "ask behind 2,000 tokens/s, s": "<= 0.3 s",
    "key echo while streaming, p50 ms": "<= 8 ms",
    "key echo while streaming, p99 ms": "<= 25 ms",
    "one at 200 tokens/s, CPU s": "",
    "four at 200 tokens/s, CPU s": "<= 4x the one",
    "behind four at 200 tokens/s, s": "<= 0.3 s",
    "key among four answers, p99 ms": "<= 40 ms",
    "key echo beside four, p99 ms": "<= 40 ms",
    "ready with 5,000 threads, s": "<= 1.1x the empty start",
    "2,000 messages opened, s": "<= 0.4 s",
    "20,000 messages opened, s": "<= 2 s",
    "keys meanwhile, p99 ms": "<= 25 ms",
    "key in the finder, ms": "<= 50 ms",
    "slowest key in the finder, ms": "<= 200 ms",
    "ready with 5,000 indexed threads, s": "<= 1.1x the empty start",
}
"""What is measured, and what is allowed."""
PACES = (100, 500, 2_000)
"""Tokens a second of a server that is to be kept up with."""
PACED_SECONDS = 3
WIDE = 200, 50
"""A window with room for four answers beside each other."""
SEVERAL_SECONDS = 5


def start(bench: Bench, app: str) -> Figures:
    with bench.run(app) as run:
        seconds = run.ready()
        rss = run.rss
        _warm(bench, run)
        prompt = bench.prompt(1, 0)
        run.type(prompt)
        run.shows(prompt)
        pressed = run.type("\r")
        asked = bench.heard("asked") - pressed
    return {"ready to type, s": seconds, "idle RSS, MB": rss, "enter to request, ms": asked * 1000}


def _warm(bench: Bench, run: Run) -> None:
    """Asks for a short answer: the first one imports what answers need."""
    run.type(bench.prompt(1, 0) + "\r")
    bench.heard("sent")
    run.shows(bench.end)


def _stream(bench: Bench, app: str, number: int, rate: int) -> tuple[float, float, float, float]:
    """CPU s, bytes, seconds from the server's last token to the screen, and MB at the end."""
    with bench.run(app) as run:
        run.ready()
        _warm(bench, run)
        prompt = bench.prompt(number, rate)
        run.type(prompt)
        run.shows(prompt)
        cpu, written = run.cpu, run.written
        run.type("\r")
        shown = run.shows(bench.end)
        return run.cpu - cpu, run.written - written, shown - bench.heard("sent"), run.rss


def burst(bench: Bench, app: str) -> Figures:
    cpu, _, late, _ = _stream(bench, app, 5_000, 0)
    return {"5,000 tokens at once, CPU s": cpu, "its last token on screen, ms": late * 1000}


def long(bench: Bench, app: str) -> Figures:
    cpu, _, _, rss = _stream(bench, app, 20_000, 0)
    return {"20,000 tokens at once, CPU s": cpu, "RSS after 20,000, MB": rss}


def paced(bench: Bench, app: str) -> Figures:
    cpu, written, late, _ = _stream(bench, app, 2_000, 100)
    return {
        "2,000 tokens at 100/s, CPU s": cpu,
        "bytes for it, MB": written / 1e6,
        "last token on screen, ms": late * 1000,
    }


def pace(bench: Bench, app: str) -> Figures:
    """How far behind a server of some tokens a second the screen is at the end, and what `ask` writes."""
    figures = {}
    for rate in PACES:
        figures[f"behind {rate:,} tokens/s, s"] = _stream(bench, app, PACED_SECONDS * rate, rate)[2]
        if app != "floor":
            out = bench.ask(bench.prompt(PACED_SECONDS * rate, rate))
            figures[f"ask behind {rate:,} tokens/s, s"] = out - bench.heard("sent")
    return figures


def echo(bench: Bench, app: str) -> Figures:
    with bench.run(app) as run:
        run.ready()
        _warm(bench, run)
        run.type(bench.prompt(3_000, 200) + "\r")
        bench.heard("asked")
        times, typed = [], ""
        for number in range(40):
            typed += "zqxj"[number % 4]
            pressed = run.type(typed[-1])
            times.append((run.shows(typed) - pressed) * 1000)
    return {
        "key echo while streaming, p50 ms": statistics.median(times),
        "key echo while streaming, p99 ms": _p99(times),
    }


def several(bench: Bench, app: str) -> Figures:
    """Four models asked at once, their answers beside each other in a wide window; one in the same window."""
    if app == "floor":
        return {}
    with bench.run(app, size=WIDE) as run:
        run.ready()
        _warm(bench, run)
        cpu = run.cpu
        run.type(bench.prompt(SEVERAL_SECONDS * 200, 200) + "\r")
        run.shows(bench.end)
        one, cpu = run.cpu - cpu, run.cpu
        _ask_four(bench, run, SEVERAL_SECONDS * 200)
        shown = run.until(lambda: run.screen.text.count(bench.end) == len(FOUR))  # first: who reads not holds it up
        sent = max(bench.heard("sent") for _ in FOUR)
        four = run.cpu - cpu
        run.type("\r")
        run.shows("Write a message")
        _ask_four(bench, run, 3_000)
        jumps = []
        for number in range(40):
            at = number % len(FOUR) + 1
            pressed = run.type(str(at))
            jumps.append((run.shows(f"▌ {at}  m{at} ") - pressed) * 1000)
        run.type("p")
        run.shows("Write a message")
        echoes, typed = [], ""
        for number in range(40):
            typed += "zqxj"[number % 4]
            pressed = run.type(typed[-1])
            echoes.append((run.shows(typed) - pressed) * 1000)
    return {
        "one at 200 tokens/s, CPU s": one,
        "four at 200 tokens/s, CPU s": four,
        "behind four at 200 tokens/s, s": shown - sent,
        "key among four answers, p99 ms": _p99(jumps),
        "key echo beside four, p99 ms": _p99(echoes),
    }


def _ask_four(bench: Bench, run: Run, tokens: int) -> None:
    """Asks four models at once, each for so many tokens at 200 a second, and waits until all stream."""
    run.type("\x0cfour")
    run.shows("ask all")
    run.type("\r")
    run.shows("4 models")
    run.type(bench.prompt(tokens, 200) + "\r")
    for _ in FOUR:
        bench.heard("asked")
    run.until(lambda: run.screen.text.count("writing") == len(FOUR))


def _p99(times: list[float]) -> float:
    return sorted(times)[round(0.99 * (len(times) - 1))]


def history(bench: Bench, app: str) -> Figures:
    if app == "floor":
        return {}
    bench.fill("many", 5_000, 2)
    for home, messages in (("long", 2_000), ("huge", 20_000)):
        bench.forget(home)  # with the draft that the last round left there
        bench.fill(home, 1, messages)
    with bench.run(app, "many") as run:
        ready = run.ready()
    return {
        "ready with 5,000 threads, s": ready,
        "2,000 messages opened, s": _open(bench, "long", 2_000)[0],
        **dict(zip(("20,000 messages opened, s", "keys meanwhile, p99 ms"), _open(bench, "huge", 20_000), strict=True)),
    }


def _open(bench: Bench, home: str, messages: int) -> tuple[float, float]:
    """Opens a long thread from the finder: seconds to its last messages, and ms that keys wait until then and after."""
    with bench.run("chat-tui", home) as run:
        run.ready()
        run.type("\x0f")
        run.shows("Type words")
        run.shows(f"{messages} messages")
        pressed = run.type("\r")
        run.until(lambda: "Type words" not in run.screen.text)
        times, typed, opened = list[float](), "", 0.0
        while not opened or len(times) < 60:
            if len(typed) == 40:  # more would be wrapped
                run.type("\x15")
                run.until(lambda: "zqxj" not in run.screen.text)
                typed = ""
            typed += "zqxj"[len(typed) % 4]
            moment = run.type(typed[-1])
            times.append((run.shows(typed) - moment) * 1000)
            # The finder's preview has the last message only.
            opened = opened or (f"Message {messages - 2} with" in run.screen.text and time.monotonic() - pressed) or 0.0
        return opened, _p99(times)


def search(bench: Bench, app: str) -> Figures:
    """A key in the finder, its index being there; beside it, reading the status of every thread file."""
    paths = bench.fill("searched", 5_000, 10)
    if app == "floor":
        began = time.monotonic()
        with os.scandir(paths.threads) as entries:
            assert sum(entry.stat().st_size > 0 for entry in entries) == 5_000
        return {"key in the finder, ms": (time.monotonic() - began) * 1000}
    times = asyncio.run(_find(paths))
    with bench.run(app, "searched") as run:
        ready = run.ready()
    return {
        "key in the finder, ms": statistics.median(times),
        "slowest key in the finder, ms": max(times),
        "ready with 5,000 indexed threads, s": ready,
    }


async def _find(paths: Paths) -> list[float]:
    """The ms that each key takes as queries are typed: of words that are everywhere, and of some that are not."""
    store, times = FileThreadStore(paths), []
    await store.search("all summaries and texts are read now", wait=True)
    for query in ("some words with message", "thread 4321", "role:user model:x lastmark"):
        for at in range(1, len(query) + 1):
            began = time.monotonic()
            assert (await store.search(query[:at], 200)).complete
            times.append((time.monotonic() - began) * 1000)
    store.close()
    return times


SCENARIOS: dict[str, Callable[[Bench, str], Figures]] = {
    each.__name__: each for each in (start, burst, long, paced, pace, echo, several, history, search)
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)}; all, without; or bombs, alone"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often; the medians count (3)")
    args = parser.parse_args()
    if args.scenarios == ["bombs"]:  # beside nothing: the floor does not come to its end on most of them
        bombs()
        return 0
    if unknown := [each for each in args.scenarios if each not in SCENARIOS]:
        parser.error(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    if not Path("/proc/self/stat").exists():
        parser.error("this needs /proc: Linux only")
    found: dict[str, dict[str, list[float]]] = {app: defaultdict(list) for app in APPS}
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root))
        try:
            for _ in range(args.rounds):
                for name in args.scenarios or SCENARIOS:
                    for app in APPS:
                        try:
                            figures = SCENARIOS[name](bench, app)
                        except GaveUp:
                            print(f"{app} gave up on {name}", file=sys.stderr)
                            bench.close()
                            bench = Bench(Path(root))
                            continue
                        for figure, value in figures.items():
                            found[app][figure].append(value)
        finally:
            bench.close()
    print_table(found)
    return 0


def print_table(found: dict[str, dict[str, list[float]]]) -> None:
    print(f"{'figure':34} {'floor':>9} {'chat-tui':>9} {'ratio':>7}  budget")
    for figure, budget in BUDGETS.items():
        floor, ours = (statistics.median(found[app][figure]) if found[app][figure] else None for app in APPS)
        if floor is None and ours is None:
            continue
        shown = [f"{value:9.2f}" if value is not None else f"{'-':>9}" for value in (floor, ours)]
        ratio = f"{ours / floor:6.2f}x" if floor and ours is not None else f"{'-':>7}"
        print(f"{figure:34} {shown[0]} {shown[1]} {ratio}  {budget}")


if __name__ == "__main__":
    sys.exit(main())
