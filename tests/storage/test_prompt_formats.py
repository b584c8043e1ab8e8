"""Saved prompts of other programs: what comes over, what is reported, and hostile ones."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.ports.files import PromptReport
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.template import variables
from chat_tui.storage.exchange import FileExchange
from chat_tui.storage.files.strict_json import CodecError
from chat_tui.storage.files.yaml_text import read_yaml
from chat_tui.storage.paths import Paths
from chat_tui.storage.prompt_formats.cards import PNG
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.storage.thread_store import FileThreadStore

CARD: dict[str, Any] = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Ada",
        "description": "{{char}} is a mathematician. <USER> is her guest.",
        "personality": "Exact.",
        "scenario": "",
        "first_mes": "Good evening, {{user}}.{{// said softly}}",
        "mes_example": "<START>\n{{user}}: Hi\n{{Char}}: Good day.",
        "system_prompt": "{{original}}\nYou are {{char}}.",
        "post_history_instructions": "Stay in 1843.",
        "creator_notes": "For the curious.\nMore.",
        "alternate_greetings": ["Hm?"],
        "character_book": {
            "entries": [
                {"keys": ["engine"], "content": "Brass.", "enabled": True},
                {"keys": [], "content": "It rains.", "constant": True, "enabled": True},
            ]
        },
    },
}
ADA = """You are Ada.

Ada is a mathematician. {{user=User}} is her guest.

Personality:
Exact.

It rains.

How Ada talks:
{{user}}: Hi
Ada: Good day.

How Ada begins:
Good evening, {{user}}.

Stay in 1843."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + b"\0\0\0\0"


def png(*chunks: bytes) -> bytes:
    return PNG + chunk(b"IHDR", bytes(13)) + b"".join(chunks) + chunk(b"IEND", b"")


def packed(card: object) -> bytes:
    return b64encode(json.dumps(card).encode())


async def take(paths: Paths, path: Path, *, replaces: bool = False) -> PromptReport:
    library = FilePrompts(paths)

    def named(name: str) -> str | None:
        return "work/gpt-4o" if "gpt-4o" in name else None

    return await FileExchange(FileThreadStore(paths), paths.message_page, library, named).import_prompts(
        str(path), replaces=replaces
    )


async def one(paths: Paths, name: str, data: bytes | str) -> tuple[PromptTemplate, str]:
    """What is in the library after the import of a file, and what was reported."""
    path = paths.cache / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    report = await take(paths, path)
    (imported,) = report.imported
    (saved,) = await FilePrompts(paths).prompts()
    assert saved == imported
    return saved, "\n".join(report.problems)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ada.json", json.dumps(CARD)),
        ("ada.png", png(chunk(b"tEXt", b"chara\0" + packed(CARD)))),
        ("ada.png", png(chunk(b"tEXt", b"chara\0" + packed({})), chunk(b"tEXt", b"ccv3\0" + packed(CARD)))),
        ("ada.png", png(chunk(b"zTXt", b"chara\0\0" + zlib.compress(packed(CARD))))),
        ("ada.png", png(chunk(b"iTXt", b"chara\0\0\0en\0\0" + packed(CARD)))),
    ],
)
async def test_a_character_card(paths: Paths, name: str, data: bytes | str) -> None:
    saved, problems = await one(paths, name, data)
    assert saved == PromptTemplate("Ada", ADA, "For the curious.")
    assert variables(saved.prompt) == {"user": "User"}
    assert "other greetings of characters were left out" in problems
    assert "wait for certain words were left out" in problems


async def test_a_card_of_the_first_version_without_a_system_prompt(paths: Paths) -> None:
    card = {"name": "Bob", "description": "A smith. {{roll:d6}}", "personality": "", "first_mes": ""}
    saved, problems = await one(paths, "bob.json", json.dumps(card))
    assert saved.prompt == "You are Bob. Stay in this role in every answer to {{user=User}}.\n\nA smith. {{roll:d6}}"
    assert problems == "placeholders stay as they are (in “Bob”)"


ROLE = "---\nmodel: openai:gpt-4o\ntemperature: 0\ntop_p: 7\nuse_tools: fs\n---\nAnswer __INPUT__ in one word.\n"


async def test_a_role_of_aichat(paths: Paths) -> None:
    saved, problems = await one(paths, "brief.md", ROLE)
    text = "Answer the user's message in one word."
    assert saved == PromptTemplate("brief", text, model="work/gpt-4o", parameters={"temperature": 0})
    assert "the setting top_p was left out" in problems
    assert "tools of other programs were left out" in problems


async def test_a_text_with_rules_is_all_prompt(paths: Paths) -> None:
    saved, _ = await one(paths, "plain.md", "---\nBe brief.\n---\nBe kind.")
    assert saved.prompt == "---\nBe brief.\n---\nBe kind."


