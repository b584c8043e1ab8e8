"""Answers that are shaped to be slow to draw: what the render caps are for."""

from __future__ import annotations

from collections.abc import Callable


def _table(rows: int, columns: int) -> str:
    line = "|" + " cell |" * columns + "\n"
    return line + "|" + "---|" * columns + "\n" + line * rows


BOMBS: dict[str, Callable[[], str]] = {
    "10k headings": lambda: "".join(f"# heading {i}\n" for i in range(10_000)),
    "20k lines of code": lambda: "```python\n" + "".join(f"x{i} = '{i}'\n" for i in range(20_000)) + "```\n",
    "table of 2k rows": lambda: _table(2_000, 4),
    "table of 2k columns": lambda: _table(3, 2_000),
    "200 KB without a space": lambda: "x" * 200_000,
    "quotes, 100k deep": lambda: ">" * 100_000 + " inside",
    "lists, 100k deep": lambda: "- " * 100_000 + "inside",
    "50k links": lambda: "[a](https://a.example) " * 50_000,
    "100k spans of code": lambda: "`a` " * 100_000,
    "100k emphases": lambda: "*a* " * 100_000,
    "100k open brackets": lambda: "[" * 100_000,
    "1 MB of Chinese in a line": lambda: "雪" * 350_000,
    "100k combining marks": lambda: "a" + "\u0301" * 100_000,
    "strings that never end": lambda: (
        '```python\n"""' + "\\'" * 40_000 + "\n```\n" + "```perl\n" + "$a{'" * 9_000 + "\n```\n"
    ),
    "HTML, 20k deep": lambda: "<div>" * 20_000 + "inside" + "</div>" * 20_000,
    "5 MB of prose": lambda: ("Some words with **weight**, and then some more of them. " * 8 + "\n\n") * 11_000,
    "50k formulas": lambda: "$x_1$ " * 50_000,
    "displays within each other": lambda: ("$$\n" + "\\frac{" * 200 + "\n= 1\n$$\n\n- $$ open\n\n") * 60,
    "2k diagrams": lambda: "```mermaid\nflowchart LR\n  A --> B\n```\n\n- ```mermaid\n  pie\n  ```\n\n" * 1_000,
    "a diagram of 20k edges": lambda: "> ```mermaid\n> graph TD\n" + "".join(f"> a{i} --> b\n" for i in range(20_000)),
    "5 MB of line breaks": lambda: "a" + "\n" * 5_000_000 + "b",
}
"""Their names, and what makes them."""
