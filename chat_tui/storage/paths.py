"""Where the files are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat_tui.domain.errors import UsageError
from chat_tui.i18n import tr

APP = "chat-tui"


@dataclass(frozen=True, slots=True)
class Paths:
    """The three directories; nothing is created by naming them."""

    config: Path
    data: Path
    cache: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Paths:
        """The directories of this platform, or those that `CHAT_TUI_{CONFIG,DATA,CACHE}_DIR` name.

        Args:
            environ: the environment; an empty variable counts as unset.

        Raises:
            UsageError: a directory can't be determined: there is no home, or no working directory.
        """
        return cls(
            config=_override(environ, "CHAT_TUI_CONFIG_DIR") or _platform("config"),
            data=_override(environ, "CHAT_TUI_DATA_DIR") or _platform("data"),
            cache=_override(environ, "CHAT_TUI_CACHE_DIR") or _platform("cache"),
        )

    @property
    def config_file(self) -> Path:
        """The settings that a person writes; never written by the program."""
        return self.config / "config.toml"

    @property
    def settings_file(self) -> Path:
        """What was chosen inside the app."""
        return self.config / "settings.toml"

    @property
    def credentials_file(self) -> Path:
        """Keys, where there is no keyring."""
        return self.config / "credentials.toml"

    @property
    def prompts(self) -> Path:
        """The system-prompt library."""
        return self.config / "prompts"

    @property
    def themes(self) -> Path:
        """The user's own themes."""
        return self.config / "themes"

    @property
    def threads(self) -> Path:
        """One file a thread."""
        return self.data / "threads"

    @property
    def corrupt(self) -> Path:
        """Thread files that could not be read, set aside as they were."""
        return self.threads / ".corrupt"

    @property
    def backups(self) -> Path:
        """Of each thread file the version before the last."""
        return self.threads / ".bak"

    @property
    def journal(self) -> Path:
        """What running programs have not yet written into the thread files: drafts, growing answers."""
        return self.data / "journal"

    @property
    def undo_file(self) -> Path:
        """What can be taken back."""
        return self.data / "undo.jsonl"

    @property
    def approvals_file(self) -> Path:
        """Which tools may run unasked."""
        return self.data / "approvals.json"

    @property
    def choices_file(self) -> Path:
        """Which answers of several models were chosen."""
        return self.data / "choices.jsonl"

    @property
    def prompts_file(self) -> Path:
        """The prompts that were sent last."""
        return self.cache / "prompts.jsonl"

    @property
    def positions_file(self) -> Path:
        """Where each thread was read last."""
        return self.cache / "positions.json"

    @property
    def measurements_file(self) -> Path:
        """How quick each model was."""
        return self.cache / "measurements.db"

    @property
    def trash(self) -> Path:
        """Deleted threads."""
        return self.data / "trash"

    @property
    def models(self) -> Path:
        """Model files of the local provider."""
        return self.data / "models"

    @property
    def copied(self) -> Path:
        """What was copied last where there is no clipboard."""
        return self.cache / "copied.txt"

    @property
    def message_page(self) -> Path:
        """The message that was last opened in the browser."""
        return self.cache / "message.html"

    @property
    def tool_results(self) -> Path:
        """Results of tools that are too long for a thread, by thread."""
        return self.data / "results"

    @property
    def tool_logs(self) -> Path:
        """What tool servers wrote on standard error when they ran last."""
        return self.cache / "tools"

    @property
    def lock_file(self) -> Path:
        """Held for the moment of a read, a merge and a write, so that two programs take turns."""
        return self.data / ".lock"


def _override(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    if not value:
        return None
    try:
        return Path(value).expanduser().absolute()
    except FileNotFoundError:
        raise UsageError(
            tr("{name} is a relative path, and the working directory is gone. Change to another.", name=name)
        ) from None
    except RuntimeError:
        raise UsageError(
            tr("{name} names a home directory that is not known. Write the whole path.", name=name)
        ) from None


def _platform(kind: str) -> Path:
    import platformdirs  # late: most tests and many set-ups name all three

    where = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
    }
    try:
        path = where[kind](APP, appauthor=False)
    except RuntimeError:
        path = Path("~")
    if not path.is_absolute():  # neither HOME nor the system's list of users names one; older versions return "~/…"
        raise UsageError(tr("No home directory for this user. Set HOME, or CHAT_TUI_{kind}_DIR.", kind=kind.upper()))
    return path
