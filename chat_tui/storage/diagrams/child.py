"""Draws a diagram as text, in a process of its own that `renderer.py` starts.

Its source comes on standard input; a line of JSON goes out: `{"text": "…", "problem": ""}`. termaid draws anything,
also what is no diagram, and takes very long for many edges: so its result is judged, and the process is limited.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator

from chat_tui.storage.files.limits import limit_process

MEMORY = 512 * 1024**2
"""Bytes that the process may take, where that can be limited."""
SECONDS = 2
"""Of the processor."""
MOST_ROWS = 100
"""Rows of a diagram that is shown."""
TYPES = frozenset(
    """
    architecture-beta block block-beta classDiagram classDiagram-v2 erDiagram flowchart gantt gitGraph graph journey
    kanban mindmap packet packet-beta pie quadrantChart sequenceDiagram stateDiagram stateDiagram-v2 timeline treemap
    treemap-beta xychart xychart-beta
    """.split()  # noqa: SIM905 - two dozen words, not two dozen lines
)
"""What termaid draws. The first word of anything else would become a node."""
FLOWCHARTS = frozenset({"flowchart", "graph"})
LABELLED = frozenset({"erDiagram", "sequenceDiagram", "stateDiagram", "stateDiagram-v2"})
"""Types whose arrows have labels behind a colon."""
LAYOUTS: tuple[tuple[int, int | None], ...] = ((4, None), (3, None), (3, 12))
"""Gap and width of labels, from the widest to the narrowest; with less of a gap, edges are drawn over each other."""
_FRONT = re.compile(r"\A---[ \t]*\n.*?\n---[ \t]*\n", re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*%%.*\n?", re.MULTILINE)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_HEAD = re.compile(r"\s*([\w-]+)")
_SIDEWAYS = re.compile(r"\A(\s*(?:flowchart|graph)[ \t]+)(?:LR|RL)\b")
_LABEL = re.compile(r"[\[({|>\"]+([^\[\](){}|>\"\n]+)[\])}|\"]+")
_QUOTED = re.compile(r"\"([^\"\n]+)\"")
_ENTITY = re.compile(r"[#&]\w+;|\\n")
_BEHIND_COLON = re.compile(r":[ \t]*([^:\n]+)$", re.MULTILINE)
_STYLES = re.compile(r"[ \t]*(?:accDescr|accTitle|class|classDef|click|linkStyle|style)\b")
_KEYWORD = re.compile(r"(?:direction|end|flowchart|graph|subgraph)\b")
_EDGE = re.compile(r"--|==|-\.|\.-|~~~")
_BRACKET = re.compile(r"[\[\](){}]")
_LEFT_OVER = re.compile(r"->|--|==>|\[\[|\(\(|\{\{")
_TAG = re.compile(r"</?(?:b|code|em|i|small|strong|sub|sup|u)>", re.IGNORECASE)
_LABEL_END = re.compile(r"(\|[^|\n]+\|)>")
"""A slip of many models, `-->|label|>`, which would make two nodes of one."""
_SUBGRAPH = re.compile(r"^([ \t]*subgraph[ \t]+([\w-]+))(?=\[)", re.MULTILINE)
_SUBGRAPH_ID = re.compile(r"^[ \t]*subgraph[ \t]+([\w-]+)", re.MULTILINE)
_ACTIVATION = re.compile(r"(--?(?:>>|[>x)])[ \t]*)[+-]")
_EVENT = re.compile(r"(?:\n[ \t]*)?[ \t]:[ \t]*")
_AXIS = re.compile(r"^[ \t]*(?:[xy]-axis|quadrant-\d)[ \t]+(.+)$", re.MULTILINE)
_NODE_SHAPE = re.compile(
    r"^([ \t]*)[^\s(\[{)]*(?:\(\(|\)\)|\{\{|[(\[)])(.+?)(?:\)\)|\(\(|\}\}|[)\](])[ \t]*$", re.MULTILINE
)


def main() -> None:
    """Reads a source and writes its diagram; the argument is the width in cells."""
    limit_process(MEMORY, SECONDS)
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    text, problem = "", "unsupported syntax"
    try:
        text, problem = diagram_of(sys.stdin.buffer.read().decode(), int(sys.argv[1]))
    except MemoryError:
        problem = "too complex"
    except Exception as error:  # noqa: BLE001 - of any type, from a parser over text that nobody has vetted
        problem = problem if not isinstance(error, RecursionError) else "too complex"
    answers.write(json.dumps({"text": text, "problem": problem}))


def diagram_of(written: str, width: int) -> tuple[str, str]:
    """The diagram of a source; else an empty text, and why."""
    source = _COMMENT.sub("", _FRONT.sub("", written.strip() + "\n", count=1)).strip()
    source = _TAG.sub("", _BREAK.sub(" ", source))
    head = _HEAD.match(source)
    kind = head[1] if head else ""
    if kind not in TYPES:
        return "", "unsupported type"
    source = _as_read(source, kind)
    if kind in FLOWCHARTS and not _is_flowchart(source):
        return "", "unsupported syntax"
    problem = ""
    for text in _attempts(source):
        lines = text.split("\n")
        if not text.strip():
            problem = "empty"
        elif kind in FLOWCHARTS and _LEFT_OVER.search(text):
            problem = "unsupported syntax"
        elif _misses(source, kind, text):
            problem = "labels do not fit"
        elif len(lines) > MOST_ROWS:
            problem = "too long"
        elif _cells(lines) > width:
            problem = problem if problem == "too long" else "too wide"
        else:
            return text, ""
    return "", problem


def _as_read(source: str, kind: str) -> str:
    """A source as termaid reads it: what it would leave out, or show as it is written, in another form."""
    if kind in FLOWCHARTS:
        return _LABEL_END.sub(r"\1", _SUBGRAPH.sub(r"\1 ", source))
    if kind == "mindmap":  # whose shapes would be shown
        return _NODE_SHAPE.sub(r"\1\2", source)
    if kind == "sequenceDiagram":
        return _ACTIVATION.sub(r"\1", source)
    if kind == "timeline":  # of whose events the first is read
        lines = re.sub(r"\n[ \t]*:", " :", source).split("\n")
        return "\n".join(
            " : ".join(filter(None, [period, " · ".join(events)])) for period, *events in map(_EVENT.split, lines)
        )
    return source


def _attempts(source: str) -> Iterator[str]:
    """Layouts of a diagram, the clearest first; a flowchart from left to right at last from top to bottom."""
    from termaid import render

    turned = _SIDEWAYS.sub(r"\1TB", source)
    for each in (source, turned) if turned != source else (source,):
        for gap, width in LAYOUTS:
            text = render(each, padding_x=2, padding_y=0, gap=gap, max_label_width=width)
            yield "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def _is_flowchart(source: str) -> bool:
    """Whether it has edges, and nothing that a flowchart doesn't have: termaid makes a node of any line."""
    lines = [line.strip() for line in source.split("\n")]
    own = [line for line in lines if not _KEYWORD.match(line) and not _STYLES.match(line)]
    groups = {*_SUBGRAPH_ID.findall(source)}
    if groups and any(name in groups for line in own if _EDGE.search(line) for name in _ends(line)):
        return False  # a node would be drawn beside the group
    return any(_EDGE.search(line) for line in lines) and all(map(_is_statement, own))


