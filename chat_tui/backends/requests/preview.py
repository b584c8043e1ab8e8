"""Shows a request as its body in JSON or as a curl command, both without the key."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Sequence

from chat_tui.backends.requests.builder import chat_request
from chat_tui.backends.requests.rejected_fields import FieldRepair
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.provider import Provider, split_socket
from chat_tui.domain.ports.backend import ChatRequest
from chat_tui.domain.text.clean import join_surrogates
from chat_tui.domain.text.secrets import Secret, redact, without_secrets


def preview(request: ChatRequest, provider: Provider, changes: Sequence[FieldRepair] = ()) -> tuple[str, str]:
    """Shows a request without its key: the body as JSON, and a curl command that takes the key from the environment.

    Raises:
        ProviderError: as `chat_request`.
    """
    variable = next(iter(provider.key_variables), "API_KEY")
    stand_in = f"KEY-{secrets.token_hex(8)}"  # occurs nowhere in the conversation, which may mention $API_KEY
    sent = chat_request(request, provider, Secret(stand_in) if provider.needs_key else None, changes)
    body, headers = _masked(sent.body or {}, stand_in), _masked(dict(sent.headers), stand_in)
    text = join_surrogates(json.dumps(body, ensure_ascii=False, indent=2))
    socket, url = split_socket(sent.url)
    through = f"--unix-socket {shlex.quote(socket)} " if socket else ""
    lines = [f"curl -N {through}{shlex.quote(redact(url))}"]
    for name, value in headers.items():
        if name not in ("Accept-Encoding", "User-Agent"):
            lines.append("  -H " + shlex.quote(f"{name}: {value}"))
    lines.append("  --data-binary " + shlex.quote(text))
    command = " \\\n".join(lines).replace(stand_in, f"'\"${variable}\"'")
    return text.replace(stand_in, f"${variable}"), command


def _masked(fields: JsonObject, stand_in: str) -> JsonObject:
    """Headers or a body without the keys that the profile or the user put there; messages stay as they are."""
    return {
        name: value if name == "messages" or (isinstance(value, str) and stand_in in value) else _without(name, value)
        for name, value in fields.items()
    }


def _without(name: str, value: Json) -> Json:
    masked = without_secrets({name: value})
    return masked[name] if isinstance(masked, dict) else masked
