"""What is built: the wheel and the sdist, and with `--torture` that they install and run on every Python there is."""

from __future__ import annotations

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from chat_tui import __version__
from tests import torture
from tests.cli.conftest import Home, Script, acme, home, server, typed  # noqa: F401 - fixtures

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", each)]
SHARED = [
    "share/bash-completion/completions/chat-tui",
    "share/fish/vendor_completions.d/chat-tui.fish",
    "share/man/man1/chat-tui.1",
    "share/zsh/site-functions/_chat-tui",
]
long_form = pytest.mark.skipif(not torture.is_long, reason="installs packages: only with --torture")


def test_the_wheel_has_what_a_user_needs_and_no_more(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("dist-info/METADATA"))
        facts = email.message_from_bytes(archive.read(metadata))
        page = next(name for name in names if name.endswith("/chat-tui.1"))
        assert archive.read(page).startswith(b'.TH "CHAT\\-TUI"')
    assert sorted(name.partition(".data/data/")[2] for name in names if ".data/data/" in name) == SHARED
    assert {name.partition("/")[0] for name in names if ".d" not in name.partition("/")[0]} == {"chat_tui"}
    assert {"chat_tui/themes/midnight.toml", "chat_tui/backends/models/models.json.gz"} <= set(names)
    assert "chat_tui/locale/zh_CN/LC_MESSAGES/chat_tui.mo" in names
    assert not any(name.endswith((".md", ".po")) for name in names)
    assert (facts["Version"], facts["License-Expression"]) == (__version__, "MIT")
    assert facts["Requires-Python"] == f">={PYTHONS[0]}"


def test_the_sdist_can_be_built_from(tmp_path: Path) -> None:
    (sdist,) = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", ".ci/hatch_build.py", "README.md", "LICENSE", "themes/nord.toml"} <= names
    assert {"chat_tui/docs/changelog.md", "tests/test_packaging.py"} <= names


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist."""
    folder = tmp_path_factory.mktemp("built")
    hatch = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*hatch, "-t", "sdist", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = folder / sdist.name.removesuffix(".tar.gz")
    subprocess.run([*hatch, "-t", "wheel", "-d", str(folder)], cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def interpreter(version: str) -> str:
    """A Python of this version; one that only looks like it (a shim without a version behind it) does not count."""
    found = [shutil.which(f"python{version}")]
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found += map(str, sorted(versions.glob(f"{version}.*/bin/python")))
    for each in found:
        if each and subprocess.run([each, "-c", ""], capture_output=True, check=False).returncode == 0:
            return each
    pytest.skip(f"Python {version} is not installed")


@long_form
@pytest.mark.parametrize("version", PYTHONS)
def test_it_installs_and_runs(version: str, built: Path, tmp_path: Path, home: Home, acme: Script) -> None:  # noqa: F811
    python = interpreter(version)
    environment = tmp_path / "environment"
    subprocess.run([python, "-m", "venv", str(environment)], check=True, capture_output=True)
    pins = tmp_path / "pins.txt"
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins.write_text("\n".join(each.rstrip(" \\") for each in lines if "--hash" not in each))
    programs = environment / "bin"
    install = [str(programs / "python"), "-m", "pip", "install", "--quiet", "-c", str(pins), str(built)]
    subprocess.run(install, check=True, capture_output=True, text=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    environ = {**os.environ, **home.environ, "TERM": "xterm-256color"}
    environ.pop("PYTHONPATH", None)

    def run(*arguments: str) -> str:
        command = [str(programs / "chat-tui"), *arguments]
        done = subprocess.run(
            command, env=environ, cwd=outside, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    assert run("--version") == f"chat-tui {__version__}\n"
    assert run("ask", "Hi?", "-q") == "Hello there."
    assert len(json.loads(run("threads", "list", "--json"))) == 1
    assert "midnight" in run("themes")
    assert [each for each in SHARED if not (environment / each).is_file()] == []
    assert (environment / SHARED[2]).read_text() == run("man")
    entered, left = "\x1b[?1049h", "\x1b[?1049l"  # the alternate screen
    assert left in typed([str(programs / "chat-tui")], environ, "\x11", left, outside, entered)