def _is_statement(line: str) -> bool:
    """Whether a line of a flowchart has no open brackets, and no spaces in the names at its ends."""
    return not _BRACKET.search(_bare(line)) and not any(" " in name for name in _ends(line))


def _bare(line: str) -> str:
    return _LABEL.sub("", _QUOTED.sub("x", line))


def _ends(line: str) -> list[str]:
    """The names at the ends of an edge."""
    first, *others = _EDGE.split(_bare(line))
    return [name.strip(" ->=.;") for end in (first, *others[-1:]) for name in end.split("&")]


def _misses(source: str, kind: str, text: str) -> bool:
    """Whether characters of labels are missing: some shapes are drawn over theirs."""
    lines = [line for line in source.split("\n") if not _STYLES.match(line)]
    pattern = _LABEL if kind in FLOWCHARTS else _QUOTED
    behind = [*_BEHIND_COLON.findall("\n".join(lines))] if kind in LABELLED else []
    if kind in LABELLED:
        lines = [_BEHIND_COLON.sub("", line) for line in lines]
    labels = {_ENTITY.sub("", label) for line in lines for label in pattern.findall(line)}
    labels.update(behind, _AXIS.findall(source) if kind == "quadrantChart" else ())
    needed = Counter(char for label in labels for char in label if char.isalnum())
    return bool(needed - Counter(text))


def _cells(lines: list[str]) -> int:
    from termaid.utils import display_width

    widest: int = max(map(display_width, lines))
    return widest


if __name__ == "__main__":
    main()
