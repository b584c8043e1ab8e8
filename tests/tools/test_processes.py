"""Tool servers end with the program, however it ends, and with all that they started; their logs are bounded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chat_tui.tools import supervisor
from tests.pilot import WAIT
from tests.tools.test_hostile_server import Box

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from tests.tools.test_hostile_server import Box

async def main():
    box = Box(Path(sys.argv[1]), "stubborn", sys.argv[2])
    assert (await box.tools())["echo"]
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_for_end(pids: list[int]) -> list[int]:
    """Those that still run after a long wait."""
    deadline = time.monotonic() + WAIT
    while (left := [each for each in pids if is_running(each)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_no_process_outlives_a_program_that_is_killed(tmp_path: Path) -> None:
    pids_file = tmp_path / "pids"
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(pids_file)], stdout=subprocess.PIPE, text=True
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        server, child = map(int, pids_file.read_text().split())
        supervised_by = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
        assert is_running(server)
        assert is_running(child)
        os.kill(program.pid, signal.SIGKILL)
        left = wait_for_end([server, child, supervised_by])
    assert left == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
async def test_closing_ends_a_server_that_does_not_want_to_and_what_it_started(tmp_path: Path) -> None:
    pids_file = tmp_path / "pids"
    box = Box(tmp_path, "stubborn", str(pids_file))
    assert (await box.tools())["echo"]
    server, child = map(int, pids_file.read_text().split())
    await box.toolbox.aclose()
    assert not is_running(server)
    assert not is_running(child)


@pytest.mark.skipif(sys.platform == "win32", reason="has no supervisor")
def test_a_log_holds_the_last_that_was_written_and_no_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = supervisor.LOG_LIMIT // 100 * 3
    write = f"import sys; [print(f'{{each:099}}', file=sys.stderr) for each in range({lines})]; sys.exit(3)"
    lifeline, keep = os.pipe()
    command = [sys.executable, "-I", "-S", supervisor.__file__, str(lifeline), str(log), sys.executable, "-c", write]
    done = subprocess.run(command, pass_fds=(lifeline,), stdin=subprocess.DEVNULL, check=False)
    for end in (lifeline, keep):
        os.close(end)
    assert done.returncode == 3
    text = log.read_text()
    assert len(text) <= supervisor.LOG_LIMIT + 100
    assert text.startswith("[earlier lines left out]\n")
    assert text.endswith(f"{lines - 1:099}\n")
    assert log.stat().st_mode & 0o777 == 0o600
