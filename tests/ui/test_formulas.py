"""Formulas: what is drawn of them, what stays as it was written, and that they are copied as written."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter

import pytest
from rich.cells import cell_len

from chat_tui.ui.transcript.leaf import Kind
from chat_tui.ui.transcript.math.formula import displayed, in_line
from chat_tui.ui.transcript.turn import Turn
from tests.ui.test_conversation import answer, scene
from tests.ui.test_markdown import PAINTER, plain


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"E = mc^2", "E = mc²"),
        (r"\sum_{i=1}^n x_i^2", "∑ᵢ₌₁ⁿ xᵢ²"),
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"\frac{1}{2a}", "1/(2a)"),
        (r"e^{i\pi} + 1 = 0", "e^(iπ) + 1 = 0"),
        (r"\sqrt{2} \le -x", "√2 ≤ −x"),
        (r"P(A \mid B) \in [0, 1]", "P(A ∣ B) ∈ [0, 1]"),
        (r"\hat{y} \in \mathbb{R}^{n \times d}", "ŷ ∈ ℝ^(n×d)"),
        (r"a \bmod b, \sin x \cos x", "a mod b, sin x cos x"),
        (r"\text{面积} = \pi r^2", "面积 = πr²"),
        (r"f'(x), \; \lim_{x \to 0}", "f′(x),  lim_(x→0)"),
        (r"\left| x \right|", "|x|"),
        *(
            (tex, None)
            for tex in (r"\ce{H2O}", r"\mine", "{a", "a}", r"\frac{1}", "x^2^3", r"a \\ b", "a & b", "", "$")
        ),
        *((tex, None) for tex in (r"\left( a", r"\begin{pmatrix} a \end{bmatrix}", r"\text{a{b}}", "\\")),
    ],
)
def test_a_formula_in_a_line(tex: str, drawn: str | None) -> None:
    assert in_line(tex) == drawn


@pytest.mark.parametrize(
    ("tex", "drawn"),
    [
        (r"x = \frac{-b \pm \sqrt{b^2}}{2a}", ["           __", "     −b ± √b²", "x = ──────────", "        2a"]),
        (r"\sum_{i=1}^n i", [" n", " ∑  i", "i=1"]),
        (r"A = \begin{pmatrix} a & b \\ c & d \end{pmatrix}", ["A = ⎛a  b⎞", "    ⎝c  d⎠"]),
        (r"|x| = \begin{cases} x & x \ge 0 \\ -x \end{cases}", ["|x| = ⎧x   x ≥ 0", "      ⎩−x"]),
        (r"\begin{aligned} 2x + 3 &= 7 \\ x &= 2 \end{aligned}", ["2x + 3 = 7", "     x = 2"]),
        (r"\boxed{x}", ["┌───┐", "│ x │", "└───┘"]),
        (r"\left(1 + \frac{1}{n}\right)^n", ["⎛    1⎞ⁿ", "⎜1 + ─⎟", "⎝    n⎠"]),
        (r"e^{-x^2 y}", [" −x²y", "e"]),
        (r"\frac{面}{a}", ["面", "──", "a"]),
    ],
)
def test_a_formula_in_two_dimensions(tex: str, drawn: list[str]) -> None:
    assert list(displayed(tex, 60) or ()) == drawn


ANSWERED = r"""
    x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}
    f(x) = \int_{a}^{b} g(x) \,dx
    A = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}
    \sum_{i=1}^n i = \frac{n(n+1)}{2}
    a^2 + b^2 = c^2
    \begin{bmatrix} 1 & 0 & 0 \\ 0 & \cos(\theta) & -\sin(\theta) \\ 0 & \sin(\theta) & \cos(\theta) \end{bmatrix}
    \int_0^\infty e^{-x^2} dx = \frac{\sqrt{\pi}}{2}
    \sum_{n=1}^{\infty} \frac{1}{n^2} = \frac{\pi^2}{6}
    e^{i\pi} + 1 = 0
    (x + y)^n = \sum_{k=0}^{n} \binom{n}{k} x^{n-k} y^k
    i\hbar\frac{\partial}{\partial t}\Psi(\mathbf{r},t) = \hat{H}\Psi(\mathbf{r},t)
    V_H = \frac{I B d}{n q v_d}
    P_{normalized}(S) = \frac{P(S)}{L}
    \frac{\partial g}{\partial y} = \frac{\partial g}{\partial u} \cdot \frac{\partial u}{\partial y}
    \log_2\left({x \over yz}\right) = {1 \over 2}
    \left|\log_2(x^4y^3z^2)\right|
    \tfrac{m}{n}
    \text{CE(label, output)} = - \sum_i \text{label}_i \log(\text{output}_i)
    \mathsf{Attention}(Q, K, V) \triangleq \operatorname{softmax}\left(\frac{QK^\mathsf{T}}{\sqrt{d_k}}\right)V
    \displaystyle\text{Attention}(Q,K,V)=\text{softmax}(\frac{QK^{T}}{\sqrt{d_{k}}})V
    \textbf{A} = \text{softmax}\left(\frac{\textbf{Q}\textbf{K}^\text{T}}{\sqrt{d_k}} \right) \textbf{V}
    \mathrm{Attention}(Q,K,V) = \mathrm{softmax}(\frac{QK^T}{\sqrt{d_k}})V \tag{1}
    \text{Attention}(Q, K, V) = \text{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V
    \begin{aligned} &\textbf{Closure: } \forall a,b \in G, \quad ab \in G \\ &\textbf{Identity: } ae = a \end{aligned}
    |G| = \text{number of elements in } G
    \text{ord}(a) = \min\{n \in \mathbb{Z}^+ : a^n = e \}
    |H| \text{ divides } |G|
    N \trianglelefteq G \iff \forall g \in G, \quad gNg^{-1} = N
    \begin{aligned} E ( \hat { a } ) & = 2 E ( \bar { x } ) \\ & = 2 \left( \frac {a} { 2 } \right) \end{aligned}
    \lim_{x\rightarrow 0}{x^2}
    \boxed{\frac{3}{4}}
    \prod_{i=1}^{n} i
    \frac{dy}{dx}
    \begin{pmatrix} a & b \\ c & d \end{pmatrix}
    \nabla \cdot \mathbf{E} = \frac{\rho}{\varepsilon_0}
    \nabla \times \mathbf{B} = \mu_0 \mathbf{J} + \mu_0 \varepsilon_0 \frac{\partial \mathbf{E}}{\partial t}
    \theta_{t+1} = \theta_t - \eta \nabla_\theta J(\theta)
    \mathcal{L} = -\frac{1}{N} \sum_{i=1}^{N} \left[ y_i \log(\hat{y}_i) + (1 - y_i) \log(1 - \hat{y}_i) \right]
    P(A|B) = \frac{P(B|A) \, P(A)}{P(B)}
    \sigma(z) = \frac{1}{1 + e^{-z}}
    \text{softmax}(z_i) = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}
    \mathbb{E}[X] = \int_{-\infty}^{\infty} x f(x)\,dx
    \operatorname{Var}(X) = \mathbb{E}[X^2] - (\mathbb{E}[X])^2
    f(x) = \frac{1}{\sigma\sqrt{2\pi}} \exp\!\left(-\frac{(x-\mu)^2}{2\sigma^2}\right)
    D_{\mathrm{KL}}(P \parallel Q) = \sum_{x \in \mathcal{X}} P(x) \log \frac{P(x)}{Q(x)}
    f(x) = \begin{cases} x^2 & \text{if } x \geq 0, \\ -x & \text{otherwise.} \end{cases}
    \det(A - \lambda I) = 0
    T(n) = 2T\left(\frac{n}{2}\right) + \mathcal{O}(n \log n)
    A = P\left(1 + \frac{r}{n}\right)^{nt}
    \vec{F} = m\vec{a}
    \oint_{\partial S} \mathbf{B} \cdot d\boldsymbol{\ell} = \mu_0 I_{\text{enc}}
    \zeta(s) = \sum_{n=1}^{\infty} \frac{1}{n^s} = \prod_{p \text{ prime}} \frac{1}{1 - p^{-s}}
    \sin^2\theta + \cos^2\theta = 1
    \underbrace{a + a + \cdots + a}_{n \text{ times}} = na
    \left. \frac{x^3}{3} \right|_0^1 = \frac{1}{3}
    \text{Na}^+ + \text{Cl}^- \rightarrow \text{NaCl}
    x \equiv a \pmod{n}
    \frac{d}{dx}\left[ x^n \right] = n x^{n-1}
    \sqrt[3]{27} = 3
    \begin{array}{c|cc} & 0 & 1 \\ \hline 0 & a & b \end{array}
    \binom{5}{2} = \frac{5!}{2!(5-2)!} = 10
    \hat{\beta} = (X^\top X)^{-1} X^\top y
    \langle \psi | \hat{A} | \psi \rangle
    \Delta G^\circ = -RT \ln K
    \lfloor x \rfloor \leq x < \lceil x \rceil
    a \implies b \land \neg c \lor d
    \overline{AB} \perp \overline{CD}, \quad \angle ABC = 90^\circ
    W = \begin{pmatrix} w_{11} & \cdots & w_{1n} \\ \vdots & \ddots & \vdots \\ w_{m1} & \cdots & w_{mn} \end{pmatrix}
    \frac{\mathrm{d}y}{\mathrm{d}t} = -k y \quad\Rightarrow\quad y(t) = y_0 e^{-kt}
    \arg\min_{w} \|Xw - y\|_2^2 + \lambda \|w\|_1
    \cancel{x} + 5
    x_{1,2} = -\frac{p}{2} \pm \sqrt{\left(\frac{p}{2}\right)^2 - q}
    \begin{align*} 2x + y &= 5 \\ x - y &= 1 \end{align*}
    \xrightarrow{\text{heat}}
    \frac{1}{1+\frac{1}{1+\frac{1}{x}}}
    \color{red}{x} + y
    \because a = b \therefore c = d
    60 \text{ km/h} \times 2 \text{ h} = 120 \text{ km}
    \left[\begin{array}{cc|c} 1 & 2 & 5 \\ 0 & 1 & 3 \end{array}\right]
    \begin{array}{|c|c|} \hline p & \neg p \\ \hline T & F \\ F & T \\ \hline \end{array}
    \sum_{\substack{i < j \\ i \in S}} a_i
    \frac{1}{\sqrt{2}} \left( |0\rangle + |1\rangle \right)
