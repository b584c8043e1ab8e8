"""Finds texts for the user that can't be translated: every one is a literal given to `tr` or `trn`.

A text is a literal with words in it: two of them in a row, or one that begins with a capital. What is no text for the
user is known by its place (docstrings, styles, names of types, errors of programming) or listed in `NO_TEXTS`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from string import Formatter
from typing import NamedTuple

WORDS = re.compile(
    r"[A-Za-z]{2,}['’,.:;)]*[ \n]+[(A-Za-z{“\"·~]|^[A-Z][a-z]+|[a-z…·] [A-Za-z]{2,}|^[· ]+[a-z]{3,}|"
    r"} (?!tok/s)[a-z]{3,}"
)
NO_WORDS = re.compile(
    r"\{ ?[a-z-]+:|[;{]\s*\n|^\s*\n|\$(accent|muted|error|warning)|^[a-z0-9_ ]*_[a-z0-9_ ]*$|^chat_tui|"
    r"^(SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|LEFT JOIN| WHERE) "
)
"""Styles, lists of ids, names of modules, SQL."""
CALLS = frozenset(
    """
    TypeVar ParamSpec NewType cast compile import_module query query_one getattr hasattr has_class set_class
    add_class remove_class key split encode decode startswith endswith removeprefix removesuffix fromkeys ValueError
    TypeError RuntimeError KeyError AssertionError
    """.split()  # noqa: SIM905 - two dozen words, not two dozen lines
)
"""Functions whose arguments are no texts for the user."""
NAMES_OF_FINDINGS = (
    *("Files", "Keys", "Network", "Terminal", "Tools"),
    *("damaged files", "free space", "light or dark", "local model", "synchronised output"),
)
"""What `doctor --json` calls them."""
NO_TEXTS: dict[str, tuple[str, ...]] = {
    "chat_tui/backends/decoder/extras.py": ("image {}", "![image"),
    "chat_tui/backends/errors/causes.py": ("",),  # words of servers
    "chat_tui/backends/http/errors.py": ("name or service",),
    "chat_tui/backends/local/files.py": ("SmolLM2",),
    "chat_tui/backends/models/context_windows.py": ("Callable[",),
    "chat_tui/backends/requests/builder.py": ("Accept", "User-Agent", "Bearer {}"),
    "chat_tui/backends/requests/continuation.py": ("",),  # sent to the model
    "chat_tui/backends/requests/messages.py": ("[",),  # sent to the model
    "chat_tui/backends/requests/preview.py": ("--unix-socket",),
    "chat_tui/backends/web.py": ("Accept", "Connection", "User-Agent", "text/html"),
    "chat_tui/cli/commands/ask/command.py": ("--var {}=",),
    "chat_tui/cli/commands/measure.py": ("Explain how",),  # sent to the model
    "chat_tui/cli/commands/threads.py": ("## ", "tool {}", "[image", "[tool call"),  # the format of `threads show`
    "chat_tui/cli/crash.py": ("",),  # for developers
    "chat_tui/cli/doctor/command.py": ("chat-tui {}", *NAMES_OF_FINDINGS),
    "chat_tui/cli/doctor/files.py": ("PRAGMA", *NAMES_OF_FINDINGS),
    "chat_tui/cli/doctor/network.py": ("Hi", "pip install", *NAMES_OF_FINDINGS),
    "chat_tui/cli/doctor/terminal.py": ("tmux {}", *NAMES_OF_FINDINGS),
    "chat_tui/cli/help_text.py": ("",),  # what argparse says
    "chat_tui/cli/output.py": ("chat-tui: {}",),
    "chat_tui/cli/parser.py": ("chat-tui {}", "BASE OURS THEIRS"),
    "chat_tui/cli/plain/commands/files.py": ("text {}",),  # sent to the model
    "chat_tui/cli/plain/commands/models.py": ("/attach",),
    "chat_tui/cli/plain/commands/table.py": ("[blind]",),
    "chat_tui/cli/plain/lines.py": ("enable-", "set {}"),  # settings of readline
    "chat_tui/cli/shell/completion.py": ("chat-tui ",),
    "chat_tui/cli/shell/manual.py": (".", "{}\n.PP", "VISUAL, EDITOR", "http_proxy", "SSL_CERT_FILE"),
    "chat_tui/domain/conversation/draft.py": ("image {}",),
    "chat_tui/domain/conversation/summary.py": ("",),  # sent to the model
    "chat_tui/domain/json.py": ("None |", "dict["),
    "chat_tui/domain/models/families.py": ("",),  # names
    "chat_tui/domain/models/response_format.py": ("",),  # sent to the model
    "chat_tui/domain/search/query.py": ("model: tag:",),
    "chat_tui/session/__init__.py": ("ChatSession",),
    "chat_tui/session/conversations.py": ("Callable[",),
    "chat_tui/session/requests/titles.py": ("",),  # sent to the model
    "chat_tui/session/tool_calls.py": ("The ", "No tool named", "Not run", " They said"),  # sent to the model
    "chat_tui/storage/attachments/data_urls.py": ("UklGR",),
    "chat_tui/storage/attachments/document_child.py": ("page {}", "slide {}", "sheet {}", "it "),
    "chat_tui/storage/attachments/documents.py": (
        *("pip install", "reading took", "it is too long", "the text is longer", "[{} ", "{} {} to", "the rest is"),
    ),  # sent to the model
    "chat_tui/storage/attachments/threads.py": ("markdown {}",),  # sent to the model
    "chat_tui/storage/diagrams/": ("labels do", "too ", "unsupported "),  # said again by `renderer`
    "chat_tui/storage/exports/": ("",),  # formats of files
    "chat_tui/storage/files/database.py": ("{}\nPRAGMA",),
    "chat_tui/storage/files/child.py": ("{} took longer",),  # said again by whoever waits
    "chat_tui/storage/files/toml_file.py": (" \\(at line", " (at end", " at its end"),
    "chat_tui/storage/imports/": ("[{}, not imported", "[image: "),  # in the messages
    "chat_tui/storage/imports/apps/bodies.py": ("OpenAI messages",),
    "chat_tui/storage/imports/apps/librechat.py": ("True", "False"),
    "chat_tui/storage/imports/foreign.py": ("no name",),  # in the messages
    "chat_tui/storage/imports/registry.py": ("",),  # names of programs
    "chat_tui/storage/imports/texts/transcript.py": ("",),  # words of transcripts
    "chat_tui/storage/imports/web/chatgpt": ("Memories:", "Replaces:", "Comments on:"),  # in the messages
    "chat_tui/storage/imports/web/claude": (
        *("Project", "Memory of Claude", "no type", "pasted text", "no name", "Replaces:", " (version"),
    ),  # in the messages
    "chat_tui/storage/imports/web/google.py": ("Prompted ", "Asked ", "Said "),  # words of exports
    "chat_tui/storage/prompt_formats/": (
        *("Character", "You are", "Personality", "Scenario", "How {}", "the user's message"),
    ),  # sent to the model
    "chat_tui/storage/search/": ("unicode61", "Co", "Mn", "Mc", "id, mtime_ns", "row >=", "role IN", "created <"),
    "chat_tui/storage/sharing/git.py": ("# chat-tui", "{} merge=", "{} -P -m", "threads of chat-tui"),
    "chat_tui/storage/state/measurements.py": ("id, model",),
    "chat_tui/storage/threads/": ("header {}",),
    "chat_tui/storage/usage/ledger.py": ("usage of threads", "threads WHERE", "tags WHERE"),
    "chat_tui/tools/built_in.py": ("",),  # sent to the model
    "chat_tui/tools/connection.py": ("tool server", "an answer of", "an input of", "the list of", "chat-tui does not"),
    "chat_tui/tools/http.py": ("User-Agent", "Accept"),
    "chat_tui/tools/results.py": ("",),  # sent to the model
    "chat_tui/tools/toolbox.py": ("pip install",),
    "chat_tui/tools/validation_child.py": ("Not checked", "$: more"),  # said again by `validation`
    "chat_tui/ui/chat/bars/status_bars.py": ("prompt names",),
    "chat_tui/ui/chat/prompt/server_texts.py": ("text {}",),  # sent to the model
    "chat_tui/ui/commands/command.py": ("find bar", "prompt history", "system prompt"),
    "chat_tui/ui/chat/actions/program.py": ("Mermaid",),  # as a fence names it
    "chat_tui/ui/commands/synonyms.py": ("",),  # beside the title in any language
    "chat_tui/ui/dialogs/base.py": ("VerticalScroll",),
    "chat_tui/ui/dialogs/themes.py": ("At each **newline**",),
    "chat_tui/ui/terminal/report.py": ("Chinese", "combining accent", "emoji with skin tone"),
    "chat_tui/ui/transcript/markdown/formulas.py": ("formulas tried", "displays tried"),
    "chat_tui/ui/transcript/math/": ("",),  # names of TeX
    "chat_tui/ui/view/pictures.py": ("tuple[",),
}
"""By the beginning of a module's path: how literals begin that look like texts there and are none."""


