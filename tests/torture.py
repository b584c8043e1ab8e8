"""How much the tests that try at random try: a little in every run, all of it with pytest's option `--torture`."""

from __future__ import annotations

is_long = False
"""Whether the long form runs; set before tests are collected."""


def amount(short: int, long: int) -> int:
    """One of two numbers of attempts: the first is few but enough to fail, the second is for the long form."""
    return long if is_long else short