TEMPLATE = """model: nobody/knows
system: >
  You translate
  to $language.
prompt: 'Price in $$: $input, ${language}'
options: {temperature: 0.5, reasoning_effort: low, odd: 1}
defaults:
  language: no
fragments: [https://example.org/x]
schema_object:
  type: object
"""


async def test_a_template_of_llm(paths: Paths) -> None:
    saved, problems = await one(paths, "tr.yaml", TEMPLATE)
    assert saved.prompt == "You translate to {{language=no}}.\n\nPrice in $: the user's message, {{language}}"
    assert saved.model is None
    assert (saved.parameters["temperature"], saved.parameters["thinking"]) == (0.5, "low")
    assert saved.parameters["response_format"]["json_schema"]["schema"] == {"type": "object"}  # type: ignore[index, call-overload]
    for reason in ("nobody/knows is not known here", "the setting odd was left out", "fragments of templates"):
        assert reason in problems


async def test_a_folder_of_patterns_and_one_of_roles(paths: Paths, tmp_path: Path) -> None:
    patterns, roles = tmp_path / "patterns", tmp_path / "roles"
    for name in ("extract", "summarize"):
        (patterns / name).mkdir(parents=True)
        (patterns / name / "system.md").write_text(f"# IDENTITY\n{name}")
        (patterns / name / "user.md").write_text("no")
    (patterns / "README.md").write_text("no")
    report = await take(paths, patterns)
    assert [(each.name, each.prompt) for each in report.imported] == [
        ("extract", "# IDENTITY\nextract"),
        ("summarize", "# IDENTITY\nsummarize"),
    ]
    roles.mkdir()
    (roles / "roles.yaml").write_text("- name: a\n  prompt: A\n- name: extract\n  prompt: other\n")
    (roles / "README.md").write_text("no")
    (roles / "picture.png").write_bytes(png())
    (roles / "other.json").write_text("[]")
    (roles / "notes").mkdir()
    (roles / "notes" / "no.md").write_text("no")
    (roles / "link.md").symlink_to(patterns / "README.md")
    report = await take(paths, roles)
    assert ([each.name for each in report.imported], report.kept, report.problems) == (["a"], ["extract"], [])
    report = await take(paths, roles, replaces=True)
    assert ([each.name for each in report.imported], report.present) == (["extract"], ["a"])


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.png", png(), "a picture without a character card"),
        ("x.png", png(chunk(b"tEXt", b"chara\0*")), "damaged character card"),
        ("x.png", png(chunk(b"zTXt", b"chara\0\0" + zlib.compress(bytes(9_000_000)))), "larger than 8 MiB"),
        ("x.png", PNG + b"\xff\xff\xff\xfftEXtchara", "without a character card"),
        ("x.json", b'{"spec": "chara_card_v2", "data": {}}', "without a text"),
        ("x.json", b"[1]", "no character card"),
        ("x.yaml", b"a: &a [*a]", "anchors or tags"),
        ("x.yaml", b"a: !!python/object/apply:os.system [x]", "anchors or tags"),
        ("x.yaml", b"prompt: x\nother: y", "neither a template nor a list of roles"),
        ("x.yaml", b"[" * 60, "nested deeper"),
        ("x.md", b"\xff\xfe", "not UTF-8"),
        ("x.md", b"---\ntemperature: 1\n---\n", "no text"),
    ],
)
async def test_what_is_none_is_told(paths: Paths, tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    report = await take(paths, path)
    assert (report.count, await FilePrompts(paths).prompts()) == (0, [])
    assert reason in report.problems[0]


async def test_hostile_texts_are_clean(paths: Paths) -> None:
    evil = "\x1b[2J\u202e\ud800"
    card = {"name": f"../{evil}x", "description": evil + "Hm.", "personality": "", "first_mes": ""}
    saved, _ = await one(paths, "evil.json", json.dumps(card))
    assert (saved.name[:3], saved.prompt[-3:]) == ("../", "Hm.")
    assert not {"\x1b", "\u202e", "\ud800"} & set(saved.name + saved.prompt)
    assert [each.is_file() for each in paths.prompts.iterdir()] == [True]


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = "a: no\nb: 12:30\nc: 2026-11-26\nd: 1.5\ne: -3\nf: true\ng:\nh: 010\ni: |\n  x\n\n  y\n"
    assert read_yaml(text) == {
        **{"a": "no", "b": "12:30", "c": "2026-11-26", "d": 1.5, "e": -3, "f": True, "g": None, "h": "010"},
        "i": "x\n\ny\n",
    }
    with pytest.raises(CodecError, match=r"not YAML: .*\(line"):
        read_yaml("a: [")
