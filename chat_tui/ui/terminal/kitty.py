"""Pictures by kitty's graphics protocol.

A picture is drawn in place of cells that hold a placeholder character: these scroll, are covered and pass through tmux
like any text. The colour of the cells is the number of the picture, the marks on the characters their row and column.
"""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator, Mapping

from chat_tui.ui.terminal.clipboard import through_tmux
from chat_tui.ui.terminal.graphics import PATIENCE, WITH_PLACEHOLDERS, Graphics

_CHUNK = 4096
"""Characters of base64 in one sequence."""
PLACEHOLDER = "\U0010eeee"
_MARKS = (
    "0305 030D 030E 0310 0312 033D 033E 033F 0346 034A 034B 034C 0350 0351 0352 0357 035B 0363 0364 0365 0366"
    " 0367 0368 0369 036A 036B 036C 036D 036E 036F 0483 0484 0485 0486 0487 0592 0593 0594 0595 0597 0598 0599"
    " 059C 059D 059E 059F 05A0 05A1 05A8 05A9 05AB 05AC 05AF 05C4 0610 0611 0612 0613 0614 0615 0616 0617 0657"
    " 0658 0659 065A 065B 065D 065E 06D6 06D7 06D8 06D9 06DA 06DB 06DC 06DF 06E0 06E1 06E2 06E4 06E7 06E8 06EB"
    " 06EC 0730 0732 0733 0735 0736 073A 073D 073F 0740 0741 0743 0745 0747 0749 074A"
)
MARKS = "".join(chr(int(each, 16)) for each in _MARKS.split())
"""The combining marks that number rows and columns, from 0 on, in the protocol's order."""


def transmission(graphics: Graphics, number: int, png: bytes, columns: int, rows: int) -> Iterator[str]:
    """The sequences that send a picture, to be shown in cells of the colour `number` (24 bits)."""
    data = b64encode(png).decode()
    head = f"a=T,q=2,f=100,U=1,i={number},c={columns},r={rows},"
    for at in range(0, len(data), _CHUNK):
        is_last = at + _CHUNK >= len(data)
        yield _wrapped(graphics, f"\x1b_G{head}m={0 if is_last else 1};{data[at : at + _CHUNK]}\x1b\\")
        head = "q=2,"


def removal(graphics: Graphics, number: int) -> str:
    """The sequence that frees a picture."""
    return _wrapped(graphics, f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\")


def _wrapped(graphics: Graphics, sequence: str) -> str:
    return through_tmux(sequence) if graphics.is_behind_tmux else sequence


def placeholders(row: int, columns: int) -> str:
    """The characters of one row of a picture."""
    return "".join(PLACEHOLDER + MARKS[row] + MARKS[column] for column in range(columns))


def graphics_behind_tmux(environ: Mapping[str, str]) -> Graphics:
    """What the terminal around tmux can draw through it. Asks tmux, which takes a moment."""
    tmux = shutil.which("tmux", path=environ.get("PATH", ""))
    if tmux is None:
        return Graphics()
    names = ("client_termtype", "client_termfeatures", "allow-passthrough", "client_cell_width", "client_cell_height")
    wanted = "\t".join(f"#{{{each}}}" for each in names)
    command = [tmux, "display-message", "-p", wanted]
    try:
        run = subprocess.run(
            command, env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Graphics()
    name, features, passthrough, *cell = [*run.stdout.decode(errors="replace").rstrip("\n").split("\t"), *[""] * 5][:5]
    can = WITH_PLACEHOLDERS.match(name) is not None and "RGB" in features and passthrough in ("on", "all", "1")
    width, height = (int(each) if each.isdecimal() else 0 for each in cell)
    cell_size = (width, height) if width and height else Graphics().cell
    return Graphics(can, cell=cell_size, is_behind_tmux=True)
