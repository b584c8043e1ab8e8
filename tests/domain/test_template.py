"""Variables in the prompts of the library."""

from __future__ import annotations

from chat_tui.domain.text.template import fill, variables


def test_variables_come_in_order_each_once_with_the_first_default() -> None:
    text = "{{language}} for {{ who = a child }}; {{language = French}}, {{语气}}. {{not one}} {single} {{}}"
    assert variables(text) == {"language": "French", "who": "a child", "语气": ""}


def test_values_are_put_in_once_and_not_looked_through_again() -> None:
    assert fill("{{a}} {{b=1}} {{a=2}} {{c}}", {"a": "{{b}}", "b": r"\1"}) == r"{{b}} \1 {{b}} {{c}}"
