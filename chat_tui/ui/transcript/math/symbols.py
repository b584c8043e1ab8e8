"""What commands of TeX and scripts are drawn as."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> dict[str, str]:
    return {name: drawn for name, _, drawn in (pair.partition(":") for pair in text.split())}


SYMBOLS = _pairs(
    """
    alpha:α beta:β gamma:γ delta:δ epsilon:ε varepsilon:ε zeta:ζ eta:η theta:θ vartheta:ϑ iota:ι kappa:κ lambda:λ
    mu:μ nu:ν xi:ξ omicron:ο pi:π varpi:ϖ rho:ρ varrho:ϱ sigma:σ varsigma:ς tau:τ upsilon:υ phi:φ varphi:φ chi:χ
    psi:ψ omega:ω Gamma:Γ Delta:Δ Theta:Θ Lambda:Λ Xi:Ξ Pi:Π Sigma:Σ Upsilon:Υ Phi:Φ Psi:Ψ Omega:Ω infty:∞ partial:∂
    nabla:∇ hbar:ℏ ell:ℓ Re:ℜ Im:ℑ aleph:ℵ emptyset:∅ varnothing:∅ forall:∀ exists:∃ nexists:∄ neg:¬ lnot:¬ top:⊤
    bot:⊥ angle:∠ triangle:△ square:□ blacksquare:■ Box:□ checkmark:✓ ldots:… dots:… dotsc:… cdots:⋯ dotsb:⋯ vdots:⋮
    ddots:⋱ prime:′ circ:∘ degree:° dagger:† ddagger:‡ star:⋆ imath:ı jmath:ȷ wp:℘ S:§ P:¶ pounds:£ euro:€
    copyright:© complement:∁ hslash:ℏ diamond:⋄ Diamond:◇ lozenge:◊ %:% $:$ #:# &:& _:_
    """
)
RELATIONS = _pairs(
    """
    leq:≤ le:≤ leqslant:≤ geq:≥ ge:≥ geqslant:≥ neq:≠ ne:≠ approx:≈ equiv:≡ sim:∼ simeq:≃ cong:≅ propto:∝ ll:≪ gg:≫
    lt:< gt:> prec:≺ succ:≻ preceq:⪯ succeq:⪰ doteq:≐ triangleq:≜ coloneqq:≔ in:∈ notin:∉ ni:∋ subset:⊂ subseteq:⊆
    subsetneq:⊊ supset:⊃ supseteq:⊇ mid:∣ nmid:∤ parallel:∥ perp:⊥ models:⊨ vdash:⊢ to:→ rightarrow:→ leftarrow:←
    gets:← leftrightarrow:↔ Rightarrow:⇒ Leftarrow:⇐ Leftrightarrow:⇔ implies:⟹ impliedby:⟸ iff:⟺ longrightarrow:⟶
    longleftarrow:⟵ Longrightarrow:⟹ Longleftarrow:⟸ Longleftrightarrow:⟺ mapsto:↦ longmapsto:⟼ hookrightarrow:↪
    rightleftharpoons:⇌ leftrightharpoons:⇋ uparrow:↑ downarrow:↓ updownarrow:↕ nearrow:↗ searrow:↘ therefore:∴
    because:∵ trianglelefteq:⊴ trianglerighteq:⊵ nsubseteq:⊈ lesssim:≲ gtrsim:≳ vDash:⊨ bowtie:⋈
    rightsquigarrow:⇝ longleftrightarrow:⟷ twoheadrightarrow:↠ leadsto:⇝ asymp:≍ colon::
    """
)
BINARIES = _pairs(
    """
    pm:± mp:∓ times:× div:÷ cdot:· ast:∗ cap:∩ cup:∪ setminus:∖ land:∧ wedge:∧ lor:∨ vee:∨ oplus:⊕ ominus:⊖ otimes:⊗
    odot:⊙ bullet:• sqcup:⊔ sqcap:⊓ uplus:⊎ triangleleft:◁ triangleright:▷ bmod:mod
    """
)
LIMITS = _pairs(
    """
    sum:∑ prod:∏ coprod:∐ bigcup:⋃ bigcap:⋂ bigoplus:⨁ bigotimes:⨂ bigvee:⋁ bigwedge:⋀ lim:lim limsup:limsup
    liminf:liminf max:max min:min sup:sup inf:inf argmax:argmax argmin:argmin
    """
)
"""Operators whose scripts are above and below."""
INTEGRALS = {"int": "∫", "iint": "∬", "iiint": "∭", "oint": "∮", "oiint": "∯"}
FUNCTIONS = _words(
    """
    Pr arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom ker lcm lg ln log sec sin sinh tan
    tanh
    """
)
SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "quad": "  ", "qquad": "    ", ">": " ", "enspace": " "}
IGNORED = _words(
    """
    Big Bigg Biggl Biggr Bigl Bigr allowbreak big bigg biggl biggr bigl bigm bigr displaystyle limits mathstrut
    nolimits nonumber notag scriptstyle textstyle
    """
)
ACCENTS = {
    "hat": "\u0302",
    "widehat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0305",
    "underline": "\u0332",
    "vec": "\u20d7",
    "overrightarrow": "\u20d7",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "dot": "\u0307",
    "ddot": "\u0308",
    "check": "\u030c",
    "cancel": "\u0336",
}
"""Combining characters."""
DELIMITERS = {
    "{": "{",
    "}": "}",
    "lbrace": "{",
    "rbrace": "}",
    "|": "‖",
    "Vert": "‖",
    "lVert": "‖",
    "rVert": "‖",
    "vert": "|",
    "lvert": "|",
    "rvert": "|",
    "langle": "⟨",
    "rangle": "⟩",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "lbrack": "[",
    "rbrack": "]",
}
OPENING = frozenset("([{⟨⌊⌈")
CLOSING = frozenset(")]}⟩⌋⌉")
STRETCHED = {
    "(": "⎛⎜⎜⎝",
    ")": "⎞⎟⎟⎠",
    "[": "⎡⎢⎢⎣",
    "]": "⎤⎥⎥⎦",
    "{": "⎧⎪⎨⎩",
    "}": "⎫⎪⎬⎭",
    "⌊": "⎢⎢⎢⎣",
    "⌋": "⎥⎥⎥⎦",
    "⌈": "⎡⎢⎢⎢",
    "⌉": "⎤⎥⎥⎥",
    "|": "││││",
    "‖": "║║║║",
}
"""Top, between, middle and bottom of tall ones."""
MATRICES = {
    "matrix": "",
    "smallmatrix": "",
    "pmatrix": "()",
    "bmatrix": "[]",
    "Bmatrix": "{}",
    "vmatrix": "||",
    "Vmatrix": "‖‖",
}
ALIGNED = _words(
    """
    align align* aligned alignedat eqnarray equation equation* gather gather* gathered split
    """
)
SUPER = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ′∘∗*⊤†,",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡ′°**ᵀ†˒",
        strict=True,
    )
)
SUB = dict(zip("0123456789+-−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
_DOUBLE = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
_SCRIPT = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
_BLACK = {"C": "ℭ", "H": "ℌ", "I": "ℑ", "R": "ℜ", "Z": "ℨ"}


def _alphabet(capital: int, small: int, gaps: dict[str, str]) -> dict[int, str]:
    letters = {chr(ord("A") + at): chr(capital + at) for at in range(26)}
    letters |= {chr(ord("a") + at): chr(small + at) for at in range(26)} if small else {}
    return {ord(letter): drawn for letter, drawn in (letters | gaps).items()}


FONTS = {
    "mathbb": _alphabet(0x1D538, 0x1D552, _DOUBLE),
    "mathcal": _alphabet(0x1D49C, 0, _SCRIPT),
    "mathscr": _alphabet(0x1D49C, 0, _SCRIPT),
    "mathfrak": _alphabet(0x1D504, 0x1D51E, _BLACK),
    "mathbf": _alphabet(0x1D400, 0x1D41A, {}),
    "boldsymbol": _alphabet(0x1D400, 0x1D41A, {}),
    "bm": _alphabet(0x1D400, 0x1D41A, {}),
    **dict.fromkeys(("mathrm", "mathit", "mathsf", "mathtt", "mathnormal"), {}),
}
TEXTS = _words(
    """
    mbox operatorname text textbf textit textrm textsf texttt
    """
)
