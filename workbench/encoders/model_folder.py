"""What a sentence-transformers folder says about itself, read before any weight is loaded.

The format: https://sbert.net/docs/sentence_transformer/usage/custom_models.html
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from workbench.artefacts import file_sha256, read_json
from workbench.errors import ArtefactError, InputError
from workbench.networks.backbone import CODE_KEYS, MODEL_TYPES

REMOTE_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?", re.ASCII)
# What may be fetched: descriptions, vocabularies and safetensors; never code, pickles or other graphs.
FETCHED = ("*.json", "*.safetensors", "*.txt", "*.model")
UNSAFE_WEIGHTS = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack"})
PACKAGE = "sentence_transformers."


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A checked folder.

    `fingerprint` is made of everything in it that decides the vectors. `is_mean` tells whether they
    are the mean of the piece vectors of an architecture that the workbench knows; `max_pieces` is how
    many pieces, special ones included, the model takes at once (0: it does not say).
    """

    path: Path
    fingerprint: str
    is_mean: bool
    max_pieces: int
    width: int


def find_folder(name: str | Path) -> Path:
    """Return the folder of that name, else of the model of that name, downloaded once.

    The network is asked only for a name that stands for no folder and was not downloaded before.
    Raises InputError when it is no folder and cannot be downloaded either.
    """
    path = Path(name).expanduser()
    if str(name) and path.is_dir():
        return path.resolve()
    if not REMOTE_NAME.fullmatch(str(name)):
        raise InputError(f"There is no folder '{name}', and no model can have that name.")
    return _downloaded(str(name))


def _downloaded(name: str) -> Path:
    """Fetch in a process of its own: this one was told to stay offline, and remains so."""
    script = (
        "import sys; from huggingface_hub import snapshot_download as get\n"
        "from huggingface_hub.errors import LocalEntryNotFoundError\n"
        "try: path = get(sys.argv[1], allow_patterns=sys.argv[2:], local_files_only=True)\n"
        "except LocalEntryNotFoundError: path = get(sys.argv[1], allow_patterns=sys.argv[2:])\n"
        "print(path)"
    )
    environment = {k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")}
    repository = name if "/" in name else f"sentence-transformers/{name}"
    done = subprocess.run(
        [sys.executable, "-c", script, repository, *FETCHED], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise InputError(
            f"The model '{name}' is no folder on this machine, and it could not be fetched from the network.",
            hint=f"Name a folder, or allow the network (asked for: huggingface.co/{repository}), "
            "or use 'minilm', which needs none.",
        )
    return Path(done.stdout.strip())


def read_folder(path: Path) -> ModelFolder:
    """Read what the folder says. Raises ArtefactError when it is none, brings code, or holds pickles."""
    modules = _modules(path)
    config = read_json(path / "config.json") if (path / "config.json").exists() else {}
    _refuse_code(config, path)
    parts = [path / part for _, part in modules]
    for part in parts:
        _refuse_pickles(part)
    return ModelFolder(
        path=path,
        fingerprint=_fingerprint(path, parts),
        is_mean=_is_mean(path, modules, config),
        max_pieces=_max_pieces(path, config),
        width=config["hidden_size"] if type(config.get("hidden_size")) is int else 0,
    )


def _modules(path: Path) -> list[tuple[str, str]]:
    """Return type and folder of each step; a folder without modules.json is a transformer and its mean."""
    listed = path / "modules.json"
    if not listed.exists():
        if not (path / "config.json").exists():
            raise ArtefactError("It holds no sentence-transformers model: no modules.json.", where=str(path))
        return [(f"{PACKAGE}models.Transformer", "")]
    try:
        modules = [(str(entry["type"]), str(entry["path"])) for entry in read_json(listed)]
    except (KeyError, TypeError) as error:
        raise ArtefactError(f"A module lacks {error}.", where=str(listed)) from error
    for kind, part in modules:
        if not kind.startswith(PACKAGE):
            raise ArtefactError(f"It wants to run code of its own ({kind}).", where=str(listed))
        if not (path / part).resolve().is_relative_to(path.resolve()):
            raise ArtefactError(f"A module lies outside the folder ({part}).", where=str(listed))
    return modules


def _refuse_code(config: Any, path: Path) -> None:
    if not isinstance(config, dict):
        raise ArtefactError("config.json is no JSON object.", where=str(path))
    code = [key for key in config if key in CODE_KEYS or "attn_implementation" in key]
    if code:
        raise ArtefactError(f"It wants to run code of its own ({', '.join(code)}).", where=str(path))


def _refuse_pickles(part: Path) -> None:
    files = [file for file in part.iterdir() if file.is_file()] if part.is_dir() else []
    unsafe = [file.name for file in files if file.suffix in UNSAFE_WEIGHTS]
    if unsafe and not any(file.suffix == ".safetensors" for file in files):
        raise ArtefactError(
            f"Its weights are only there as {unsafe[0]}, a format that can hold code.",
            where=str(part),
            hint="Use a version of the model that is saved as safetensors.",
        )


def _is_mean(path: Path, modules: list[tuple[str, str]], config: dict[str, Any]) -> bool:
    kinds = [kind.rpartition(".")[2] for kind, _ in modules]
    if kinds not in (["Transformer"], ["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    lower_cases = _fact(path / "sentence_bert_config.json", "do_lower_case")
    prompt = _fact(path / "config_sentence_transformers.json", "default_prompt_name")
    pooled = len(kinds) == 1 or _pools_by_mean(path / modules[1][1] / "config.json")
    plain = (
        modules[0][1] == "" and (path / "tokenizer.json").exists() and (path / "model.safetensors").exists()
    )
    return plain and pooled and config.get("model_type") in MODEL_TYPES and not lower_cases and not prompt


def _pools_by_mean(path: Path) -> bool:
    pooling = read_json(path)
    if "pooling_mode" in pooling:
        return bool(pooling["pooling_mode"] == "mean")
    return [key for key, on in pooling.items() if key.startswith("pooling_mode_") and on] == [
        "pooling_mode_mean_tokens"
    ]


def _max_pieces(path: Path, config: dict[str, Any]) -> int:
    said = (
        _fact(path / "sentence_bert_config.json", "max_seq_length"),
        _fact(path / "tokenizer_config.json", "model_max_length"),
        config.get("max_position_embeddings"),
    )
    return next((figure for figure in said if type(figure) is int and 4 <= figure < 100_000), 0)


def _fact(path: Path, key: str) -> Any:
    content = read_json(path) if path.exists() else None
    return content.get(key) if isinstance(content, dict) else None


def _fingerprint(path: Path, parts: list[Path]) -> str:
    digest = sha256()
    for part in sorted({path, *parts}):
        for file in sorted(part.iterdir()) if part.is_dir() else []:
            if file.suffix in {".json", ".safetensors", ".txt", ".model"}:
                digest.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()[:12]
