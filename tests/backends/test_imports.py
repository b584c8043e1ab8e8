"""What the first request imports: httpx, and no more than that needs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from chat_tui.backends.http.transport import Transport
assert "httpx" not in sys.modules
Transport().warm()
import httpx._main
print(*(each for each in ("httpx", "click", "httpx._main") if each in sys.modules))
"""


def test_httpx_comes_without_its_command_line() -> None:
    """Until somebody asks for that, which they may."""
    script = SCRIPT.replace("import httpx._main\n", "")
    for code, found in ((script, "httpx"), (SCRIPT, "httpx click httpx._main")):
        assert (
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
            == found
        )
