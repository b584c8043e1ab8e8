"""A request as it can be shown: the exact body as JSON, or a curl command, both without the key (PRODUCT.md §6.6)."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Sequence

from chat_tui.backends.refusals import Change
from chat_tui.backends.requests import chat_request
from chat_tui.domain.clean import join_surrogates
from chat_tui.domain.ports import ChatRequest
from chat_tui.domain.provider import Provider, split_socket
from chat_tui.domain.secrets import Secret


def preview(request: ChatRequest, provider: Provider, changes: Sequence[Change] = ()) -> tuple[str, str]:
    """Shows a request without its key: the body as JSON, and a curl command that takes the key from the environment.

    Raises:
        ProviderError: as `chat_request`.
    """
    variable = provider.api_key_env or "API_KEY"
    stand_in = f"KEY-{secrets.token_hex(8)}"  # stands nowhere in the conversation, which may well talk of $API_KEY
    made = chat_request(request, provider, Secret(stand_in) if provider.needs_key else None, changes)
    text = join_surrogates(json.dumps(made.body, ensure_ascii=False, indent=2))
    socket, url = split_socket(made.url)
    through = f"--unix-socket {shlex.quote(socket)} " if socket else ""
    lines = [f"curl -N {through}{shlex.quote(url)}"]
    for name, value in made.headers.items():
        if name not in ("Accept-Encoding", "User-Agent"):
            lines.append("  -H " + shlex.quote(f"{name}: {value}"))
    lines.append("  --data-binary " + shlex.quote(text))
    command = " \\\n".join(lines).replace(stand_in, f"'\"${variable}\"'")
    return text.replace(stand_in, f"${variable}"), command
