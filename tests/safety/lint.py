"""Finds text that a widget would read as markup: every string that is not the program's own goes through `T`.

A call of a sink is good when each text it is given is a literal without brackets, a constant of a class or module,
or a `Content`: `T(...)`, `Content(...)`, `Content.assemble(...)`, a function of ours that says it returns one, or a
local name that is only ever given such a thing. A translation is as good as its English. `markup=False` makes
everything good.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

WIDGETS = frozenset(
    """
    Button Checkbox Collapsible DataTable Label Link ListItem Option OptionList Placeholder Pretty RadioButton Select
    SelectionList Static Tab TabPane Tabs Tree
    """.split()  # noqa: SIM905 - twenty words, not twenty lines
)
METHODS = frozenset({"add_leaf", "add_option", "set_options"})
TABLE_METHODS = frozenset({"add_column", "add_columns", "add_row"})
"""Of a `DataTable`; Rich's `Table` has the same names, and no markup in a `Text`."""
KEYWORDS = frozenset({"content", "label", "prompt", "title", "renderable", "border_title", "border_subtitle"})
ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip", "placeholder"})
MAKERS = frozenset({"T", "Content"})
FORBIDDEN = frozenset({"from_markup", "Markdown", "MarkdownViewer", "to_content"})


def lint(sources: Iterable[tuple[str, str]]) -> list[str]:
    """Checks modules, given as name and source.

    Returns:
        A line for each finding: `name:line: what`.
    """
    trees = [(name, ast.parse(source)) for name, source in sources]
    makers = MAKERS | {function for _, tree in trees for function in _content_makers(tree)}
    return [f"{name}:{line}: {what}" for name, tree in trees for line, what in _Linter(makers).findings(tree)]


def sources(folder: Path) -> list[tuple[str, str]]:
    """The modules of a folder."""
    return [(str(each.relative_to(folder)), each.read_text("utf-8")) for each in sorted(folder.rglob("*.py"))]


def _content_makers(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id == "Content":
            yield node.name


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class _Linter:
    def __init__(self, makers: Iterable[str]) -> None:
        self._makers = frozenset(makers)
        self._methods = METHODS
        self._locals: dict[str, list[ast.expr]] = {}

    def findings(self, tree: ast.Module) -> Iterator[tuple[int, str]]:
        names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
        self._methods = METHODS | TABLE_METHODS if "DataTable" in names else METHODS
        scopes = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {id(node) for scope in scopes for node in ast.walk(scope) if node is not scope}
        yield from self._scope(node for node in ast.walk(tree) if id(node) not in inside)
        for scope in scopes:
            self._locals = _assignments(scope)
            yield from self._scope(ast.walk(scope))

    def _scope(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
        for node in nodes:
            if isinstance(node, ast.Call):
                yield from self._call(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES and not self._good(node.value):
                        yield node.lineno, f"{target.attr} = {ast.unparse(node.value)}"

    def _call(self, call: ast.Call) -> Iterator[tuple[int, str]]:
        name = _name(call.func)
        if name in FORBIDDEN:
            yield call.lineno, ast.unparse(call)
        if any(each.arg == "markup" and _is_false(each.value) for each in call.keywords):
            return
        texts: list[ast.expr] = []
        if name in WIDGETS or name in self._methods or (name == "update" and self._updates_a_label(call)):
            texts += call.args
            texts += [each.value for each in call.keywords if each.arg in KEYWORDS | ATTRIBUTES]
        elif name == "Input":
            texts += [each.value for each in call.keywords if each.arg in ATTRIBUTES]
        elif name == "notify" and ast.unparse(call.func) == "super().notify":
            texts += call.args  # all others go through the app's own, which reads no markup
        for text in texts:
            if not self._good(text):
                yield call.lineno, f"{name}({ast.unparse(text)})"

    def _updates_a_label(self, call: ast.Call) -> bool:
        receiver = ast.unparse(call.func).lower()
        return "label" in receiver or "static" in receiver

    def _good(self, text: ast.expr) -> bool:
        match text:
            case ast.Constant(value=str(value)):
                return "[" not in value
            case ast.Constant():
                return True
            case ast.IfExp(body=body, orelse=orelse):
                return self._good(body) and self._good(orelse)
            case ast.Call(func=ast.Name(id="tr" | "trn"), args=messages, keywords=[]):
                return all(self._good(each) for each in messages)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Content"), attr="assemble" | "styled")):
                return True
            case ast.Call(func=ast.Attribute(value=made, attr="join" | "stylize" | "truncate")):
                return self._good(made)
            case ast.Call(func=func):
                # A widget inside a widget answers for itself.
                return _name(func) in self._makers or _name(func) in WIDGETS
            case ast.Attribute(attr=name) if name.isupper():
                return True
            case ast.Name(id=name) if name.isupper():
                return True
            case ast.Name(id=name):
                given = self._locals.get(name, [])
                return bool(given) and all(self._good(each) for each in given)
        return False


def _assignments(scope: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return found


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False
