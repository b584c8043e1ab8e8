r"""Draws formulas of TeX as text.

The subset that models write is read here, strictly: what is not known, as `\ce` or a macro of one's own, makes the
formula stay as it was written. Libraries were tried and draw a wrong formula instead: pylatexenc's text turns
`\frac{a+b}{c}` into `a+b/c`, TeXicode puts `?` for `\boxed` and sets no space around signs.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len

from chat_tui.ui.transcript.math import symbols
from chat_tui.ui.transcript.math.atoms import Atom, UnknownFormula, accented, as_factor, in_script, spaced, under_root
from chat_tui.ui.transcript.math.boxes import EMPTY, Box, beside, fenced, fraction, grid, rooted, scripted, stacked
from chat_tui.ui.transcript.math.boxes import text_box as text

LONGEST = 2_000
"""Characters of a formula that is drawn."""
DEEPEST = 24
"""Groups within each other."""
MOST_ROWS = 60
_ALIGNS = {"l": "left", "c": "center", "r": "right"}
_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[^\\\s]|\s+", re.DOTALL)
_WORDS = re.compile(r"[A-Za-z]{2,}")
_HIDDEN = re.compile(r"\\[A-Za-z]+|\{[^{}]*\}")


@lru_cache(500)
def in_line(tex: str) -> str | None:
    """A formula as one row; None where it can't be drawn so."""
    box = _drawn(tex, is_flat=True)
    return box.rows[0].strip() if box and box.height == 1 else None


@lru_cache(100)
def displayed(tex: str, width: int) -> tuple[str, ...] | None:
    """A formula in two dimensions, or in one row where that is too wide; None where it can't be drawn so."""
    box = _drawn(tex, is_flat=False)
    if box and box.width <= width and box.height <= MOST_ROWS:
        return tuple(row.rstrip() for row in box.rows)
    row = in_line(tex)
    return (row,) if row is not None and cell_len(row) <= width else None


def is_price(tex: str) -> bool:
    """Whether the text between two dollar signs is an amount and words: `5 or 6`."""
    return tex[:1].isdigit() and bool(_WORDS.search(_HIDDEN.sub("", tex)))


def _drawn(tex: str, *, is_flat: bool) -> Box | None:
    if len(tex) > LONGEST:
        return None
    try:
        reader = _FormulaReader(_TOKEN.findall(tex))
        box = reader.line((), is_flat=is_flat)
    except UnknownFormula:
        return None
    return box if box.width and reader.is_at_end else None


