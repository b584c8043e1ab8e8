"""Chooses a theme, with a sample in the colours of the highlighted one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status
from chat_tui.domain.search.fuzzy import FuzzyMatch, match, search
from chat_tui.i18n import tr
from chat_tui.ui.dialogs.base import fit, lit
from chat_tui.ui.dialogs.host import DialogHost
from chat_tui.ui.dialogs.picker import Picker
from chat_tui.ui.theme.palette import Palette
from chat_tui.ui.theme.themes import AUTO
from chat_tui.ui.transcript.markdown.document import Painter
from chat_tui.ui.transcript.turn import RenderContext, Turn

SAMPLE = """\
At each **newline**, in the *bytes*: `\\n` ends a line, [U+2028](https://www.unicode.org) does not.

```python
def lines(buffer: bytes) -> list[bytes]:
    # at most 42 of them
    return buffer.split(b"\\n")[:42]
```

| Separator | Ends a line |
| --------- | ----------- |
| `\\n`      | yes         |
| U+2028    | no          |

> Text and 中文 have the same width.

- [x] done
- [ ] to do
"""
_NAME = 17
"""Cells for a name."""
_KIND = 6
"""Cells for "dark" or "light"."""
_FOLLOWS = 20
"""Cells for what `auto` does."""
_MEASURE = 100
"""Most cells of the sample's text."""


class ThemePicker(Picker[str]):
    """Asks for a theme; answers with its name."""

    HEADING = tr("Choose a theme")
    SHARE = 1
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide")]
    KEYS = (("list_choose", tr("use")), ("dialog_back", tr("cancel")))

    def __init__(
        self,
        host: DialogHost,
        palettes: Mapping[str, Palette],
        current: str,
        preview: Callable[[str], None],
        painter: Callable[[], Painter],
    ) -> None:
        """Asks.

        Args:
            host: the program around the dialog.
            palettes: all themes by name; one that comes later is there when the filter is next used.
            current: the name of the one in use, or AUTO.
            preview: shows a theme without keeping it.
            painter: draws the sample in the colours in use.
        """
        super().__init__(host)
        self._painter = painter
        self._palettes = palettes
        self._current = current
        self._preview = preview

    def compose(self) -> ComposeResult:
        """The sample, and the list at the edge."""
        yield ThemeSample(self._painter)
        yield from super().compose()

    def rows(self, query: str, width: int) -> Sequence[Option]:
        """Name, light or dark, and its colours."""
        rows = [
            Option(self._row(palette, found, width), id=name)
            for (name, palette), found in search(
                query,
                sorted(self._palettes.items(), key=lambda item: (not item[1].dark, item[0])),
                lambda item: (item[0], "dark" if item[1].dark else "light"),
            )
        ]
        if (auto := match(query, AUTO, "dark", "light", "system")) is not None:
            words = tr("follows the terminal") if width - _NAME >= _FOLLOWS else tr("system")
            rows.insert(0, Option(Content.assemble(lit(fit(AUTO, _NAME), auto), (words, "$muted")), id=AUTO))
        return rows

    def _row(self, palette: Palette, match: FuzzyMatch, width: int) -> Content:
        colours = (palette.accent, palette.user, palette.assistant, palette.string, palette.number, palette.error)
        shown = 0 if self._painter().palette.ansi else max(0, (width - _NAME - _KIND) // 3)
        return Content.assemble(
            lit(fit(palette.name, _NAME), match),
            (fit(tr("dark") if palette.dark else tr("light"), _KIND), "$muted"),
            *(("██ ", colour) for colour in colours[:shown]),
        )

    def first(self) -> str | None:
        """The theme in use."""
        return self._current

    @on(OptionList.OptionHighlighted)
    def _show(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if event.option_id:
            was_ansi = self._painter().palette.ansi
            self._preview(event.option_id)
            self.query_one(ThemeSample).refresh()
            if self._painter().palette.ansi != was_ansi:  # with sixteen colours there are no others to show
                self.refill(event.option_id)

    def choose(self, row_id: str | None, query: str) -> None:
        """Answers with the theme."""
        if row_id is not None:
            self.dismiss(row_id)

    def action_back(self) -> None:
        """Restores the theme that was in use."""
        self._preview(self._current)
        super().action_back()


class ThemeSample(Widget):
    """A short conversation: a prompt, an answer with code and a table, and one that failed."""

    def __init__(self, painter: Callable[[], Painter]) -> None:
        """Creates the sample.

        Args:
            painter: draws it in the colours in use.
        """
        super().__init__()
        self._painter = painter
        self._drawn: tuple[Painter, int] | None = None
        self._rows: list[Strip] = []

    def render_line(self, y: int) -> Strip:
        """Draws one row; all are drawn again when the theme or the width has changed."""
        painter, width = self._painter(), self.size.width
        if self._drawn != (painter, width):
            self._drawn = painter, width
            context = RenderContext(
                painter,
                max(16, min(_MEASURE, width - 4)),
                str.title,
                model_colour=lambda model: int(model.startswith("other")),
            )
            self._rows = [row for turn in _turns() for row in _all_rows(turn, context)]
        ground = Style(color=painter.palette.text, bgcolor=painter.palette.background)
        at = y - 1  # a row of air above
        row = self._rows[at] if 0 <= at < len(self._rows) else Strip.blank(0)
        return Strip.join([Strip.blank(2), row]).apply_style(ground).adjust_cell_length(width, ground)


def _turns() -> list[Turn]:
    problem = MessageError(
        "auth", tr("Invalid API key"), advice=tr("Check it for missing characters."), http_status=401
    )
    return [
        Turn(Message("1", None, Role.USER, tr("Where do I split a stream into lines?"))),
        Turn(Message("2", "1", Role.ASSISTANT, SAMPLE, model="first/large", status=Status.COMPLETE)),
        Turn(Message("3", "1", Role.ASSISTANT, model="other/small", status=Status.FAILED, error=problem)),
    ]


def _all_rows(turn: Turn, context: RenderContext) -> list[Strip]:
    rows = turn.draw(context)
    return [rows.row(index) for index in range(len(rows))]
