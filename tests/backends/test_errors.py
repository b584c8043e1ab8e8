"""Any status and body to a cause, words and a next step."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tui.backends.errors.reporter import MAX_DETAIL, ErrorReporter, error_of_payload, error_of_response
from chat_tui.backends.errors.retry_after import go_duration
from chat_tui.backends.http.environment import Proxy
from chat_tui.backends.http.errors import error_of_exception, error_of_proxy
from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.text.secrets import Secret
from tests.backends import quirks
from tests.backends.error_bodies import BODIES, routed, said
from tests.backends.helpers import KEY, custom
from tests.servers.providers import SILICONFLOW_ERRORS

K = ErrorKind
REPORT = ErrorReporter(custom("https://llm.example"), Secret(KEY), clock=lambda: 1_700_000_000.0)


def response(status: int, body: object = "", **headers: str) -> ProviderError:
    raw = body if isinstance(body, bytes) else (body.encode() if isinstance(body, str) else json.dumps(body).encode())
    return error_of_response(REPORT, status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


@pytest.mark.parametrize("text", quirks.OVERFLOWS)
@pytest.mark.parametrize("status", [400, 413])
def test_every_wording_of_an_overflow(text: str, status: int) -> None:
    error = response(status, {"error": {"message": text}})
    assert error.kind is K.CONTEXT_LENGTH
    assert "Shorten the thread" in error.advice
    assert text[:30] in error.detail


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "bad", "code": "context_length_exceeded"}}, K.CONTEXT_LENGTH),
        (400, {"error": {"message": "n must be 1"}}, K.REJECTED),
        (400, {"error": {"message": "Incorrect API key provided"}}, K.AUTHENTICATION),
        (401, "", K.AUTHENTICATION),
        (402, {"error": {"message": "Insufficient balance", "type": "insufficient_balance"}}, K.CREDIT),
        (403, '"Forbidden"', K.FORBIDDEN),
        (404, {"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}, K.NOT_FOUND),
        (404, '"404 page not found"', K.NOT_FOUND),
        (408, "", K.TIMEOUT),
        (409, "", K.OVERLOADED),
        (413, "", K.REJECTED),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}, K.REJECTED),
        (422, {"detail": "wrong"}, K.REJECTED),
        (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, K.CREDIT),
        (429, "", K.RATE_LIMIT),
        (400, [{"error": {"code": 400, "message": "API key not valid"}}], K.AUTHENTICATION),
        (500, "oops", K.OVERLOADED),
        (502, b"<html>Bad gateway 203.0.113.7</html>", K.OVERLOADED),
        (504, '"gateway"', K.TIMEOUT),
        (524, b"<!DOCTYPE html>", K.TIMEOUT),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, K.OVERLOADED),
        (301, "", K.REDIRECT),
    ],
)
def test_kinds(status: int, body: object, kind: ErrorKind) -> None:
    error = response(status, body)
    assert error.kind is kind
    assert error.message.endswith((".", "…"))
    assert error.advice
    assert error.http_status == status


@pytest.mark.parametrize(("kind", "server", "status", "body"), BODIES)
def test_every_wording_of_every_server_is_of_its_kind(kind: ErrorKind, server: str, status: int, body: object) -> None:
    error = response(status, body)
    assert error.kind is kind, server
    again = kind in (K.RATE_LIMIT, K.OVERLOADED)
    assert error.retryable == again
    if kind is not K.REJECTED:
        assert "parameters" not in error.advice
    if kind is not K.OVERLOADED:  # of which the status alone tells
        assert error_of_payload(REPORT, json.loads(json.dumps(body))).kind is kind


def test_what_a_router_knows_of_the_failure_is_told() -> None:
    raw = json.dumps(said("Model m supports at most 1 image per prompt.", type="invalid_request_error"))
    error = response(400, routed(raw, remedy_hint="Send fewer images {0}."))
    assert "supports at most 1 image per prompt (Acme)" in error.message
    assert error.advice.endswith("Send fewer images {0}.")
    assert "provider: Acme" in error.detail
    assert error.extra == {"upstream_provider": "Acme"}
    flagged = said("Input was flagged", code=403, metadata={"reasons": ["violence", "hate"], "flagged_input": "I will"})
    detail = response(403, flagged).detail
    assert "flagged: violence, hate" in detail
    assert "flagged input: I will" in detail


@pytest.mark.parametrize("raw", [None, "", [], {}, 7, {"error": None}])
def test_a_router_that_knows_nothing_more_is_quoted(raw: object) -> None:
    assert "Provider returned error" in response(502, routed(raw, 502)).message


def test_what_an_upstream_says_in_json_is_read_behind_words_of_a_gateway() -> None:
    error = response(
        400, said('litellm.BadRequestError: AcmeException - {"error": {"message": "n must be 1", "param": "n"}}')
    )
    assert error.message.endswith("litellm.BadRequestError: AcmeException - n must be 1.")
    assert error.param == "n"


def test_what_could_not_be_used_and_what_a_filter_found_are_kept() -> None:
    error = response(400, said("Failed to call a function.", code="tool_use_failed", failed_generation="<f>{x"))
    assert error.extra == {"failed_generation": "<f>{x"}
    assert "failed generation: <f>{x" in error.detail
    found = {"hate": {"filtered": True, "severity": "high"}, "violence": {"filtered": False, "severity": "safe"}}
    error = response(400, said("No.", code="content_filter", innererror={"content_filter_result": found}))
    assert error.extra == {"content_filter": {"hate": {"filtered": True, "severity": "high"}}}
    assert "hate: high" in error.detail


def test_a_long_wait_is_said_as_people_say_it() -> None:
    assert "Wait 5 hours" in response(429, "", retry_after="18000").advice
    assert "Wait 3 minutes" in response(429, "", retry_after="180").advice
    assert "Wait a moment" in response(429, "").advice


def test_siliconflows_five_shapes() -> None:
    found = [
        response(status, body if not isinstance(body, str) else json.dumps(body)) for status, body in SILICONFLOW_ERRORS
    ]
    kinds = [error.kind for error in found]
    assert kinds == [K.NOT_FOUND, K.AUTHENTICATION, K.FORBIDDEN, K.RATE_LIMIT, K.OVERLOADED]
    assert "Model does not exist" in found[0].message
    assert "20012" in found[0].detail
    assert "TPM limit" in found[3].message


def test_modelslab_messege_and_retry_after_in_the_body() -> None:
    error = response(429, {"status": "error", "messege": "Queue is full", "retry_after": 30})
    assert (error.kind, error.retry_after, error.retryable) == (K.RATE_LIMIT, 30.0, True)
    assert "Queue is full" in error.message
    assert "30 seconds" in error.advice


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry_after": "7"}, "", 7),
        ({"retry_after": "1.5"}, "", 1.5),
        ({"retry_after": "Tue, 14 Nov 2023 22:13:50 GMT"}, "", 30),
        ({"retry_after": "Tue, 14 Nov 2000 22:13:50 GMT"}, "", 0),
        ({"retry_after_ms": "1500", "retry_after": "9"}, "", 1.5),
        ({"retry_after_ms": "0", "retry_after": "1"}, "", 1),
        ({"retry_after_ms": "0"}, "", 0),
        ({"x_ratelimit_reset": "1700000030"}, "", 30),
        ({"x_ratelimit_reset": "1700000030000"}, "", 30),
        ({"x_ratelimit_reset": "1699999999"}, "", None),
        ({"ratelimit_reset": "30"}, "", 30),
        ({"anthropic_ratelimit_requests_reset": "2023-11-14T22:13:50Z"}, "", 30),
        (
            {
                "x_ratelimit_reset_requests_day": "33000",
                "x_ratelimit_remaining_requests_day": "4",
                "x_ratelimit_reset_tokens_minute": "20",
                "x_ratelimit_remaining_tokens_minute": "0",
            },
            "",
            20,
        ),
        ({}, said("Slow.", metadata={"headers": {"X-RateLimit-Reset": "1700000030000"}}), 30),
        ({}, said("Slow.", metadata={"headers": {"Retry-After": "30"}}), 30),
        ({}, said("Slow.", metadata={"headers": {"X-RateLimit-Reset": "Tue, 14 Nov 2023 22:13:50 GMT"}}), 30),
        ({}, routed({"error": {"message": "Slow.", "retry_after": 30}}, 429), 30),
        ({}, [said("Slow.", details=[{"@type": "RetryInfo", "retryDelay": "30s"}])], 30),
        ({}, said("Slow.", resets_in_seconds=30), 30),
        ({}, said("Slow.", resets_at=1700000030), 30),
        ({}, {"error": "Model is loading", "estimated_time": 30.5}, 30.5),
        ({}, said("Please retry after 30 seconds."), 30),
        ({}, said("Try again in 2 minutes and 5 seconds"), 125),
        ({}, said("Please retry in 1m2.5s."), 62.5),
        ({}, said("Your limit resets at 2023-11-14T22:13:50Z"), 30),
        ({}, said("Your limit resets at 2023-11-14 22:13:50 UTC"), 30),
        ({}, said("Try again in 1 day"), 86400),
        ({}, said("Retry after: 30"), 30),
        ({}, said("You sent 30 messages. Try again."), None),
        ({}, {"error": {"message": "Please try again in 41.724s."}}, 41.724),
        ({}, {"error": {"message": "Please try again in 6m0s."}}, 360),
        ({}, {"error": {"message": "try again in 120ms"}}, 0.12),
        ({"x_ratelimit_reset_requests": "1s", "x_ratelimit_reset_tokens": "2m3s"}, "", 123),
        ({"retry_after": "soon"}, "", None),
        ({"retry_after": "-5"}, "", None),
        ({"retry_after": "nan"}, "", None),
        ({"retry_after": "99999999999"}, "", 86400),
        ({"retry_after": "Tue, 99 Foo"}, "", None),
        ({"x_ratelimit_reset_requests": "-1"}, "", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: object, seconds: float | None) -> None:
    assert response(429, body, **headers).retry_after == (None if seconds is None else pytest.approx(seconds))


def test_a_web_page_is_never_shown() -> None:
    error = response(502, b"<!DOCTYPE html><p>Your IP: 203.0.113.7</p>")
    assert "203.0.113.7" not in f"{error} {error.detail}"
    assert "<" not in f"{error} {error.detail}"


def test_the_key_and_control_characters_never_come_back() -> None:
    error = response(400, {"error": {"message": f"Bad {KEY} sk-another-12345678 \x1b]0;owned\x07 \u202e" + "x" * 9000}})
    shown = f"{error} {error.detail}"
    assert KEY not in shown
    assert "sk-another" not in shown
    assert not any(char in shown for char in "\x1b\x07\u202e")
    assert len(error.detail) <= MAX_DETAIL


def test_a_redirect_says_where_to_without_its_query() -> None:
    error = response(307, "", location="https://evil.example/v1?token=abc")
    assert "https://evil.example/v1" in error.message
    assert "abc" not in str(error)
    assert not error.retryable


def test_x_should_retry_wins() -> None:
    assert not response(503, "", x_should_retry="false").retryable
    assert response(400, "", x_should_retry="true").retryable


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_what_would_fail_again_is_not_tried_again(status: int) -> None:
    assert not response(status).retryable


def test_openrouters_code_in_the_body_counts_as_status() -> None:
    error = error_of_payload(REPORT, {"error": {"code": 402, "message": "More credits needed"}})
    assert (error.kind, error.http_status) == (K.CREDIT, 402)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "detail", "status", "msg", "loc", "retry_after"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON, st.integers(300, 599))
def test_no_body_breaks_it(payload: object, status: int) -> None:
    error = error_of_response(REPORT, status, {}, json.dumps(payload).encode())
    assert error.message
    assert len(error.detail) <= MAX_DETAIL + 100
    assert error_of_payload(REPORT, json.loads(json.dumps(payload))).message


@pytest.mark.parametrize(
    ("text", "seconds"), [("6m0s", 360), ("12ms", 0.012), ("1h1m1s", 3661), ("", None), ("0", None)]
)
def test_go_durations(text: str, seconds: float | None) -> None:
    assert go_duration(text) == (None if seconds is None else pytest.approx(seconds))


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (caused(httpx.ConnectError("x"), ConnectionRefusedError(111, "x")), K.CONNECTION, "refused"),
        (
            caused(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
            K.CONNECTION,
            "Could not resolve",
        ),
        (httpx.ConnectError("All connection attempts failed"), K.CONNECTION, "Could not connect"),
        (httpx.ConnectTimeout(""), K.TIMEOUT, "did not respond"),
        (httpx.ReadError(""), K.CONNECTION, "closed the connection"),
        (httpx.RemoteProtocolError("peer closed"), K.CONNECTION, "closed the connection"),
        (
            caused(httpx.ConnectError("[SSL] record layer"), ssl.SSLError(1, "wrong version")),
            K.TLS,
            "secure connection",
        ),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: self-signed certificate"), K.TLS, "self-signed"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: certificate has expired"), K.TLS, "has expired"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: Hostname mismatch"), K.TLS, "different host name"),
        (httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: unable to get local issuer"), K.TLS, "not trusted"),
        (RuntimeError("?"), K.INTERNAL, "Internal error"),
    ],
)
def test_network_failures_in_words(error: Exception, kind: ErrorKind, words: str) -> None:
    made = error_of_exception(REPORT, error)
    assert made.kind is kind
    assert words in made.message
    assert made.advice
    assert type(error).__name__ not in str(made) + made.detail


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectError("All connection attempts failed"), "does not respond"),
        (caused(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")), "unknown host"),
        (httpx.ConnectTimeout(""), "does not respond"),
        (httpx.ProxyError("403 Forbidden"), "rejected the request"),
    ],
)
def test_a_dead_proxy_is_blamed_and_not_the_provider(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:pw@proxy.example:3128/")
    made = error_of_exception(REPORT, error)
    assert made.kind is K.CONNECTION
    assert made.message.startswith("The proxy proxy.example:3128 (set in HTTPS_PROXY) ")
    assert words in made.message
    assert "HTTPS_PROXY" in made.advice
    assert "pw" not in f"{made} {made.detail}"
    secure = error_of_exception(REPORT, httpx.ConnectError("CERTIFICATE_VERIFY_FAILED: self-signed certificate"))
    assert secure.kind is K.TLS


def test_a_proxy_that_wants_a_password_says_where_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    advice = error_of_exception(REPORT, httpx.ProxyError("407 Proxy Authentication Required")).advice
    assert "into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT" in advice


def test_a_bad_proxy_names_the_variable_and_hides_its_password() -> None:
    error = error_of_proxy(
        ValueError("Unknown scheme for proxy URL 'ftp://user:pw@host'"), Proxy("ftp://x", "ALL_PROXY")
    )
    assert error.kind is K.CONFIGURATION
    assert "ALL_PROXY" in error.message
    assert "pw" not in error.detail


def test_a_package_that_is_missing_for_socks_is_named() -> None:
    error = error_of_proxy(ImportError("socksio"), Proxy("socks5://127.0.0.1:7891", "all_proxy"))
    assert "127.0.0.1:7891 (set in all_proxy)" in error.message
    assert "pip install socksio" in error.advice


def test_a_providers_name_is_data() -> None:
    report = replace(REPORT, provider=replace(REPORT.provider, name="{0.__class__} \x1b[31m"))
    assert "{0.__class__} ␛[31m" in error_of_response(report, 500, {}, b"").message