class _FormulaReader:
    """Reads tokens and makes boxes of them."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def is_at_end(self) -> bool:
        """Whether all was read."""
        return self._at >= len(self._tokens)

    def line(self, ends: tuple[str, ...], *, is_flat: bool, is_script: bool = False, is_after: bool = False) -> Box:
        """Reads up to one of some tokens, which is left, or to the end.

        Args:
            ends: the tokens.
            is_flat: whether it is to be one row.
            is_script: whether no spaces are set.
            is_after: whether there is something before it in another cell.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnknownFormula
        atoms = [Atom("ord", EMPTY)] if is_after else []
        while not self.is_at_end:
            token = self._tokens[self._at]
            if token in ends:
                break
            if token in ("}", "&", "\\\\", "\\end", "\\right"):
                raise UnknownFormula
            self._at += 1
            if token.isspace():
                continue
            if token == "\\over":
                atoms = [
                    self._over(spaced(atoms, is_script=is_script), self.line(ends, is_flat=is_flat), is_flat=is_flat)
                ]
                break
            atom = self._atom(token, is_flat=is_flat, is_script=is_script)
            if atom is not None:
                atoms.append(self._with_scripts(atom, is_flat=is_flat, is_script=is_script))
        if ends and self.is_at_end:
            raise UnknownFormula
        self._depth -= 1
        return spaced(atoms, is_script=is_script)

    # Tokens

    def _peek(self) -> str:
        while not self.is_at_end and self._tokens[self._at].isspace():
            self._at += 1
        return "" if self.is_at_end else self._tokens[self._at]

    def _next(self) -> str:
        token = self._peek()
        if not token:
            raise UnknownFormula
        self._at += 1
        return token

    def _argument(self, *, is_flat: bool, is_script: bool = False) -> Box:
        token = self._next()
        if token == "{":
            box = self.line(("}",), is_flat=is_flat, is_script=is_script)
            self._at += 1
            return box
        if token in ("}", "&", "^", "_", "\\\\"):
            raise UnknownFormula
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnknownFormula
        atom = self._atom(token, is_flat=is_flat, is_script=is_script)
        self._depth -= 1
        return atom.box if atom else EMPTY

    def _words(self) -> str:
        """The text of a group, to the letter."""
        if self._next() != "{":
            raise UnknownFormula
        words = ""
        while not self.is_at_end:
            token = self._tokens[self._at]
            self._at += 1
            if token == "}":
                return words
            if token[0] == "\\" and token[1:] not in symbols.SPACES and token[1:] not in ("%", "$", "#", "&", "_"):
                raise UnknownFormula
            if token in ("{", "$"):
                raise UnknownFormula
            words += token if token[0] != "\\" else symbols.SPACES.get(token[1:], token[1:])
        raise UnknownFormula

    # Atoms

    def _atom(self, token: str, *, is_flat: bool, is_script: bool) -> Atom | None:
        if token[0] == "\\" and len(token) > 1:
            return self._command(token[1:], is_flat=is_flat, is_script=is_script)
        if token == "{":
            box = self.line(("}",), is_flat=is_flat, is_script=is_script)
            self._at += 1
            return Atom("ord", box)
        if token in "+-*":
            return Atom("bin", text({"-": "−", "*": "∗"}.get(token, token)))
        if token in "=<>:":
            return Atom("rel", text(token))
        if token in ",;":
            return Atom("punct", text(token))
        if token in "([":
            return Atom("open", text(token))
        if token in ")]":
            return Atom("close", text(token))
        if token == "~":
            return Atom("space", text(" "))
        if token == "'":
            return Atom("ord", text("′"))
        if token in "^_$%#}&\\":
            if token in "^_":  # a script of nothing
                self._at -= 1
                return Atom("ord", EMPTY)
            raise UnknownFormula
        return Atom("ord", text(token))

    def _command(self, name: str, *, is_flat: bool, is_script: bool) -> Atom | None:
        if (spaces := symbols.SPACES.get(name)) is not None:
            return Atom("space", text(spaces))
        if name in symbols.IGNORED:
            return None
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return self._fraction(is_flat=is_flat)
        if name in ("binom", "dbinom"):
            top, bottom = self._argument(is_flat=True), self._argument(is_flat=True)
            if is_flat:
                return Atom("ord", text(f"C({top.rows[0]}, {bottom.rows[0]})"))
            return Atom("ord", fenced("(", stacked([top, EMPTY, bottom], 1), ")"))
        if name == "sqrt":
            return self._root(is_flat=is_flat)
        if name == "left":
            return self._fenced(is_flat=is_flat)
        if name == "begin":
            return self._environment(is_flat=is_flat)
        if name in symbols.ACCENTS:
            return Atom("ord", accented(self._argument(is_flat=is_flat, is_script=is_script), symbols.ACCENTS[name]))
        if name.rstrip("*") in symbols.TEXTS:
            words = self._words()
            return Atom("op" if name.startswith("operatorname") else "ord", text(words), name.endswith("*"))
        if (font := symbols.FONTS.get(name)) is not None:
            box = self._argument(is_flat=is_flat, is_script=is_script)
            return Atom("ord", box._replace(rows=tuple(row.translate(font) for row in box.rows)))
        return self._symbol(name) or self._built(name, is_flat=is_flat)

    def _symbol(self, name: str) -> Atom | None:
        for kind, table in (("ord", symbols.SYMBOLS), ("rel", symbols.RELATIONS), ("bin", symbols.BINARIES)):
            if name in table:
                return Atom(kind, text(table[name]))
        if name in symbols.LIMITS:
            return Atom("op", text(symbols.LIMITS[name]), True)
        if name in symbols.INTEGRALS:
            return Atom("op", text(symbols.INTEGRALS[name]), False, True)
        if name in symbols.FUNCTIONS:
            return Atom("op", text(name))
        if name in symbols.DELIMITERS:
            mark = symbols.DELIMITERS[name]
            kinds = {**dict.fromkeys(symbols.OPENING, "open"), **dict.fromkeys(symbols.CLOSING, "close")}
            return Atom(kinds.get(mark, "ord"), text(mark))
        return None

    def _built(self, name: str, *, is_flat: bool) -> Atom | None:
        if name == "boxed":
            inner = self._argument(is_flat=is_flat)
            if is_flat:
                return Atom("ord", inner)
            side = Box(tuple("│" for _ in inner.rows), 1, inner.base)
            rows = beside([side, inner.padded(inner.width + 2), side])
            edge = "─" * (inner.width + 2)
            return Atom("ord", stacked([text(f"┌{edge}┐"), rows, text(f"└{edge}┘")], inner.base + 1))
        if name in ("overset", "stackrel", "underset"):
            script, body = self._argument(is_flat=True, is_script=True), self._argument(is_flat=is_flat)
            if is_flat:
                raise UnknownFormula
            parts = [body, script] if name == "underset" else [script, body]
            return Atom("rel", stacked(parts, body.base + (name != "underset")))
        if name in ("underbrace", "overbrace"):
            body = self._argument(is_flat=is_flat)
            if is_flat or body.width < 3:
                return Atom("ord", body, True)
            left = (body.width - 3) // 2
            right = body.width - 3 - left
            if name == "underbrace":
                brace = text("╰" + "─" * left + "┬" + "─" * right + "╯")
                return Atom("ord", stacked([body, brace], body.base), True)
            brace = text("╭" + "─" * left + "┴" + "─" * right + "╮")
            return Atom("ord", stacked([brace, body], body.base + 1), True)
        if name == "xrightarrow":
            label = self._argument(is_flat=True, is_script=True)
            return Atom("rel", text(f"─{label.rows[0]}→"))
        if name == "substack":
            return self._substack()
        if name == "pmod":
            return Atom("ord", beside([text(" (mod "), self._argument(is_flat=is_flat), text(")")]))
        if name == "not":
            return Atom("rel", accented(self._argument(is_flat=is_flat), "\u0338"))
        if name == "tag":
            return Atom("ord", text(f"   ({self._words()})"))
        if name in ("color", "label"):
            self._words()
            return None
        if name == "textcolor":
            self._words()
            return Atom("ord", self._argument(is_flat=is_flat))
        if name == "middle":
            return Atom("rel", text(self._delimiter()))
        raise UnknownFormula

    def _fraction(self, *, is_flat: bool) -> Atom:
        return self._over(self._argument(is_flat=is_flat), self._argument(is_flat=is_flat), is_flat=is_flat)

    def _over(self, top: Box, bottom: Box, *, is_flat: bool) -> Atom:
        if not is_flat:
            return Atom("frac", fraction(top, bottom))
        return Atom("frac", text(f"{as_factor(top.rows[0])}/{as_factor(bottom.rows[0], is_strict=True)}"))

    def _root(self, *, is_flat: bool) -> Atom:
        index = ""
        if self._peek() == "[":
            self._at += 1
            box = self.line(("]",), is_flat=True, is_script=True)
            self._at += 1
            index = in_script(box.rows[0], symbols.SUPER) or ""
            if not index:
                raise UnknownFormula
        inner = self._argument(is_flat=is_flat)
        if inner.height == 1 and (is_flat or inner.width == 1):
            return Atom("ord", text(f"{index}√{under_root(inner.rows[0])}"))
        return Atom("ord", rooted(inner, index))

    def _delimiter(self) -> str:
        token = self._next()
        if token == ".":
            return ""
        if token[0] == "\\":
            if token[1:] not in symbols.DELIMITERS:
                raise UnknownFormula
            return symbols.DELIMITERS[token[1:]]
        if token not in "()[]|/<>":
            raise UnknownFormula
        return {"<": "⟨", ">": "⟩"}.get(token, token)

    def _fenced(self, *, is_flat: bool) -> Atom:
        left = self._delimiter()
        inner = self.line(("\\right",), is_flat=is_flat)
        self._at += 1
        return Atom("close" if not left else "ord", fenced(left, inner, self._delimiter()))

    def _environment(self, *, is_flat: bool) -> Atom:
        name = self._words()
        spec = self._words().replace(" ", "") if name == "array" else ""
        aligns = tuple(_ALIGNS[each] for each in spec if each in _ALIGNS) or ("center",)
        bars = {len(spec[:at].replace("|", "")) for at, each in enumerate(spec) if each == "|"}
        rules: set[int] = set()
        is_aligned = name in symbols.ALIGNED
        if is_flat or not (is_aligned or name in symbols.MATRICES or name in ("array", "cases", "dcases")):
            raise UnknownFormula
        rows: list[list[Box]] = [[]]
        while True:
            while name == "array" and not rows[-1] and self._peek() == "\\hline":
                self._at += 1
                rules.add(len(rows) - 1)
            is_after = is_aligned and bool(rows[-1])
            rows[-1].append(self.line(("&", "\\\\", "\\end"), is_flat=False, is_after=is_after))
            token = self._next()
            if token == "\\end":
                break
            if token == "\\\\":
                rows.append([])
        if self._words() != name:
            raise UnknownFormula
        if len(rows) > 1 and not any(box.width for box in rows[-1]):
            rows.pop()
        if is_aligned:
            sides = ("right", "left") if max(map(len, rows)) > 1 else ("left",)
            return Atom("ord", grid(rows, sides, 0))
        if name in ("cases", "dcases"):
            return Atom("ord", fenced("{", grid(rows, ("left",), 2), ""))
        marks = symbols.MATRICES.get(name, "")
        return Atom("ord", fenced(marks[:1], grid(rows, aligns, 2, bars, rules), marks[1:]))

    def _substack(self) -> Atom:
        """Lines below a sum, as one."""
        if self._next() != "{":
            raise UnknownFormula
        lines = [self.line(("\\\\", "}"), is_flat=True, is_script=True)]
        while self._next() != "}":
            lines.append(self.line(("\\\\", "}"), is_flat=True, is_script=True))
        return Atom("ord", text(", ".join(line.rows[0].strip() for line in lines)))

    # Scripts

    def _with_scripts(self, atom: Atom, *, is_flat: bool, is_script: bool) -> Atom:
        above = below = None
        primes = ""
        while (mark := self._peek()) in ("^", "_", "'"):
            self._at += 1
            if mark == "'":
                primes += "′"
            elif mark == "^" and above is None:
                above = self._argument(is_flat=True, is_script=True)
            elif mark == "_" and below is None:
                below = self._argument(is_flat=True, is_script=True)
            else:
                raise UnknownFormula
        if primes:
            above = beside([text(primes), above]) if above else text(primes)
        if above is None and below is None:
            return atom
        body = atom.box
        if atom.has_limits and not is_flat and not is_script:
            parts = [box for box in (above, body, below) if box is not None]
            return atom._replace(box=stacked(parts, body.base + (above is not None)))
        upper = in_script(above.rows[0], symbols.SUPER) if above else ""
        lower = in_script(below.rows[0], symbols.SUB) if below else ""
        if is_flat or is_script:
            upper = f"^{as_factor(above.rows[0], is_strict=True)}" if upper is None and above else upper
            lower = f"_{as_factor(below.rows[0])}" if lower is None and below else lower
        if upper is not None and lower is not None and body.height == 1:
            return atom._replace(box=beside([body, text(lower + upper)]))
        raised = (text(upper) if upper is not None and body.height > 1 else above) if above else None
        lowered = (text(lower) if lower is not None and body.height > 1 else below) if below else None
        return atom._replace(box=scripted(body, raised, lowered))
