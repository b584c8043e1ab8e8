"""Standard output and standard error."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.cli.output import Output, Raw
from chat_tui.domain.ports.backend import Progress
from chat_tui.domain.text.clean import join_surrogates
from tests.cli.conftest import Terminal


def test_progress_is_a_bar_on_a_terminal_and_gone_before_the_answer() -> None:
    out, err = io.StringIO(), Terminal()
    output = Output(out, err)
    output.progress(Progress("Fetching \x1b[31mit", 50, 100))
    assert err.getvalue() == "\r\x1b[KFetching \u241b[31mit [############            ]  50%"
    output.write("answer")
    assert err.getvalue().endswith("50%\r\x1b[K")
    assert out.getvalue() == "answer"


def test_progress_elsewhere_is_a_line_where_its_words_change() -> None:
    err = io.StringIO()
    output = Output(io.StringIO(), err)
    for done in range(3):
        output.progress(Progress("Fetching", done, 3))
    output.progress(Progress("Starting"))
    assert err.getvalue() == "Fetching\nStarting\n"


def test_a_standard_error_that_is_gone_costs_nothing() -> None:
    err = io.StringIO()
    err.close()
    output = Output(io.StringIO(), err)
    output.note("x")
    output.progress(Progress("x"))
    output.write("answer")


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=3)))
def test_raw_pieces_give_the_whole_however_they_were_cut(pieces: list[str]) -> None:
    raw = Raw()
    assert "".join([*map(raw.feed, pieces), raw.flush()]) == join_surrogates("".join(pieces))


@pytest.mark.parametrize("terminal", [True, False])
def test_json_holds_what_it_was_given(terminal: bool) -> None:
    import json

    out = Terminal() if terminal else io.StringIO()
    Output(out, io.StringIO()).json({"a": ["é", "\ud83d", 1]})
    assert json.loads(out.getvalue()) == {"a": ["é", "\ufffd", 1]}
