"""The local model's child process: `python -m chat_tui.backends.local.child`, started by `server.py`.

It reads one line of JSON from standard input (the file, the key and the settings: nothing secret stands in its
arguments), serves on a loopback port, and answers with one line of JSON: `{"address": ...}` or `{"error": ...}`.
It ends when its standard input ends: whatever becomes of the parent, no model is left in memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any


def main() -> None:
    """Runs until standard input ends."""
    answers = _take_stdout()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    settings = json.loads(line)
    _die_with_parent(settings.get("parent", 0))
    threading.Thread(target=_wait_for_end, daemon=True).start()
    try:
        server = _serve(settings)
        answer = {"address": server.listening_address}
    except Exception as error:  # noqa: BLE001 - llama.cpp's own, of any type
        answers.write(json.dumps({"error": str(error) or type(error).__name__}).encode() + b"\n")
        answers.flush()
        os._exit(1)
    with contextlib.suppress(OSError):
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
    threading.Event().wait()


def _take_stdout() -> Any:
    """Keeps standard output for the answer alone: what llama.cpp prints goes where standard error goes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _wait_for_end() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)  # without llama.cpp's own shutdown, which waits for a running answer


def _die_with_parent(parent: int) -> None:
    """Linux only: the kernel ends this process with its parent, even while a model is being loaded."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    import signal

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    if parent and os.getppid() != parent:
        os._exit(0)  # it died before the line above


def _serve(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["path"]
    params.model_alias = {settings["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.n_ctx = settings["context"]
    params.n_parallel = 1
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = ""
    params.cache_ram_mib = 256  # of prompts already read; llama.cpp's own 8 GiB are a server's
    for name, value in settings.get("sampling", {}).items():
        setattr(params.sampling, name, value)
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
