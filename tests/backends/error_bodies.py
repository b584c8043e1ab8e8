"""Error bodies in the shapes and with the key words of real servers, and the kind that each is."""

from __future__ import annotations

from typing import Any

from chat_tui.domain.errors import ErrorKind as K


def said(message: str, **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


def routed(raw: object, code: int = 400, **metadata: Any) -> dict[str, Any]:
    """OpenRouter's: its own message says nothing."""
    return said("Provider returned error", code=code, metadata={"raw": raw, "provider_name": "Acme", **metadata})


BODIES: list[tuple[K, str, int, Any]] = [
    # The conversation is too long
    (K.CONTEXT_LENGTH, "Ollama", 400, {"error": "prompt too long; exceeded max context length by 12 tokens"}),
    (K.CONTEXT_LENGTH, "Ollama", 500, {"error": "prompt too long; exceeded max context length by 12 tokens"}),
    (K.CONTEXT_LENGTH, "Perplexity", 400, said("Too much.", type="too_many_prompt_tokens", code=400)),
    (
        K.CONTEXT_LENGTH,
        "Groq",
        413,
        said("Request too large for model `m` (TPM): Limit 6, Requested 9", code="rate_limit_exceeded"),
    ),
    (
        K.CONTEXT_LENGTH,
        "OpenAI",
        429,
        said("Request too large. The input or output tokens must be reduced in order to run"),
    ),
    (
        K.CONTEXT_LENGTH,
        "Copilot",
        400,
        said("prompt token count of 9 exceeds the limit of 8", code="model_max_prompt_tokens_exceeded"),
    ),
    (
        K.CONTEXT_LENGTH,
        "GitHub Models",
        413,
        said("Request body too large for m. Max size: 8000 tokens.", code="tokens_limit_reached"),
    ),
    (K.CONTEXT_LENGTH, "Anthropic", 400, said("input length and `max_tokens` exceed context limit: 9 + 8 > 10")),
    (K.CONTEXT_LENGTH, "DashScope", 400, said("Range of input length should be [1, 30720]")),
    (
        K.CONTEXT_LENGTH,
        "TGI",
        422,
        {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096."},
    ),
    (K.CONTEXT_LENGTH, "OpenRouter", 400, routed('{"error":{"message":"prompt is too long: 9 tokens > 8 maximum"}}')),
    # Images, sound, files
    (
        K.ATTACHMENT,
        "llama.cpp",
        500,
        said("image input is not supported - hint: you may need to provide the mmproj", code=500),
    ),
    (K.ATTACHMENT, "llama.cpp", 400, said("Failed to load image or audio file")),
    (K.ATTACHMENT, "DeepSeek", 400, said("messages[0]: unknown variant `image_url`, expected `text` at line 1")),
    (K.ATTACHMENT, "OpenAI", 400, said("Invalid content type. image_url is only supported by certain models.")),
    (K.ATTACHMENT, "OpenAI", 400, said("Error while downloading https://a.example/x.jpg.", code="invalid_image_url")),
    (K.ATTACHMENT, "OpenRouter", 404, said("No endpoints found that support image input", code=404)),
    (K.ATTACHMENT, "OpenRouter", 400, routed('{"error":{"message":"Model m supports at most 1 image per prompt."}}')),
    (K.ATTACHMENT, "vLLM", 400, said("At most 1 image(s) may be provided in one request.")),
    (K.ATTACHMENT, "vLLM", 400, said("m is not a multimodal model")),
    (K.ATTACHMENT, "Gemini", 400, [said("Unable to process input image.", status="INVALID_ARGUMENT")]),
    (K.ATTACHMENT, "Ollama", 500, {"error": "this model does not support images"}),
    (K.ATTACHMENT, "Groq", 400, said("too many images provided. This model supports up to 5 images")),
    # No such model
    (K.NOT_FOUND, "DeepSeek", 400, said("The supported API model names are a or b, but you passed c.")),
    (K.NOT_FOUND, "OpenRouter", 400, said("x/y is not a valid model ID", code=400)),
    (K.NOT_FOUND, "OpenRouter", 404, said("No endpoints found for x/y.", code=404)),
    (
        K.NOT_FOUND,
        "Groq",
        400,
        said("The model `m` has been decommissioned and is no longer supported.", code="model_decommissioned"),
    ),
    (K.NOT_FOUND, "Copilot", 400, said("The requested model is not supported.", code="model_not_supported")),
    (
        K.NOT_FOUND,
        "Hugging Face",
        400,
        said("The requested model 'x/y' is not supported by any provider you have enabled."),
    ),
    (K.NOT_FOUND, "GitHub Models", 400, said("Unknown model: m", code="unknown_model")),
    (K.NOT_FOUND, "Ollama", 404, said('model "m" not found, try pulling it first')),
    (
        K.NOT_FOUND,
        "Azure",
        404,
        said("The API deployment for this resource does not exist.", code="DeploymentNotFound"),
    ),
    # Money
    (K.CREDIT, "OpenRouter", 402, said("This request requires more credits, or fewer max_tokens.", code=402)),
    (
        K.CREDIT,
        "Hugging Face",
        402,
        {"error": "You have exceeded your monthly included credits for Inference Providers."},
    ),
    (K.CREDIT, "Anthropic", 400, said("Your credit balance is too low to access the API.")),
    (K.CREDIT, "OpenRouter", 400, routed("insufficient_quota: You exceeded your current quota")),
    (
        K.CREDIT,
        "xAI",
        403,
        {"code": "x", "error": "Your team has used all available credits or reached its monthly spending limit"},
    ),
    # Moderation
    (
        K.CONTENT_FILTER,
        "OpenRouter",
        403,
        said("Provider returned error", metadata={"reasons": ["violence"], "flagged_input": "I w…"}),
    ),
    (K.CONTENT_FILTER, "Azure", 400, said("The response was filtered", code="content_filter")),
    (K.CONTENT_FILTER, "DashScope", 400, said("Input data may contain bad words.", code="data_inspection_failed")),
    (K.CONTENT_FILTER, "Gemini", 400, [said("Blocked: PROHIBITED_CONTENT")]),
    # Region
    (
        K.FORBIDDEN,
        "OpenRouter",
        403,
        routed('{"error":{"code":"unsupported_country_region_territory","message":"Not here."}}', 403),
    ),
    (
        K.FORBIDDEN,
        "Gemini",
        400,
        [said("User location is not supported for the API use.", status="FAILED_PRECONDITION")],
    ),
    # Too many requests
    (K.RATE_LIMIT, "OpenRouter", 429, routed("m is temporarily rate-limited upstream. Please retry shortly.", 429)),
    (
        K.RATE_LIMIT,
        "Gemini",
        429,
        [said("You exceeded your current quota. Please retry in 12.5s.", status="RESOURCE_EXHAUSTED")],
    ),
    (K.CREDIT, "OpenAI", 429, said("You exceeded your current quota, please check your plan and billing details.")),
    # Refusals that look like failures
    (K.REJECTED, "llama.cpp", 500, said("tools param requires --jinja flag", code=500, type="server_error")),
    (K.REJECTED, "llama.cpp", 500, said("Cannot use both json_schema and grammar", code=500, type="server_error")),
    (K.REJECTED, "Groq", 400, said("Failed to call a function.", code="tool_use_failed", failed_generation="{x")),
    (
        K.REJECTED,
        "OpenAI",
        400,
        said("Unsupported parameter: 'max_tokens' is not supported with this model.", param="max_tokens"),
    ),
    (
        K.REJECTED,
        "xAI",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Model m does not support parameter reasoningEffort.",
        },
    ),
    (K.REJECTED, "OpenAI", 400, said("Unsupported value: 'temperature' does not support 0.2 with this model.")),
    # True failures
    (K.OVERLOADED, "llama.cpp", 500, said("failed to decode the batch", code=500, type="server_error")),
    (K.OVERLOADED, "Ollama", 500, {"error": "llama runner process has terminated: exit status 2"}),
    (K.OVERLOADED, "OpenRouter", 502, routed("upstream connect error or disconnect/reset before headers", 502)),
    (
        K.OVERLOADED,
        "Cloudflare",
        503,
        {"success": False, "errors": [{"code": 3040, "message": "Capacity temporarily exceeded"}]},
    ),
    # The key
    (K.AUTHENTICATION, "DeepSeek", 401, said("Authentication Fails, Your api key: ****-key is invalid")),
    (K.AUTHENTICATION, "Azure", 401, said("Access denied due to invalid subscription key or wrong API endpoint.")),
    (K.AUTHENTICATION, "xAI", 400, {"code": "x", "error": "Incorrect API key provided: xa***zz."}),
    (
        K.AUTHENTICATION,
        "Gemini",
        400,
        [said("API key not valid. Please pass a valid API key.", status="INVALID_ARGUMENT")],
    ),
]
"""Kind, server, status, body."""
