"""The corpus, second part: what stands in chunks."""

from __future__ import annotations

from tests.backends.quirk_shapes import CITED, PNG, SHAPES, call, calls
from tests.backends.quirks import END, ERRORS, FRAMING, USAGE, WHOLE, K, Quirk, body, choice, hi
from tests.servers import delta, sse

PART = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}


def said(text: str) -> bytes:
    """A stream that says this in pieces of three characters."""
    return sse(*(delta(text[at : at + 3]) for at in range(0, len(text), 3)), END)


CHUNKS = {
    # Azure: simonw/llm#294.
    "a first chunk without choices": Quirk(
        sse({"choices": [], "prompt_filter_results": [{}], "id": "", "model": ""}, delta("Hi"), END), **hi()
    ),
    # OpenAI's stream_options.include_usage; llama.cpp adds timings.
    "usage in the last chunk": Quirk(
        sse(delta("Hi"), END, {"choices": [], "usage": USAGE, "timings": {"prompt_n": 1}}), **hi(usage=USAGE)
    ),
    # vLLM, SiliconFlow, Perplexity, Gemini: open-webui/open-webui#29064, cline/cline#11304.
    "usage in every chunk: usage in every chunk": Quirk(
        sse(*(delta(text) | {"usage": {"total_tokens": n}} for n, text in enumerate("Hi", 1)), END | {"usage": USAGE}),
        **hi(usage=USAGE),
    ),
    "usage in every chunk: usage that no file could hold": Quirk(
        sse(delta("Hi"), END, '{"choices": [], "usage": {"total_tokens": 3, "speed": NaN, "x": [Infinity]}}'),
        **hi(usage={"total_tokens": 3, "speed": None, "x": [None]}),
    ),
    # Moonshot: earendil-works/pi#2017.
    "usage elsewhere: usage in the choice": Quirk(
        sse(delta("Hi"), choice(delta={}, finish_reason="stop", usage=USAGE)), **hi(usage=USAGE)
    ),
    "usage elsewhere: usage of Groq": Quirk(sse(delta("Hi"), END | {"x_groq": {"usage": USAGE}}), **hi(usage=USAGE)),
    # pydantic/pydantic-ai#5170.
    "choices null or missing": Quirk(sse("null", {"choices": None}, {}, {"id": "x"}, delta("Hi"), END), **hi()),
    # Azure sends no delta (microsoft/agent-framework#5734); Perplexity a growing message too
    # (open-webui/open-webui#9927).
    "text beside the delta: delta null, missing, empty": Quirk(
        sse(choice(delta=None), choice(), choice(delta={}), delta("Hi"), END), **hi()
    ),
    "text beside the delta: a whole message": Quirk(
        sse(choice(message={"content": "Hi"}, finish_reason="stop")), **hi()
    ),
    "text beside the delta: a growing message": Quirk(
        sse(*(choice(message={"content": text}) for text in ("H", "Hi", "Hi")), END), **hi()
    ),
    "text beside the delta: a message beside the delta": Quirk(
        sse(
            choice(delta={"content": "H"}, message={"content": "H"}),
            choice(delta={"content": "i"}, message={"content": "Hi"}),
            choice(delta={}, message={"content": "Hi"}, finish_reason="stop"),
        ),
        **hi(),
    ),
    # llama.cpp sends null; Mistral parts: n8n-io/n8n#37352, vercel/ai#8072.
    "content that is no text: content null": Quirk(
        sse(choice(delta={"role": "assistant", "content": None}), delta("Hi"), END), **hi()
    ),
    "content that is no text: content in parts": Quirk(
        sse(choice(delta={"content": [PART, {"type": "text", "text": "Hi"}]}), END), **hi(thinks="hm")
    ),
    # OpenRouter, SiliconFlow; null: sgl-project/sglang#3912.
    "roles in every chunk": Quirk(
        sse(delta("H", role="assistant"), delta("i", role=None), delta("", role=""), END), **hi()
    ),
    # vllm-project/vllm#27752; openrouter.ai/docs/use-cases/reasoning-tokens.
    "names of reasoning: reasoning_content": Quirk(
        sse(delta(reasoning_content="hm"), delta("Hi"), END), **hi(thinks="hm")
    ),
    "names of reasoning: reasoning": Quirk(sse(delta(reasoning="hm"), delta("Hi"), END), **hi(thinks="hm")),
    "names of reasoning: reasoning_text": Quirk(sse(delta(reasoning_text="hm"), delta("Hi"), END), **hi(thinks="hm")),
    "names of reasoning: reasoning_details": Quirk(
        sse(delta(reasoning_details=[{"text": "h"}, {"summary": "m"}, {"data": "x"}]), delta("Hi"), END),
        **hi(thinks="hm"),
    ),
    "names of reasoning: two names for one text": Quirk(
        sse(delta(reasoning="hm", reasoning_content="hm", reasoning_details=[{"text": "hm"}]), delta("Hi"), END),
        **hi(thinks="hm"),
    ),
    # MihaiBuilds/memory-vault#152, InternLM/lmdeploy#4754; a tag quoted in thoughts: ggml-org/llama.cpp#27661.
    "reasoning in the text: a tag split": Quirk(said("<think>hm</think>\n\nHi"), **hi(thinks="hm")),
    "reasoning in the text: no opening tag": Quirk(said("hm\n</think>\n\nHi"), **hi(thinks="hm\n")),
    "reasoning in the text: unclosed": Quirk(said("<think>hm"), thinks="hm", finish="stop"),
    "reasoning in the text: thinking and thought": Quirk(
        said("<thinking>h</thinking><thought>m</thought>Hi"), **hi(thinks="hm")
    ),
    "reasoning in the text: quoted within": Quirk(
        said("<think>a `</think>` b</think>Hi"), **hi(thinks="a `</think>` b")
    ),
    "reasoning in the text: in the answer": Quirk(
        said("Use `<think>` and `</think>` so."), says="Use `<think>` and `</think>` so.", finish="stop"
    ),
    # Old Ollama: ollama/ollama#4357; sgl-project/sglang#3912.
    "an empty finish reason: an empty reason": Quirk(sse(delta("H", finish=""), delta("i", finish=""), END), **hi()),
    "an empty finish reason: the word null": Quirk(sse(delta("H", finish="null"), delta("i"), END), **hi()),
    # Together (its SDK's types), OpenRouter, DeepSeek; camel case: early Gemini.
    "other finish reasons: eos": Quirk(sse(delta("Hi", finish="eos")), says="Hi", finish="eos"),
    "other finish reasons: unknown": Quirk(
        sse(delta("Hi", finish="something_new"), done=False), says="Hi", finish="something_new"
    ),
    "other finish reasons: error": Quirk(
        sse(delta("Hi"), choice(delta={}, finish_reason="error", native_finish_reason="x")),
        says="Hi",
        kind=K.OVERLOADED,
    ),
    "other finish reasons: no resources": Quirk(
        sse(delta("Hi", finish="insufficient_system_resource")), says="Hi", finish="insufficient_system_resource"
    ),
    "other finish reasons: camel case": Quirk(sse(choice(delta={"content": "Hi"}, finishReason="stop")), **hi()),
    # BerriAI/liteLLM-proxy#19; Gemini says stop after tool calls: googleapis/python-genai#2868.
    "a late finish reason: no reason until the end": Quirk(
        sse(choice(delta={"content": "Hi"}), choice(finish_reason="stop")), **hi()
    ),
    "a late finish reason: stop on tool calls": Quirk(
        calls(call("{}", index=0, id="1", name="ls"), finish="stop"), finish="stop", calls=(("ls", "{}"),)
    ),
    # vllm-project/vllm#36944.
    "a finish reason with the last text": Quirk(sse(delta("H"), delta("i", finish="stop"), done=False), **hi()),
    # Gemini: AstrBotDevs/AstrBot#6661.
    "tool calls without an index: no index": Quirk(
        calls(call("{}", id="1", name="ls"), call("{}", id="2", name="cat")),
        finish="tool_calls",
        calls=(("ls", "{}"), ("cat", "{}")),
    ),
    "tool calls without an index: neither index nor id": Quirk(
        calls(call("{}", name="ls"), call("{}", name="cat")), finish="tool_calls", calls=(("ls", "{}"), ("cat", "{}"))
    ),
    # Ollama, LiteLLM: vercel/ai#14277, BerriAI/litellm#33678.
    "tool calls at one index: new ids at one index": Quirk(
        calls(call({"a": 1}, index=0, id="1", name="ls"), call({"b": 2}, index=0, id="2", name="cat")),
        finish="tool_calls",
        calls=(("ls", '{"a": 1}'), ("cat", '{"b": 2}')),
    ),
    "tool calls at one index: a name again": Quirk(
        calls(call("{", index=0, id="1", name="ls"), call("}", index=0, id="1", name="ls")),
        finish="tool_calls",
        calls=(("ls", "{}"),),
    ),
    # Gemini behind proxies: dyedd/lens#49.
    "arguments at one index": Quirk(
        calls(call('{"a":1}', index=0, name="ls"), call('{"b":2}', index=0)),
        finish="tool_calls",
        calls=(("ls", '{"a":1}'), ("", '{"b":2}')),
    ),
    # Gemini 3 wants its thought signature back: THU-MAIC/OpenMAIC#1556.
    "data beside a tool call": Quirk(
        calls(call("{}", index=0, id="1", name="ls", extra_content={"google": {"thought_signature": "s"}})),
        finish="tool_calls",
        calls=(("ls", "{}"),),
    ),
    # They come in turn, or all as number 0: BerriAI/litellm#3276, vercel/ai#543.
    "several answers: choices in turn": Quirk(
        sse(delta("H"), delta("1", index=1), delta("i"), delta("2", index=1), END, delta(finish="stop", index=1)),
        n=2,
        others=("12",),
        **hi(),
    ),
    "several answers: choices in one chunk": Quirk(
        sse({"choices": [{"index": 0, "delta": {"content": "Hi"}}, {"index": 1, "delta": {"content": "12"}}]}, END),
        n=2,
        others=("12",),
        **hi(),
    ),
    "several answers: all number 0 in one chunk": Quirk(
        sse({"choices": [{"index": 0, "delta": {"content": text}} for text in ("Hi", "12")]}, END),
        n=2,
        others=("12",),
        **hi(),
    ),
    "several answers: all number 0, one after the other": Quirk(
        sse(delta("Hi"), END, delta("1"), delta("2"), END, delta("x"), END), n=3, others=("12", "x"), **hi()
    ),
    "several answers: all number 0 in one body": Quirk(
        body({"choices": WHOLE["choices"] + [{"index": 0, "message": {"content": "12"}, "finish_reason": "stop"}]}),
        n=2,
        others=("12",),
        **hi(),
    ),
    # ModelMax's page shows "text_completion"; Azure's ids are empty.
    "other names and ids: another object": Quirk(
        sse(delta("Hi") | {"object": "text_completion", "id": "", "created": 0, "obfuscation": "zz"}, END), **hi()
    ),
    # OpenAI's delta.refusal, annotations, audio; Perplexity's citations.
    "parts beside text: a refusal": Quirk(
        sse(delta(refusal="H"), delta(refusal="i"), END), **hi(extra={"refusal": "Hi"})
    ),
    "parts beside text: annotations": Quirk(
        sse(delta("Hi", annotations=[{"type": "url_citation", "url": CITED[0]}]), END),
        **hi(extra={"annotations": [{"type": "url_citation", "url": CITED[0]}]}, sources=((CITED[0], ""),)),
    ),
    "parts beside text: citations in every chunk": Quirk(
        sse(*(delta(text) | {"citations": CITED} for text in "Hi"), END | {"citations": [*CITED, "https://c.example"]}),
        **hi(
            extra={"citations": [*CITED, "https://c.example"]},
            sources=tuple((url, "") for url in (*CITED, "https://c.example")),
        ),
    ),
    "parts beside text: a spoken answer": Quirk(
        sse(delta(audio={"id": "a", "transcript": "H"}), delta(audio={"transcript": "i", "data": "AA=="}), END),
        **hi(extra={"audio": [{"id": "a"}, {"data": "AA=="}]}),
    ),
    "parts beside text: an image": Quirk(
        sse(delta("See ", images=[PNG]), delta(images=[PNG]), END),
        says="See ![image 1: image/png, 1 KB](attachment:1)\n",
        finish="stop",
        extra={"images": [PNG]},
    ),
    "parts beside text: an image among the parts": Quirk(
        sse(choice(delta={"content": [{"type": "image_url", "image_url": {"url": "https://i.example/a.png"}}]}), END),
        says="![image 1](https://i.example/a.png)\n",
        finish="stop",
        extra={"images": [{"type": "image_url", "image_url": {"url": "https://i.example/a.png"}}]},
    ),
    "parts beside text: an image in one body": Quirk(
        body({"choices": [{"message": {"content": "", "images": [PNG]}, "finish_reason": "stop"}]}),
        says="![image 1: image/png, 1 KB](attachment:1)\n",
        finish="stop",
        extra={"images": [PNG]},
    ),
}
CASES = {**FRAMING, **ERRORS, **CHUNKS, **SHAPES}
ELSEWHERE = {
    "comments without an end": ("test_retries.py", "test_comments_do_not_hold_the_clock_off"),
    "a prompt cut without a word": ("test_notices.py", "test_a_prompt_that_was_cut_is_said"),
}
