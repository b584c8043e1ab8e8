"""The corpus, third part: where servers put an answer's text, its calls, its sources, and the name of who wrote it."""

from __future__ import annotations

from typing import Any

from tests.backends.quirks import END, USAGE, K, Quirk, body, choice, hi
from tests.servers import delta, sse

PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CITED = ["https://a.example", "https://b.example"]
A, B = ("https://a.example", "First"), ("https://b.example", "")


def call(arguments: object = None, **fields: Any) -> dict[str, Any]:
    function = {key: fields.pop(key) for key in ("name",) if key in fields}
    if arguments is not None:
        function["arguments"] = arguments
    return {**fields, "function": function}


def calls(*entries: dict[str, Any], finish: str = "tool_calls") -> bytes:
    return sse(*(delta(tool_calls=[entry]) for entry in entries), delta(finish=finish))


def whole(message: dict[str, Any], **fields: Any) -> bytes:
    """One body with one message."""
    return body({"choices": [{"message": message, "finish_reason": "stop", **fields}]})


def asks(*functions: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """What a stream that calls functions must come to."""
    return {"finish": "tool_calls", "calls": functions, **fields}


EMPTY_CALL = {"name": "", "arguments": ""}
TEXT = {
    "text beside the delta: an empty delta beside a whole message": Quirk(
        whole({"role": "assistant", "content": "Hi"}, delta={"role": "assistant", "content": ""}), **hi()
    ),
    "text beside the delta: an empty delta beside a growing message": Quirk(
        sse(*(choice(delta={"content": ""}, message={"content": text}) for text in ("H", "Hi", "Hi")), END), **hi()
    ),
    "text beside the delta: a last message in other words": Quirk(
        sse(delta("Hi"), choice(delta={}, message={"content": "Hi there"}, finish_reason="stop")),
        says="Hi there",
        finish="stop",
    ),
    "text beside the delta: a last message that is trimmed": Quirk(
        sse(delta(" Hi"), choice(delta={}, message={"content": "Hi"}, finish_reason="stop")), says=" Hi", finish="stop"
    ),
    "text beside the delta: reasoning in both": Quirk(
        sse(
            choice(delta={"reasoning_content": "hm"}, message={"reasoning_content": "hm"}),
            choice(delta={"content": "Hi"}, message={"reasoning_content": "hm", "content": "Hi"}),
            END,
        ),
        **hi(thinks="hm"),
    ),
    "text beside the delta: text beside nothing": Quirk(sse(choice(text="H"), choice(text="i", delta={}), END), **hi()),
    "text beside the delta: text that repeats the delta": Quirk(
        sse(choice(delta={"content": "H"}, text="H"), choice(delta={"content": "i"}, text="i"), END), **hi()
    ),
    "text beside the delta: messages with deltas": Quirk(
        sse(choice(messages=[{"delta": {"content": "H"}}]), choice(messages=[{"delta": {"content": "i"}}]), END), **hi()
    ),
    "text beside the delta: messages with a tool's": Quirk(
        body(
            {
                "choices": [
                    {
                        "messages": [
                            {
                                "role": "tool",
                                "content": '{"citations": [{"url": "https://a.example", "title": "First"}]}',
                            },
                            {"role": "assistant", "content": "Hi"},
                        ],
                        "finish_reason": "stop",
                    }
                ]
            }
        ),
        **hi(sources=(A,)),
    ),
    "text beside the delta: an answer inside a result": Quirk(
        body(
            {
                "success": True,
                "errors": [],
                "result": {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]},
            }
        ),
        **hi(),
    ),
    "text beside the delta: a response inside a result": Quirk(
        body({"success": True, "result": {"response": "Hi", "usage": USAGE}}), says="Hi"
    ),
    "text beside the delta: a response that is an object": Quirk(
        body({"success": True, "result": {"response": {"name": "Ann"}}}), says='{"name": "Ann"}', finish="stop"
    ),
    "text beside the delta: responses": Quirk(sse({"response": "H"}, {"response": "i"}), says="Hi"),
    "text beside the delta: responses that end": Quirk(
        body({"response": "H", "done": False}) + b"\n" + body({"response": "i", "done": True, "done_reason": "stop"}),
        **hi(),
    ),
    "text beside the delta: responses that are cut": Quirk(
        body({"response": "H", "done": False}) + b"\n" + body({"response": "i", "done": False}),
        says="Hi",
        kind=K.INTERRUPTED,
    ),
    "text beside the delta: a generated text": Quirk(body([{"generated_text": "Hi"}]), says="Hi"),
    "content that is no text: content that is an object": Quirk(
        whole({"content": {"name": "Ann", "of": ["é", 1]}}), says='{"name": "Ann", "of": ["é", 1]}', finish="stop"
    ),
    "content that is no text: content that is an object with a type": Quirk(
        whole({"content": {"type": "cat", "name": "Tom"}}), says='{"type": "cat", "name": "Tom"}', finish="stop"
    ),
    "content that is no text: content that is a list of objects": Quirk(
        whole({"content": [{"name": "Ann"}]}), says='[{"name": "Ann"}]', finish="stop"
    ),
    "content that is no text: content that is a number": Quirk(whole({"content": 42}), says="42", finish="stop"),
    "content that is no text: content that is one part": Quirk(
        whole({"content": {"type": "text", "text": "Hi"}}), **hi()
    ),
    "reasoning in the text: a closing tag behind a greeting": Quirk(
        whole({"content": "Hello!</think>\n\n"}), says="Hello!</think>\n\n", finish="stop"
    ),
    "reasoning in the text: a closing tag behind a greeting, in pieces": Quirk(
        sse(delta("Hello!"), delta("</thi"), delta("nk>"), delta("\n\n"), END), says="Hello!</think>\n\n", finish="stop"
    ),
    "several answers: two without a number go on": Quirk(
        body(
            {
                "choices": [
                    {"message": {"content": "Hi"}, "finish_reason": "tool_calls"},
                    {
                        "message": {"content": None, "tool_calls": [call("{}", id="1", name="ls")]},
                        "finish_reason": "tool_calls",
                    },
                    {"message": {"tool_calls": [call("{}", id="2", name="cat")]}, "finish_reason": "tool_calls"},
                ]
            }
        ),
        says="Hi",
        **asks(("ls", "{}"), ("cat", "{}")),
    ),
    "several answers: the only choice is number 1": Quirk(
        sse(delta("Hi", index=1), delta(finish="stop", index=1)), **hi()
    ),
}
CALLS = {
    "tool calls at one index: an empty function_call": Quirk(
        whole({"content": "Hi", "function_call": EMPTY_CALL, "tool_calls": None}), **hi()
    ),
    "tool calls at one index: an empty call among the calls": Quirk(
        whole({"content": "Hi", "tool_calls": [{"function": EMPTY_CALL}]}), **hi()
    ),
    "tool calls at one index: nothing but an empty call": Quirk(
        whole({"content": "", "function_call": EMPTY_CALL}), finish="stop", kind=K.EMPTY
    ),
    "tool calls without an index: the index comes late": Quirk(
        calls(call("", id="1", name="ls"), call('{"a"', index=0), call(":1}", index=0)), **asks(("ls", '{"a":1}'))
    ),
    "tool calls without an index: the index comes late, twice": Quirk(
        calls(call("", id="1", name="ls"), call("{}", index=0), call("", id="2", name="cat"), call('{"b":1}', index=1)),
        **asks(("ls", "{}"), ("cat", '{"b":1}')),
    ),
    "tool calls at one index: two ids under one index, in pieces": Quirk(
        calls(
            call("{", index=0, id="1", name="ls"),
            call("}", index=0),
            call('{"b"', index=0, id="2", name="ls"),
            call(":1}", index=0),
        ),
        **asks(("ls", "{}"), ("ls", '{"b":1}')),
    ),
}
BESIDE = {
    "parts beside text: search results beside citations": Quirk(
        sse(
            delta("Hi")
            | {
                "citations": ["https://b.example", A[0]],
                "search_results": [{"url": A[0], "title": A[1], "snippet": "x"}],
            },
            END,
        ),
        **hi(
            extra={
                "citations": ["https://b.example", A[0]],
                "search_results": [{"url": A[0], "title": A[1], "snippet": "x"}],
            },
            sources=(B, A),
        ),
    ),
    "parts beside text: a source that is named twice keeps its places": Quirk(
        sse(
            delta("H") | {"citations": [A[0]]},
            delta("i") | {"citations": [A[0], A[0], B[0]]},
            END | {"citations": [A[0], A[0], B[0]]},
        ),
        **hi(extra={"citations": [A[0], B[0]]}, sources=((A[0], ""), (A[0], ""), B)),
    ),
    "parts beside text: OpenRouter's url_citation": Quirk(
        sse(delta("Hi", annotations=[{"type": "url_citation", "url_citation": {"url": A[0], "title": A[1]}}]), END),
        **hi(
            extra={"annotations": [{"type": "url_citation", "url_citation": {"url": A[0], "title": A[1]}}]},
            sources=(A,),
        ),
    ),
    "parts beside text: Venice's": Quirk(
        sse(
            {"choices": [], "venice_parameters": {"web_search_citations": [{"url": A[0], "title": A[1]}]}},
            delta("Hi"),
            END,
        ),
        **hi(sources=(A,)),
    ),
    "parts beside text: Groq's": Quirk(
        sse(
            delta(executed_tools=[{"type": "search", "search_results": {"results": [{"url": A[0], "title": A[1]}]}}]),
            delta("Hi"),
            END,
        ),
        **hi(sources=(A,)),
    ),
    "parts beside text: Zhipu's": Quirk(
        sse(delta("Hi"), END | {"web_search": [{"link": A[0], "title": A[1]}]}), **hi(sources=(A,))
    ),
    "parts beside text: Gemini's behind LiteLLM": Quirk(
        sse(
            delta("Hi")
            | {"vertex_ai_grounding_metadata": [{"groundingChunks": [{"web": {"uri": A[0], "title": A[1]}}]}]},
            END,
        ),
        **hi(sources=(A,)),
    ),
    "parts beside text: Anthropic's behind LiteLLM": Quirk(
        whole(
            {
                "content": "Hi",
                "provider_specific_fields": {"citations": [[{"url": A[0], "title": A[1], "cited_text": "x"}]]},
            }
        ),
        **hi(sources=(A,)),
    ),
    "parts beside text: no page at all": Quirk(
        sse(delta("Hi", annotations=[{"type": "file", "url": "javascript:x"}]), END),
        **hi(extra={"annotations": [{"type": "file", "url": "javascript:x"}]}),
    ),
    "parts beside text: log probabilities": Quirk(
        sse(
            choice(delta={"content": "H"}, logprobs={"content": [{"token": "H", "logprob": -0.1}]}),
            choice(delta={"content": "i"}, logprobs={"content": [{"token": "i", "logprob": -0.2}], "refusal": None}),
            END,
        ),
        **hi(extra={"logprobs": [{"token": "H", "logprob": -0.1}, {"token": "i", "logprob": -0.2}]}),
    ),
    "parts beside text: log probabilities of none": Quirk(
        sse(choice(delta={"content": "Hi"}, logprobs={"content": None, "refusal": None}), END), **hi()
    ),
    "parts beside text: log probabilities in an old shape": Quirk(
        sse(choice(delta={"content": "Hi"}, logprobs={"tokens": ["Hi"], "token_logprobs": [-0.1]}), END),
        **hi(extra={"logprobs": [{"tokens": ["Hi"], "token_logprobs": [-0.1]}]}),
    ),
    "parts beside text: a filter that cut": Quirk(
        sse(
            choice(delta={"content": "Hi"}, content_filter_results={"hate": {"filtered": False, "severity": "safe"}}),
            choice(
                delta={},
                finish_reason="content_filter",
                content_filter_results={"hate": {"filtered": True, "severity": "high"}},
            ),
        ),
        says="Hi",
        finish="content_filter",
        extra={"content_filter": {"hate": {"filtered": True, "severity": "high"}}},
    ),
    "parts beside text: a refusal without a word": Quirk(
        sse(choice(delta={}, finish_reason="refusal")), finish="refusal", kind=K.REFUSED, message="refused to answer"
    ),
    "parts beside text: a filter that left nothing": Quirk(
        sse(
            choice(
                delta={},
                finish_reason="content_filter",
                content_filter_results={"hate": {"filtered": True, "severity": "high"}},
            )
        ),
        finish="content_filter",
        kind=K.CONTENT_FILTER,
        message="hate: high",
    ),
    "other names and ids: who answered": Quirk(
        sse({"model": "", "choices": []}, delta("H") | {"model": "m-2"}, delta("i") | {"model": "m-2"}, END),
        **hi(answered=("m-2", "")),
    ),
    "other names and ids: who answered behind a router": Quirk(
        sse(delta("Hi") | {"model": "m", "provider": "Acme"}, END), **hi(answered=("m", "Acme"))
    ),
    "other names and ids: who answered behind a gateway": Quirk(
        sse(
            delta("Hi") | {"model": "m"},
            choice(
                delta={"provider_metadata": {"gateway": {"routing": {"finalProvider": "acme"}, "cost": "0.02"}}},
                finish_reason="stop",
            ),
            {"choices": [], "usage": USAGE},
        ),
        **hi(answered=("m", "acme"), usage={"cost": 0.02, **USAGE}),
    ),
    "other names and ids: who failed to answer": Quirk(
        sse({"model": "m", "choices": []}, {"error": {"message": "busy", "code": 503}}), kind=K.OVERLOADED
    ),
    "usage elsewhere: a cost beside the usage": Quirk(
        sse(delta("Hi"), END, {"choices": [], "usage": USAGE, "cost": {"usd": 0.02}}),
        **hi(usage={"cost": {"usd": 0.02}, **USAGE}),
    ),
    "usage elsewhere: a usage in other words": Quirk(
        sse(delta("Hi"), END, {"choices": [], "usage": {"input_tokens": 3, "output_tokens": 2}}),
        **hi(usage={"input_tokens": 3, "output_tokens": 2, "prompt_tokens": 3, "completion_tokens": 2}),
    ),
}
SHAPES = {**TEXT, **CALLS, **BESIDE}
