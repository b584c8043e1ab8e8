"""The driver where the terminal ends while much is still to be written."""

from __future__ import annotations

import io
import threading

import pytest
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from chat_tui.ui.terminal.driver import TerminalDriver


class Stuck(io.StringIO):
    """A terminal that takes nothing, until it is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.gone = threading.Event()

    def write(self, text: str) -> int:
        self.gone.wait()
        raise OSError


def test_writing_ends_when_the_terminal_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)  # the writer's, whose terminal is gone
    driver = TerminalDriver.__new__(TerminalDriver)
    file = Stuck()
    writer = driver._writer_thread = WriterThread(file)
    writer.start()

    def write() -> None:
        for _ in range(MAX_QUEUED_WRITES + 2):  # one more than the queue holds, beside the one that is stuck
            driver.write("x")
        driver.close()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    while not writer._queue.not_full._waiters:  # type: ignore[attr-defined]
        pass
    file.gone.set()
    thread.join(20)
    assert not thread.is_alive()
