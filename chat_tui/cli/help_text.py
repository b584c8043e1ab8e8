"""The words of argparse in the language of the user, and help texts wrapped by what the terminal draws."""

from __future__ import annotations

import argparse

from chat_tui.i18n import tr


def translate_argparse() -> None:
    """Lets argparse speak the language of the user: it looks its words up in a catalog that it does not have."""
    words = {
        "usage: ": tr("usage: "),
        "positional arguments": tr("positional arguments"),
        "options": tr("options"),
        "show this help message and exit": tr("show this help message and exit"),
        "%(prog)s: error: %(message)s\n": tr("%(prog)s: error: %(message)s\n"),
        "argument %(argument_name)s: %(message)s": tr("argument %(argument_name)s: %(message)s"),
        "the following arguments are required: %s": tr("the following arguments are required: %s"),
        "one of the arguments %s is required": tr("one of the arguments %s is required"),
        "unrecognized arguments: %s": tr("unrecognized arguments: %s"),
        "not allowed with argument %s": tr("not allowed with argument %s"),
        "expected one argument": tr("expected one argument"),
        "expected at least one argument": tr("expected at least one argument"),
        "expected at most one argument": tr("expected at most one argument"),
        "ignored explicit argument %r": tr("ignored explicit argument %r"),
        "ambiguous option: %(option)s could match %(matches)s": tr(
            "ambiguous option: %(option)s could match %(matches)s"
        ),
        "invalid %(type)s value: %(value)r": tr("invalid value: %(value)r"),
        "invalid choice: %(value)r (choose from %(choices)s)": tr(
            "invalid choice: %(value)r (choose from %(choices)s)"
        ),
    }
    vars(argparse)["_"] = lambda message: words.get(message, message)


class HelpFormatter(argparse.HelpFormatter):
    """Wraps by cells, as letters may be two wide, and between any two of those."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if text.isascii() else wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.isascii():
            return super()._fill_text(text, width, indent)
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))


def wrapped(text: str, width: int) -> list[str]:
    """Breaks a text into lines: at spaces, and beside wide letters, but not before a sign that ends something."""
    from wcwidth import wcswidth

    pieces: list[str] = []
    for letter in text:
        is_wide = wcswidth(letter) == 2
        joins = pieces and (
            letter in _CLOSING or not (is_wide or pieces[-1][-1] == " " or wcswidth(pieces[-1][-1]) == 2)
        )
        if joins:
            pieces[-1] += letter
        else:
            pieces.append(letter)
    lines = [""]
    for piece in pieces:
        if lines[-1] and wcswidth(lines[-1] + piece.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
    return lines


_CLOSING = "，。、；：！？）》”’ ,.;:!?)"
"""Signs that no line begins with."""
