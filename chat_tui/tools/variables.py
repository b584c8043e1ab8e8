"""Fills in `${VARIABLE}` in the settings of a tool server, and chooses what of the environment a server sees."""

from __future__ import annotations

import re
from collections.abc import Mapping

_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-([^}]*))?\}")
_PASSED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSL_CERT_FILE"),
    *("SSL_CERT_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    *("APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROCESSOR_ARCHITECTURE"),
    *("PROGRAMDATA", "PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE"),
)
"""Variables that a program needs to run, on any system. No key is among them, nor a proxy with its password."""


class MissingVariableError(Exception):
    """A variable is not set; the argument is its name."""


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Fills in `${NAME}`, `${env:NAME}` and `${NAME:-default}`.

    Raises:
        MissingVariableError: one is not set, and has no default.
    """

    def value(match: re.Match[str]) -> str:
        found = environ.get(match[1]) or match[2]
        if found is None:
            raise MissingVariableError(match[1])
        return found

    return _VARIABLE.sub(value, text)


def server_environment(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a server: what any program needs, and what the settings give it.

    Args:
        environ: of this program.
        own: of the settings; may hold `${NAME}`.

    Raises:
        MissingVariableError: see `expand`.
    """
    passed = {name: environ[name] for name in _PASSED if name in environ}
    passed |= {name: value for name, value in environ.items() if name.startswith("LC_")}
    return passed | {name: expand(value, environ) for name, value in own.items()}
