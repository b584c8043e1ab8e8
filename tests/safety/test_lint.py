"""Rules of the source: no bare string in a widget that reads markup, no citation of a missing page, unique classes."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import chat_tui.ui
from tests.safety.citations import citations, citations_in_text
from tests.safety.lint import lint, sources


def findings(source: str) -> list[str]:
    return lint([("sample.py", source)])


def test_the_interface_gives_no_widget_a_bare_string() -> None:
    modules = sources(Path(chat_tui.ui.__file__).parent)
    assert len(modules) > 20, "the folder is not the interface"
    assert lint(modules) == []


@pytest.mark.parametrize(
    "bad",
    [
        'Static(f"Hello {name}")',
        'Label("Hello %s" % name)',
        'Label("Hello {}".format(name))',
        "Label(name)",
        'Label("a " + name)',
        "Button(model.id)",
        "Option(title, id=key)",
        "OptionList(*titles)",
        "OptionList(Option(title))",
        "Select(pairs)",
        "Tab(title)",
        "Tree(title)",
        "table = DataTable()\ntable.add_row(title)",
        "Collapsible(title=title)",
        'Label("[b]bold[/b]")',
        "Label(Content.from_markup(name))",
        "Label(name, markup=True)",
        "Label(T(name) if name else name)",
        "Input(placeholder=name)",
        "widget.border_title = name",
        "widget.tooltip = f'{name}'",
        "widget.placeholder = name",
        "self.query_one('#x', Label).update(name)",
        "def show(self, name):\n    text = T(name)\n    text = name\n    return Label(text)",
        "class Mine(App):\n    def notify(self, message):\n        super().notify(message)",
        "Markdown(name)",
        'Label(tr("{name} API key", name=name))',
        'Label(tr("[b]bold[/b]"))',
    ],
)
def test_the_lint_catches(bad: str) -> None:
    assert findings(bad)


@pytest.mark.parametrize(
    "good",
    [
        'Label("Threads")',
        'Label("")',
        'Label(tr("Threads"))',
        "Label(T(name))",
        "Label(Content(clean(name)))",
        "Label(self.HEADING)",
        "Label(name, markup=False)",
        "OptionList(markup=False, compact=True)",
        'Option(Content.assemble((cut(name, 9), "$accent"), " "), id=name)',
        "def show(self, name):\n    text = T(name)\n    return Label(text)",
        "def row(name: str) -> Content:\n    return T(name)\n\nLabel(row(name))",
        "widget.placeholder = T(name)",
        "store.update(name)",
        "self.app.notify(name)",
    ],
)
def test_the_lint_lets_pass(good: str) -> None:
    assert findings(good) == []


def test_nothing_cites_a_page_that_is_not_in_the_repository() -> None:
    root = Path(chat_tui.__file__).parent.parent
    modules = [path for folder in ("chat_tui", "tests") for path in sorted((root / folder).rglob("*.py"))]
    assert len(modules) > 300, "the folder is not the repository"
    cited = {str(path.relative_to(root)): citations(path.read_text()) for path in modules if path != Path(__file__)}
    texts = [path for ending in ("md", "toml", "tcss") for path in sorted((root / "chat_tui").rglob(f"*.{ending}"))]
    for path in (root / "README.md", root / "pyproject.toml", *texts):
        cited[path.name] = citations_in_text(path.read_text())
    assert {name: found for name, found in cited.items() if found} == {}


@pytest.mark.parametrize(
    "bad",
    [
        '"""Keeps keys out of what is shown (SECRETS.md)."""',
        "# as it stands in §4",
        "# Not tried again (N6).",
        'MAX = 8\n"""Bytes of one event, N3."""',
        '"""T8: bodies meant to fill the memory."""',
        "def test_c19_answers_stay_apart() -> None: ...",
    ],
)
def test_the_lint_catches_a_citation(bad: str) -> None:
    assert citations(bad)


@pytest.mark.parametrize(
    "good",
    ["# README.md says how", "# C0 and C1 controls become U+FFFD", '"""DeepSeek-R1, and RFC 9110."""', 'KEY = "F5"'],
)
def test_the_lint_lets_a_public_source_be(good: str) -> None:
    assert citations(good) == []


def test_a_class_name_stands_once() -> None:
    trees = [ast.parse(path.read_text()) for path in Path(chat_tui.__file__).parent.rglob("*.py")]
    names = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
    assert len(names) > 200, "the folder is not the program"
    assert [name for name, number in names.items() if number > 1] == []
