"""The corpus, second part: what stands in chunks (WIRE.md 2c)."""

from __future__ import annotations

from tests.backends.quirk_shapes import CITED, PNG, SHAPES, call, calls
from tests.backends.quirks import END, ERRORS, FRAMING, USAGE, WHOLE, K, Quirk, body, choice, hi
from tests.servers import delta, sse

PART = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}


def said(text: str) -> bytes:
    """A stream that says this in pieces of three characters."""
    return sse(*(delta(text[at : at + 3]) for at in range(0, len(text), 3)), END)


CHUNKS = {
    "C1 no choices first": Quirk(
        sse({"choices": [], "prompt_filter_results": [{}], "id": "", "model": ""}, delta("Hi"), END), **hi()
    ),
    "C2 usage in the last chunk": Quirk(
        sse(delta("Hi"), END, {"choices": [], "usage": USAGE, "timings": {"prompt_n": 1}}), **hi(usage=USAGE)
    ),
    "C3 usage in every chunk": Quirk(
        sse(*(delta(text) | {"usage": {"total_tokens": n}} for n, text in enumerate("Hi", 1)), END | {"usage": USAGE}),
        **hi(usage=USAGE),
    ),
    "C3 usage that no file could hold": Quirk(
        sse(delta("Hi"), END, '{"choices": [], "usage": {"total_tokens": 3, "speed": NaN, "x": [Infinity]}}'),
        **hi(usage={"total_tokens": 3, "speed": None, "x": [None]}),
    ),
    "C4 usage in the choice": Quirk(
        sse(delta("Hi"), choice(delta={}, finish_reason="stop", usage=USAGE)), **hi(usage=USAGE)
    ),
    "C4 usage of Groq": Quirk(sse(delta("Hi"), END | {"x_groq": {"usage": USAGE}}), **hi(usage=USAGE)),
    "C5 choices null or missing": Quirk(sse("null", {"choices": None}, {}, {"id": "x"}, delta("Hi"), END), **hi()),
    "C6 delta null, missing, empty": Quirk(
        sse(choice(delta=None), choice(), choice(delta={}), delta("Hi"), END), **hi()
    ),
    "C6 a whole message": Quirk(sse(choice(message={"content": "Hi"}, finish_reason="stop")), **hi()),
    "C6 a growing message": Quirk(sse(*(choice(message={"content": text}) for text in ("H", "Hi", "Hi")), END), **hi()),
    "C6 a message beside the delta": Quirk(
        sse(
            choice(delta={"content": "H"}, message={"content": "H"}),
            choice(delta={"content": "i"}, message={"content": "Hi"}),
            choice(delta={}, message={"content": "Hi"}, finish_reason="stop"),
        ),
        **hi(),
    ),
    "C7 content null": Quirk(sse(choice(delta={"role": "assistant", "content": None}), delta("Hi"), END), **hi()),
    "C7 content in parts": Quirk(
        sse(choice(delta={"content": [PART, {"type": "text", "text": "Hi"}]}), END), **hi(thinks="hm")
    ),
    "C8 a role in every chunk": Quirk(
        sse(delta("H", role="assistant"), delta("i", role=None), delta("", role=""), END), **hi()
    ),
    "C9 reasoning_content": Quirk(sse(delta(reasoning_content="hm"), delta("Hi"), END), **hi(thinks="hm")),
    "C9 reasoning": Quirk(sse(delta(reasoning="hm"), delta("Hi"), END), **hi(thinks="hm")),
    "C9 reasoning_text": Quirk(sse(delta(reasoning_text="hm"), delta("Hi"), END), **hi(thinks="hm")),
    "C9 reasoning_details": Quirk(
        sse(delta(reasoning_details=[{"text": "h"}, {"summary": "m"}, {"data": "x"}]), delta("Hi"), END),
        **hi(thinks="hm"),
    ),
    "C9 two names for one text": Quirk(
        sse(delta(reasoning="hm", reasoning_content="hm", reasoning_details=[{"text": "hm"}]), delta("Hi"), END),
        **hi(thinks="hm"),
    ),
    "C10 a tag split": Quirk(said("<think>hm</think>\n\nHi"), **hi(thinks="hm")),
    "C10 no opening tag": Quirk(said("hm\n</think>\n\nHi"), **hi(thinks="hm\n")),
    "C10 unclosed": Quirk(said("<think>hm"), thinks="hm", finish="stop"),
    "C10 thinking and thought": Quirk(said("<thinking>h</thinking><thought>m</thought>Hi"), **hi(thinks="hm")),
    "C10 quoted within": Quirk(said("<think>a `</think>` b</think>Hi"), **hi(thinks="a `</think>` b")),
    "C10 in the answer": Quirk(
        said("Use `<think>` and `</think>` so."), says="Use `<think>` and `</think>` so.", finish="stop"
    ),
    "C11 an empty reason": Quirk(sse(delta("H", finish=""), delta("i", finish=""), END), **hi()),
    "C11 the word null": Quirk(sse(delta("H", finish="null"), delta("i"), END), **hi()),
    "C12 eos": Quirk(sse(delta("Hi", finish="eos")), says="Hi", finish="eos"),
    "C12 unknown": Quirk(sse(delta("Hi", finish="something_new"), done=False), says="Hi", finish="something_new"),
    "C12 error": Quirk(
        sse(delta("Hi"), choice(delta={}, finish_reason="error", native_finish_reason="x")),
        says="Hi",
        kind=K.OVERLOADED,
    ),
    "C12 no resources": Quirk(
        sse(delta("Hi", finish="insufficient_system_resource")), says="Hi", finish="insufficient_system_resource"
    ),
    "C12 camel case": Quirk(sse(choice(delta={"content": "Hi"}, finishReason="stop")), **hi()),
    "C13 no reason until the end": Quirk(sse(choice(delta={"content": "Hi"}), choice(finish_reason="stop")), **hi()),
    "C13 stop on tool calls": Quirk(
        calls(call("{}", index=0, id="1", name="ls"), finish="stop"), finish="stop", calls=(("ls", "{}"),)
    ),
    "C14 a reason with the last text": Quirk(sse(delta("H"), delta("i", finish="stop"), done=False), **hi()),
    "C15 no index": Quirk(
        calls(call("{}", id="1", name="ls"), call("{}", id="2", name="cat")),
        finish="tool_calls",
        calls=(("ls", "{}"), ("cat", "{}")),
    ),
    "C15 neither index nor id": Quirk(
        calls(call("{}", name="ls"), call("{}", name="cat")), finish="tool_calls", calls=(("ls", "{}"), ("cat", "{}"))
    ),
    "C16 new ids at one index": Quirk(
        calls(call({"a": 1}, index=0, id="1", name="ls"), call({"b": 2}, index=0, id="2", name="cat")),
        finish="tool_calls",
        calls=(("ls", '{"a": 1}'), ("cat", '{"b": 2}')),
    ),
    "C16 a name again": Quirk(
        calls(call("{", index=0, id="1", name="ls"), call("}", index=0, id="1", name="ls")),
        finish="tool_calls",
        calls=(("ls", "{}"),),
    ),
    "C17 two arguments at one index": Quirk(
        calls(call('{"a":1}', index=0, name="ls"), call('{"b":2}', index=0)),
        finish="tool_calls",
        calls=(("ls", '{"a":1}'), ("", '{"b":2}')),
    ),
    "C18 a thought signature": Quirk(
        calls(call("{}", index=0, id="1", name="ls", extra_content={"google": {"thought_signature": "s"}})),
        finish="tool_calls",
        calls=(("ls", "{}"),),
    ),
    "C19 choices in turn": Quirk(
        sse(delta("H"), delta("1", index=1), delta("i"), delta("2", index=1), END, delta(finish="stop", index=1)),
        n=2,
        others=("12",),
        **hi(),
    ),
    "C19 choices in one chunk": Quirk(
        sse({"choices": [{"index": 0, "delta": {"content": "Hi"}}, {"index": 1, "delta": {"content": "12"}}]}, END),
        n=2,
        others=("12",),
        **hi(),
    ),
    "C19 all number 0 in one chunk": Quirk(
        sse({"choices": [{"index": 0, "delta": {"content": text}} for text in ("Hi", "12")]}, END),
        n=2,
        others=("12",),
        **hi(),
    ),
    "C19 all number 0, one after the other": Quirk(
        sse(delta("Hi"), END, delta("1"), delta("2"), END, delta("x"), END), n=3, others=("12", "x"), **hi()
    ),
    "C19 all number 0 in one body": Quirk(
        body({"choices": WHOLE["choices"] + [{"index": 0, "message": {"content": "12"}, "finish_reason": "stop"}]}),
        n=2,
        others=("12",),
        **hi(),
    ),
    "C20 another object": Quirk(
        sse(delta("Hi") | {"object": "text_completion", "id": "", "created": 0, "obfuscation": "zz"}, END), **hi()
    ),
    "C21 a refusal": Quirk(sse(delta(refusal="H"), delta(refusal="i"), END), **hi(extra={"refusal": "Hi"})),
    "C21 annotations": Quirk(
        sse(delta("Hi", annotations=[{"type": "url_citation", "url": CITED[0]}]), END),
        **hi(extra={"annotations": [{"type": "url_citation", "url": CITED[0]}]}, sources=((CITED[0], ""),)),
    ),
    "C21 citations in every chunk": Quirk(
        sse(*(delta(text) | {"citations": CITED} for text in "Hi"), END | {"citations": [*CITED, "https://c.example"]}),
        **hi(
            extra={"citations": [*CITED, "https://c.example"]},
            sources=tuple((url, "") for url in (*CITED, "https://c.example")),
        ),
    ),
    "C21 a spoken answer": Quirk(
        sse(delta(audio={"id": "a", "transcript": "H"}), delta(audio={"transcript": "i", "data": "AA=="}), END),
        **hi(extra={"audio": [{"id": "a"}, {"data": "AA=="}]}),
    ),
    "C21 an image": Quirk(
        sse(delta("See ", images=[PNG]), delta(images=[PNG]), END),
        says="See ![image 1: image/png, 1 KB](attachment:1)\n",
        finish="stop",
        extra={"images": [PNG]},
    ),
    "C21 an image among the parts": Quirk(
        sse(choice(delta={"content": [{"type": "image_url", "image_url": {"url": "https://i.example/a.png"}}]}), END),
        says="![image 1](https://i.example/a.png)\n",
        finish="stop",
        extra={"images": [{"type": "image_url", "image_url": {"url": "https://i.example/a.png"}}]},
    ),
    "C21 an image in one body": Quirk(
        body({"choices": [{"message": {"content": "", "images": [PNG]}, "finish_reason": "stop"}]}),
        says="![image 1: image/png, 1 KB](attachment:1)\n",
        finish="stop",
        extra={"images": [PNG]},
    ),
}
CASES = {**FRAMING, **ERRORS, **CHUNKS, **SHAPES}
ELSEWHERE = {
    "F22": ("test_retries.py", "test_n5_f22_comments_do_not_hold_the_clock_off"),
    "E15": ("test_notices.py", "test_e15_a_prompt_that_was_cut_is_said"),
}
NUMBERS = [*(f"F{n}" for n in range(1, 24)), *(f"E{n}" for n in range(1, 17)), *(f"C{n}" for n in range(1, 22))]
