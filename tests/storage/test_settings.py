"""Settings: config.toml is only read, settings.toml only chosen; every mistake is one line, and the rest holds."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import replace

import pytest

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.model import ModelRef
from chat_tui.domain.models.provider import Auth, AuthKind, Provider
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.tools import Approval, Tool
from chat_tui.storage.paths import Paths
from chat_tui.storage.settings.prompt_library import FilePrompts
from chat_tui.storage.settings.store import FileSettings

BUILTIN = {"acme": Provider("acme", "Acme", "https://acme.example/v1", "ACME_API_KEY", builtin=True)}


@pytest.fixture
def settings(paths: Paths) -> FileSettings:
    paths.config.mkdir()
    return FileSettings(paths, BUILTIN)


def test_without_files_there_are_the_builtin_providers(settings: FileSettings, paths: Paths) -> None:
    loaded = settings.current
    assert loaded.providers == BUILTIN
    assert loaded.problems == []
    assert list(paths.config.iterdir()) == []


def test_the_example_of_the_contract(settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_text("""
default_model = "modelmax/deepseek-v3.2"
theme = "midnight"
[parameters]                    # defaults for new threads
temperature = 0.7
[providers.acme]                # a built-in needs nothing more than a key
api_key_env = "OTHER_API_KEY"
[providers.work]                # one of your own
name = "Work gateway"
base_url = "http://127.0.0.1:8080/v1"
api_key_command = "pass show work/llm"
auth = "header:X-Key"
models = ["our/model-7b"]
headers = { "X-Team" = "docs" }
timeout = { connect = 10, first_token = 300, idle = 120 }
[fallback]
max_price_factor = 1
"work/our/model-7b" = ["acme/m", "family"]
"*" = "family"
[keys]
"model_picker" = "ctrl+l"
""")
    loaded = settings.current
    assert loaded.problems == []
    assert (loaded.default_model, loaded.theme) == ("modelmax/deepseek-v3.2", "midnight")
    assert loaded.parameters == {"temperature": 0.7}
    assert loaded.keys == {"model_picker": "ctrl+l"}
    assert (loaded.providers["acme"].api_key_env, loaded.providers["acme"].name) == ("OTHER_API_KEY", "Acme")
    assert loaded.fallback.max_price_factor == 1
    assert loaded.fallback.of(ModelRef("work", "our/model-7b")) == ("acme/m", "family")
    assert loaded.fallback.of(ModelRef("acme", "m")) == ("family",)
    work = loaded.providers["work"]
    assert work.api_key_command == ("pass", "show", "work/llm")
    assert work.auth == Auth(AuthKind.HEADER, "X-Key")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("theme = 'x'\ndefualt_model = 'a/b'", 2, "unknown key 'defualt_model'; did you mean \"default_model\"?"),
        ("default_model = 'noslash'", 1, "provider/model-id"),
        ("theme = 3", 1, "theme must be a string"),
        ("sidebar = 'yes'", 1, "true or false"),
        ("theme = 'x'\ndensity = 'tight'", 2, "density must be one of comfortable, compact"),
        ("language = '../zh_CN'", 1, "language must be one of auto, en, zh_CN"),
        ("[parameters]\ntop_p = 1\ntemperature = 'hot'", 3, "temperature must be a number"),
        ("[parameters]\nwhen = 2026-01-01", 2, "when must be a number, a string"),
        ("[parameters]\nx = nan", 2, "x must be"),
        ("\n[keys]\nquit = 3", 3, "key binding"),
        ("[providers.work]\nbase_url = 'http://h/v1'\nath = 'none'", 3, 'did you mean "auth"?'),
        ("[providers.work]\nbase_url = 'http://h/v1'\nauth = 'magic'", 3, "bearer, header:NAME, body:FIELD or none"),
        ("[providers.work]\nname = 'W'", 1, "base_url must be given"),
        ("[providers.work]\nbase_url = 'http://h/v1'\napi_key = 'sk-secret-secret'", 3, "does not belong in this file"),
        ("[providers.'A/B']\nbase_url = 'http://h/v1'", 1, "a-z 0-9"),
        ("theme = 'x'\nbroken = = 1", 2, "expected TOML"),
        ("theme = 'x'\nopen = '''", 2, "expected TOML"),
        ("favourites = ['a/b', 'c']", 1, "list of models"),
        ("fallback = ['a/b']", 1, "fallback must be a table"),
        ("model_sets = ['a/b']", 1, "model_sets must be a table"),
        ("[model_sets]\nquick = ['a/b', 'c']", 2, "quick must be a list of models"),
        ("[fallback]\nmax_price_factor = -1", 2, "max_price_factor must be a number; 0 allows any price"),
        (
            "[fallback]\n'a/b' = 'sibling'",
            2,
            'a/b must be a list of models, each written provider/model-id, or "family"',
        ),
        ("[fallback]\n'a/b' = ['c/d', 3]", 2, "a/b must be a list of models"),
        ("[fallback]\n'*' = ['family', 'nope/m']", 2, "unknown provider 'nope' in 'nope/m'"),
        ("[fallback]\nmodel = ['c/d']", 2, "'model' must be a model in quotes"),
    ],
)
def test_a_mistake_is_one_line_with_file_line_and_what_was_expected(
    settings: FileSettings, paths: Paths, text: str, line: int, words: str
) -> None:
    paths.config_file.write_text(text)
    (problem,) = settings.current.problems
    assert problem.startswith(f"{paths.config_file}:{line}: ")
    assert words in problem
    assert "\n" not in problem
    assert "sk-secret" not in problem


def test_what_is_right_beside_a_mistake_holds(settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_text(
        "theme = 'x'\nfavourites = ['a/b', 'c']\n[providers.work]\nbase_url = 'http://h/v1'\nauth = 'magic'\nname = 'W'"
    )
    loaded = settings.current
    assert (loaded.theme, loaded.favourites, loaded.providers["work"].name) == ("x", ["a/b"], "W")


def test_a_file_that_is_no_text_is_a_line_too(settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_bytes(b"theme = 'x'\n\xff\xfe")
    (problem,) = settings.current.problems
    assert problem == f"{paths.config_file}:2: expected UTF-8 text"


async def test_a_choice_is_kept_privately_and_config_wins(settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_text("theme = 'mine'")
    assert (await settings.update(theme="plum", recents=["a/b"], welcomed=True)).theme == "mine"
    paths.config_file.unlink()
    loaded = FileSettings(paths, BUILTIN).current
    assert (loaded.theme, loaded.recents, loaded.welcomed) == ("plum", ["a/b"], True)
    assert stat.S_IMODE(paths.settings_file.stat().st_mode) == 0o600
    assert (await settings.update(theme=None)).theme is None
    assert settings.current.theme is None
    with pytest.raises(TypeError):
        await settings.update(parameters={})


async def test_a_provider_added_in_the_app(settings: FileSettings, paths: Paths) -> None:
    await settings.update(theme="plum")
    loaded = await settings.add_provider("work", "Work", "http://127.0.0.1:8080/v1/chat/completions")
    assert loaded.providers["work"].base_url == "http://127.0.0.1:8080/v1"
    assert loaded.theme == "plum"
    with pytest.raises(ValueError, match="a-z"):
        await settings.add_provider("A B", "x", "http://h")


async def test_a_broken_settings_file_is_kept_aside_and_written_anew(settings: FileSettings, paths: Paths) -> None:
    paths.settings_file.write_text("= broken")
    assert (await settings.update(theme="plum")).theme == "plum"
    (kept,) = paths.config.glob("settings.toml.broken-*")
    assert kept.read_text() == "= broken"


async def test_linked_settings_stay_linked(settings: FileSettings, paths: Paths) -> None:
    target = paths.config.parent / "dotfiles.toml"
    target.write_text("theme = 'a'\nown = 1")
    paths.settings_file.symlink_to(target)
    await settings.update(theme="b")
    assert paths.settings_file.is_symlink()
    assert tomllib.loads(target.read_text()) == {"theme": "b", "own": 1}


# Prompts


@pytest.mark.parametrize(
    "name", ["review", "Code review", "../../etc/passwd", "a/b", ".hidden", "con", "100%", "日本語"]
)
async def test_a_prompt_comes_back_under_its_name_and_stays_in_its_folder(paths: Paths, name: str) -> None:
    library = FilePrompts(paths)
    template = PromptTemplate(name, 'Say "hi".\n\nAnd\\bye.\r\n', "short", "a/b", {"temperature": 0.2})
    template = replace(template, tools=("time", "git:git_log"), fallback=("family",), budget=0.25)
    await library.save(template)
    assert await library.prompts() == [template]
    assert await library.named(name) == template
    assert len(list(paths.prompts.iterdir())) == 1
    await library.delete(name)
    assert await library.prompts() == []


async def test_a_prompt_that_cannot_be_read_is_left_out_and_own_fields_stay(paths: Paths) -> None:
    paths.prompts.mkdir(parents=True)
    (paths.prompts / "a.toml").write_text("prompt = 3")
    (paths.prompts / "b.toml").write_text("= broken")
    (paths.prompts / "c.toml").write_text("prompt = 'x'\nauthor = 'me'")
    library = FilePrompts(paths)
    (only,) = await library.prompts()
    await library.save(PromptTemplate(only.name, "y"))
    assert tomllib.loads((paths.prompts / "c.toml").read_text()) == {"prompt": "y", "author": "me"}
    for name in ("", "x" * 300):
        with pytest.raises(StorageError, match="name"):
            await library.save(PromptTemplate(name, "y"))


def test_tool_servers_are_read(settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_text("""
tool_rounds = 3
mcp_config = "other.json"
[mcp.time]
command = "mcp-server-time"
args = ["--local-timezone", "Europe/Berlin"]
env = { LEVEL = 3, DEBUG = true }
timeout = 5
tools = ["get_current_time"]
approve = "never"
[mcp.time.approve_tools]
get_current_time = "always"
[mcp.work]
url = "https://tools.example/mcp?key=1"
headers = { Authorization = "Bearer ${WORK_TOKEN}" }
enabled = false
[tools]
folders = ["notes", "/srv"]
""")
    (paths.config / "other.json").write_text("""{"mcpServers": {
        "time": {"command": "another"},
        "My Notes!": {"command": "npx", "args": ["-y", "notes"], "type": "stdio", "alwaysAllow": ["write"]},
        "far": {"serverUrl": "https://far.example/mcp", "disabled": true},
        "nothing": {}}}""")
    loaded = settings.current
    assert loaded.problems == [
        f"{paths.config / 'other.json'}: nothing: either command (to start it) or url (to reach it) is needed"
    ]
    assert set(loaded.tool_servers) == {"time", "work", "My-Notes", "far"}
    time = loaded.tool_servers["time"]
    assert (time.command, time.env, time.timeout) == ("mcp-server-time", {"LEVEL": "3", "DEBUG": "true"}, 5)
    assert time.tools == ("get_current_time",)
    approvals = [time.approval(Tool("time", name)) for name in ("get_current_time", "convert_time")]
    assert approvals == [Approval.ALWAYS, Approval.NEVER]
    assert time.place == f"{paths.config_file}:4"
    work = loaded.tool_servers["work"]
    assert work.address == "https://tools.example/mcp"
    assert not work.enabled
    assert "WORK_TOKEN" not in repr(work)
    assert loaded.tool_servers["My-Notes"].approve is Approval.ASK
    assert not loaded.tool_servers["far"].enabled
    assert loaded.tool_folders == [str(paths.config / "notes"), "/srv"]
    assert loaded.tool_rounds == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mcp = 1", "1: mcp must be tables, each [mcp.NAME]"),
        ("[mcp.a]", "1: either command (to start it) or url (to reach it) is needed"),
        ('[mcp.a]\ncommand = "a"\nurl = "https://a"', "1: either command (to start it) or url (to reach it) is needed"),
        (
            '[mcp."a b"]\ncommand = "a"',
            "1: a server's name is made of letters, digits, _ . -, at most 64; 'a b' is not one",
        ),
        (
            '[mcp.chat-tui]\ncommand = "a"',
            "1: a server's name is made of letters, digits, _ . -, at most 64; 'chat-tui' is the program's own",
        ),
        ('[mcp.a]\ncommand = "a"\narg = ["b"]', "3: unknown key 'arg'; did you mean \"args\"?"),
        ('[mcp.a]\ncommand = "a"\nargs = "b"', "3: args must be a list of strings"),
        ('[mcp.a]\ncommand = "a"\ntimeout = 0', "3: timeout must be a number of seconds, at most 3600"),
        ('[mcp.a]\ncommand = "a"\napprove = "yes"', '3: approve must be "ask" or "always" or "never"'),
        ("tool_rounds = 0", "1: tool_rounds must be a whole number from 1 to 100"),
        ("[tools]\nfolders = 1", "2: folders must be a list of paths"),
        ("[tools]\nfolder = []", "2: unknown key 'folder'; did you mean \"folders\"?"),
        ("mcp_config = 1", "1: mcp_config must be the path of a JSON file with mcpServers, or a list of such paths"),
    ],
)
def test_mistakes_about_tools_are_a_line_each(text: str, message: str, settings: FileSettings, paths: Paths) -> None:
    paths.config_file.write_text(text)
    assert settings.current.problems == [f"{paths.config_file}:{message}"]
