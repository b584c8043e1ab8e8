"""Draws the README's pictures anew. Look at them before you commit them."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from tests.snapshots.scene import MAIN, draw_main

os.environ["TZ"] = "UTC"
time.tzset()
with tempfile.TemporaryDirectory() as folder:
    MAIN.write_text(asyncio.run(draw_main(Path(folder))), "utf-8")
print(MAIN)