class Translated(NamedTuple):
    """A text that is given to `tr` or `trn`."""

    path: str
    one: str
    many: str = ""
    """The plural; empty for none."""

    @property
    def fields(self) -> set[str]:
        """What may be in braces in a translation."""
        return fields(self.one) | fields(self.many) | ({"n"} if self.many else set())


def fields(text: str) -> set[str]:
    """The names in braces; of `{when:%Y}` the first part."""
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in Formatter().parse(text) if name}


def translated(path: str, tree: ast.AST) -> list[Translated]:
    """The texts of a module.

    Raises:
        ValueError: one is no literal: it could not be found here.
    """
    return read(path, tree)[0]


def untranslated(path: str, tree: ast.AST) -> list[str]:
    """A line for each literal that looks like a text and is not given to `tr`: `path:line: 'text'`."""
    return read(path, tree)[1]


def read(path: str, tree: ast.AST) -> tuple[list[Translated], list[str]]:
    """Both, as it takes one walk through a module."""
    reader = _Reader(path)
    reader.visit(tree, True)
    return reader.texts, reader.found


class _Reader:
    """Walks through a module."""

    def __init__(self, path: str) -> None:
        self.texts: list[Translated] = []
        self.found: list[str] = []
        self._path = path
        self._known = tuple(each for begin, texts in NO_TEXTS.items() if path.startswith(begin) for each in texts)

    def visit(self, node: ast.AST, is_told: bool) -> None:
        """Reads what is below a node; `is_told` is whether its literals may be told to the user."""
        if isinstance(node, _LEAVES):
            return
        if isinstance(node, ast.Constant):
            if is_told and isinstance(node.value, str):
                self._judge(node.lineno, node.value)
            return
        if isinstance(node, ast.JoinedStr):
            if is_told:
                parts = [str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values]
                self._judge(node.lineno, "".join(parts))
            self._visit_all((each.value for each in node.values if isinstance(each, ast.FormattedValue)), is_told)
            return
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in ("tr", "trn"):
                self._note(node, 2 if name == "trn" else 1)
                self._visit_all((each.value for each in node.keywords), is_told)
                self._visit_all(node.args[2 if name == "trn" else 1 :], is_told)
                return
            is_told = is_told and name not in CALLS
        elif isinstance(node, ast.Compare | ast.Subscript):
            is_told = False
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value, is_told)
            return
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            defaults = (each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None)
            self._visit_all((*defaults, *node.decorator_list, *node.body), is_told)
            return
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            return
        self._visit_all(ast.iter_child_nodes(node), is_told)

    def _visit_all(self, nodes: Iterable[ast.AST], is_told: bool) -> None:
        for node in nodes:
            self.visit(node, is_told)

    def _judge(self, line: int, text: str) -> None:
        if WORDS.search(text) and not NO_WORDS.search(text) and not text.startswith(self._known):
            self.found.append(f"{self._path}:{line}: {text!r}")

    def _note(self, call: ast.Call, number: int) -> None:
        given = [each.value for each in call.args[:number] if isinstance(each, ast.Constant)]
        if len(given) < number or not all(isinstance(each, str) for each in given):
            raise ValueError(f"{self._path}:{call.lineno}: {ast.unparse(call)} is given no literal")
        self.texts.append(Translated(self._path, *map(str, given)))


_LEAVES = (ast.Name, ast.expr_context, ast.operator, ast.cmpop, ast.alias, ast.Import, ast.ImportFrom, ast.arg)