"""
"""Formulas as models write them in their answers."""


def test_formulas_of_answers_are_drawn_and_no_letter_is_lost() -> None:
    for tex in filter(None, map(str.strip, ANSWERED.split("\n"))):
        rows = displayed(tex, 90)
        assert rows is not None, tex
        shown = Counter(unicodedata.normalize("NFKD", "".join(rows)))
        written = re.sub(r"\\(?:begin|end|color)\{.*?\}(?:\{[clr|]+\})?|\\[A-Za-z]+|\\.", " ", tex)
        assert not Counter(re.findall(r"[A-Za-z0-9]", written)) - shown, tex


def test_a_wide_formula_is_one_row_or_stays() -> None:
    tex = r"\frac{a + b + c}{d} + e + f + g + h"
    assert len(displayed(tex, 40) or ()) == 3
    assert displayed(r"\frac{aaaaaaaa}{b}\frac{aaaaaaaa}{b}", 12) is None
    assert displayed(r"\lim_{aaaaaaaaaa}", 8) is None


@pytest.mark.parametrize("tex", [r"\mine{a}", r"aaaaaaaaaaaa = bbbbbbbbbbbbbbb", r"\begin{matrix} a & b \\ c"])
def test_a_display_that_is_not_drawn_loses_nothing(tex: str) -> None:
    source = f"So\n$$\n{tex}\n$$\nand"
    rows = PAINTER.markdown(source, 16)
    text = "".join(row.text for row in rows).replace(" ", "")
    assert text == f"So{tex if tex[0] == 'a' else f'$${tex}$$'}and".replace(" ", "")


def test_behind_text_a_display_is_drawn_in_its_line_or_where_it_is_too_high_below() -> None:
    matrix = "\\[\\begin{matrix} a & b \\\\ c & d \\end{matrix}\\]"
    assert plain(f"- So: {matrix}\n- Or: \\[\\frac{{1}}{{2}}\\]").split("\n") == [
        " • So:",
        "     a  b",
        "     c  d",
        " • Or: 1/2",
    ]
    assert plain("No: \\[\\mine{x}\\]") == "No: \\[\\mine{x}\\]"
    assert plain(f"Not {matrix} here") == f"Not {matrix} here"


@pytest.mark.parametrize("between", ["", "- item", "# Head", "> quote", "1. one\n\n   two", "= text", "---"])
@pytest.mark.parametrize("above", ["", "So\n", "So\n\n", "- So\n"])
def test_what_is_between_two_displays_is_in_neither(above: str, between: str) -> None:
    leaves = PAINTER.markdown(f"{above}$$\nx^2\n$$\n\n{between}\n\n$$\ny^2\n$$\n", 40).leaves
    assert [leaf.text.strip() for leaf in leaves if leaf.kind is Kind.SOURCE][-1] == "y²"
    assert sum("x²" in leaf.text for leaf in leaves) == 1
    assert not any("$$" in leaf.text for leaf in leaves)


@pytest.mark.parametrize("tex", ["a\n\n= b", "a\n=\nb", "a\n- b", "a\n+ b", "\na\n> b\n"])
def test_a_display_below_text_is_drawn_whatever_its_lines_begin_with(tex: str) -> None:
    rows = PAINTER.markdown(f"So\n$$\n{tex}\n$$\nand", 40)
    first, display, last = rows.leaves
    assert (first.text, display.kind, last.text) == ("So", Kind.SOURCE, "and")
    assert display.text.replace("−", "-").split() == list("".join(tex.split()))


@pytest.mark.parametrize("tex", ["a\n\n= b", "a\n=\nb", "a\n- b", "a\n+ b", "\na\n> b\n"])
@pytest.mark.parametrize("before", ["", "> ", "- ", "1. - "])
def test_a_display_may_hold_blank_lines_and_what_would_be_a_list(tex: str, before: str) -> None:
    further = before if before == "> " else " " * len(before)
    lines = ["$$", *tex.split("\n"), "$$"]
    source = "\n".join((further if number else before) + line for number, line in enumerate(lines))
    rows = PAINTER.markdown(source, 40)
    (leaf,) = rows.leaves
    assert leaf.kind is Kind.SOURCE
    assert leaf.text.replace("−", "-").split() == list("".join(tex.split()))
    undrawn = "\\mine{x}"
    (leaf,) = PAINTER.markdown(source.replace("a", undrawn), 40).leaves
    assert leaf.text.replace(" ", "") == "\n".join(lines).replace("a", undrawn).replace(" ", "")


@pytest.mark.parametrize(
    "text",
    ["$4 and $5", "cost $5-$10", "$5 or 6$ each", "$10k to 20k$, or less", "US$5 and 6$", "from $3.50 (or 4$) on"],
)
def test_prices_are_not_drawn_as_formulas(text: str) -> None:
    assert plain(text) == text


def test_a_display_has_its_own_ground_and_rows_between_the_text() -> None:
    rows = PAINTER.markdown("So *now*\n$$\\frac{1}{2}$$\nwhere **x** is\n\\[\nx^2\n\\]", 40)
    assert [row.text.strip() for row in rows] == ["So now", "1", "─", "2", "where x is", "x²"]
    grounds = [(list(row)[-1].style or PAINTER.base).bgcolor for row in rows]
    assert grounds[1] == grounds[3] == grounds[5] != grounds[0] == grounds[4]
    assert {row.cell_length for row in list(rows)[1:4]} == {40}


def test_what_is_selected_of_a_formula_is_copied_as_written() -> None:
    text = "An $x_1^2$ in it\n$$\n\\frac{1}{2}\n$$\nand \\(y\\) more"
    leaves = PAINTER.markdown(text, 60).leaves
    first, display, last = leaves
    assert first.text == "An x₁² in it"
    assert first.copied(0, 4) == "An $x_1^2$"
    assert first.copied(4, len(first.text)) == "$x_1^2$ in it"
    assert display.kind is Kind.SOURCE
    inside = display.text.index("─")
    assert text[display.first(inside) : display.last(inside + 1)].strip() == "$$\n\\frac{1}{2}\n$$"
    assert last.copied(0, len(last.text)) == "and \\(y\\) more"
    assert text[last.begin : last.end].strip() == "and \\(y\\) more"


@pytest.mark.parametrize(
    "tex",
    [
        "{" * 1_900,
        "\\frac" * 300,
        r"\sqrt{" * 300 + "}" * 300,
        "x^{" * 600,
        "\\hat" * 400,
        r"\left(" * 300,
        r"\begin{matrix}" * 140,
        r"\begin{matrix}" + "a&" * 900 + r"\end{matrix}",
        r"\begin{matrix}" + r"a\\" * 600 + r"\end{matrix}",
        r"\frac{" * 20 + "a" * 900 + "}{b}" * 20,
        "x" * 100_000,
    ],
)
def test_a_formula_shaped_to_be_slow_is_bounded(tex: str) -> None:
    began = time.process_time()
    rows = displayed(tex, 80)
    in_line(tex)
    assert time.process_time() - began < 0.3
    assert rows is None or max(map(cell_len, rows)) <= 80


def test_many_formulas_are_drawn_in_slices() -> None:
    turn = Turn(answer("\n\n".join("$x$ " * 100 for _ in range(8))))
    turn.draw(scene(96))
    assert turn.is_behind
