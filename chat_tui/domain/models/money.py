"""Amounts of money in the currencies in which providers bill; one is never added to another."""

from __future__ import annotations

from collections.abc import Iterable

USD = "USD"
_SIGNS = {USD: "$", "CNY": "¥", "EUR": "€", "GBP": "£", "INR": "₹", "KRW": "₩", "JPY": "JP¥"}
_ALIASES = {"RMB": "CNY"}


def currency_code(text: str) -> str:
    """The ISO 4217 code of a currency in any case, `CNY` for `rmb`; empty where the text is none."""
    code = text.strip().upper()
    return _ALIASES.get(code, code) if len(code) == 3 and code.isascii() and code.isalpha() else ""


def currency_from_table(value: object) -> str:
    """Reads a provider's `currency`.

    Raises:
        ValueError: with what was expected.
    """
    if not isinstance(value, str) or not (code := currency_code(value)):
        raise ValueError('a currency code of three letters, such as "USD" or "CNY"')
    return code


def sign(currency: str) -> str:
    """What stands before an amount: `$`, `¥`; the code and a space where a currency has no sign of its own."""
    currency = currency or USD
    return _SIGNS.get(currency, f"{currency} ")


def money(amount: float, currency: str = USD) -> str:
    """An amount with as many places as say something: `$0.0011`, `¥1.24`."""
    if amount == 0:
        return f"{sign(currency)}0"
    if amount >= 1:
        return f"{sign(currency)}{amount:.2f}"
    text = f"{amount:.4f}" if amount >= 0.001 else f"{amount:.6f}"
    return sign(currency) + text.rstrip("0").ljust(len("0.0000"), "0")


def per_million(amount: float | None) -> str:
    """A price without its currency: `2.00`, `0.025`; a dash where it is not known."""
    return "–" if amount is None else f"{amount:.2f}" if amount >= 0.1 or amount == 0 else f"{amount:.3f}"


def totals(amounts: Iterable[tuple[float, str]]) -> dict[str, float]:
    """The sum for each currency, in the order in which they first appear."""
    sums: dict[str, float] = {}
    for amount, currency in amounts:
        sums[currency] = sums.get(currency, 0.0) + amount
    return sums


def total_text(sums: dict[str, float]) -> str:
    """Sums side by side: `$0.0011 + ¥1.24`; empty where there is none."""
    return " + ".join(money(amount, currency) for currency, amount in sums.items())
