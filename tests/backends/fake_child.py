"""Stands in for `local_child`: the same talk over standard input and output, no model.

Arguments: what to do, a file that gets its process id, the port of a watcher that sees it live and end, and the
address that it gives for its server's, if that matters.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path

mode, starts, port, address = (*sys.argv[1:], "http://127.0.0.1:9/")[:4]
watcher = socket.create_connection(("127.0.0.1", int(port))) if port != "0" else None
with Path(starts).open("a") as file:
    file.write(f"{os.getpid()}\n")
settings = json.loads(sys.stdin.buffer.readline())
if mode == "die":
    sys.stderr.write("llama says no\n")
    sys.exit(3)
if mode == "hang":
    threading.Event().wait(60)  # until it is killed
answers = {"serve": {"address": address}, "error": {"error": "unknown architecture"}, "babble": ["?"]}
sys.stdout.write(json.dumps(answers[mode]) + "\n")
sys.stdout.flush()
sys.stdin.buffer.read()
