"""Child processes that turn bytes into others: none is left running."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import pytest

from chat_tui.backends.local import server
from chat_tui.storage.attachments import documents, pictures
from chat_tui.storage.diagrams import renderer
from chat_tui.storage.files.child import run_child
from chat_tui.tools import validation

CHILDREN = {
    each.__name__.rpartition(".")[2]: each.CHILD for each in (documents, pictures, renderer, validation, server)
}


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("times", [1, 2])
async def test_a_cancelled_child_is_killed(tmp_path: Path, times: int) -> None:
    """Also where the loop that ends cancels a second time what its screen has cancelled."""
    os.mkfifo(tmp_path / "pid")
    code = f"import os, signal; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); signal.pause()"
    running = asyncio.create_task(run_child((sys.executable, "-S", "-c", code), b"", 60))
    pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))
    for _ in range(times):
        running.cancel()
        await asyncio.sleep(0)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await asyncio.get_running_loop().shutdown_default_executor()  # the thread that waited for it has ended
    assert not is_running(pid)


async def test_a_child_cancelled_before_it_is_started_never_starts(tmp_path: Path) -> None:
    running = asyncio.create_task(run_child(("touch", str(tmp_path / "started")), b"", 60))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await asyncio.get_running_loop().shutdown_default_executor()
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("module", ["documents", "pictures", "renderer", "validation", "server"])
async def test_no_child_imports_from_the_current_folder(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `json.py` in the folder that somebody works in would be run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "json.py").write_text("import pathlib; pathlib.Path('was_run').touch()")
    await run_child((*CHILDREN[module], *(["pdf"] if module == "documents" else ["1"])), b"", 60)
    assert not (tmp_path / "was_run").exists()
