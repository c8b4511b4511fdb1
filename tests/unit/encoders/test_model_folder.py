"""What a folder says is read, and what is not safe refused, before any weight is loaded."""

import json
import subprocess

import pytest

from workbench.encoders.model_folder import find_folder, read_folder
from workbench.errors import ArtefactError, InputError

pytestmark = pytest.mark.torch


def changed(folder, name, **facts):
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
    return folder


def test_a_mean_of_pieces_is_recognised(make_folder):
    found = read_folder(make_folder())
    assert found.is_mean
    assert (found.width, found.max_pieces) == (16, 12)


def test_the_newer_spelling_of_pooling_is_understood(make_folder):
    folder = make_folder()
    for mode, is_mean in (("mean", True), ("cls", False), (["mean", "max"], False)):
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": mode}))
        assert read_folder(folder).is_mean is is_mean


def test_a_transformer_without_modules_is_a_mean(make_folder):
    folder = make_folder()
    (folder / "modules.json").unlink()
    assert read_folder(folder).is_mean


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("sentence_bert_config.json", {"do_lower_case": True}),
        ("config.json", {"model_type": "mpnet"}),
    ],
)
def test_what_the_workbench_cannot_do_itself_is_left_to_the_library(make_folder, name, facts):
    assert not read_folder(changed(make_folder(), name, **facts)).is_mean


def test_a_folder_with_a_prompt_or_another_pooling_is_left_to_the_library(make_folder):
    assert not read_folder(make_folder("cls")).is_mean
    prompt = {"default_prompt_name": "query", "prompts": {"query": "query: "}}
    assert not read_folder(make_folder(name="prompt", config_sentence_transformers=prompt)).is_mean


@pytest.mark.parametrize("key", ["auto_map", "_attn_implementation_internal", "trust_remote_code"])
def test_a_config_that_brings_code_is_refused(make_folder, key):
    with pytest.raises(ArtefactError, match=key):
        read_folder(changed(make_folder(), "config.json", **{key: {"AutoModel": "evil.Model"}}))


@pytest.mark.parametrize("kind", ["evil.Module", "os.system", "sentence_transformersevil.Module"])
def test_a_step_that_is_not_of_the_library_is_refused(make_folder, kind):
    with pytest.raises(ArtefactError, match="code of its own"):
        read_folder(make_folder(modules=[{"type": kind, "path": ""}]))


def test_a_step_outside_the_folder_is_refused(make_folder):
    steps = [{"type": "sentence_transformers.models.Transformer", "path": "../other"}]
    with pytest.raises(ArtefactError, match="outside the folder"):
        read_folder(make_folder(modules=steps))


@pytest.mark.parametrize("steps", [{"a": 1}, [1], [{"type": "sentence_transformers.models.Pooling"}]])
def test_steps_that_make_no_sense_are_refused(make_folder, steps):
    with pytest.raises(ArtefactError):
        read_folder(make_folder(modules=steps))


def test_weights_that_are_only_there_as_a_pickle_are_refused(make_folder):
    folder = make_folder()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ArtefactError, match=r"only there as pytorch_model\.bin"):
        read_folder(folder)


def test_a_pickle_beside_safetensors_is_not_looked_at(make_folder):
    folder = make_folder()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    assert read_folder(folder).is_mean


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ArtefactError, match=r"no modules\.json"):
        read_folder(tmp_path)


def test_the_fingerprint_follows_everything_that_decides_the_vectors(make_folder):
    first = read_folder(make_folder()).fingerprint
    assert read_folder(make_folder(name="same")).fingerprint == first
    for name in ("model.safetensors", "tokenizer.json", "1_Pooling/config.json"):
        folder = make_folder(name=f"other-{len(name)}")
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-1] + b" " + content[-1:])
        assert read_folder(folder).fingerprint != first


def test_a_name_that_can_be_neither_folder_nor_model_is_refused():
    for name in ("/nowhere/at/all", "../model", "a b", "https://example.org/model", ""):
        with pytest.raises(InputError, match="no folder"):
            find_folder(name)


def test_a_failed_download_says_what_was_asked_for_and_what_else_to_do(monkeypatch):
    calls = []

    def fails(command, **options):
        calls.append((command, options["env"]))
        return subprocess.CompletedProcess(command, 1, "", "trace\nOSError: no route to host\n")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(InputError, match=r"'all-mpnet-base-v2' is no folder .* not be fetched") as caught:
        find_folder("all-mpnet-base-v2")
    assert "no route to host" not in str(caught.value), "the library's own words say nothing to a person"
    assert "folder" in caught.value.hint
    assert "network" in caught.value.hint
    (command, environment), *_ = calls
    assert "sentence-transformers/all-mpnet-base-v2" in command
    assert "*.safetensors" in command
    assert not any("bin" in pattern or "py" in pattern for pattern in command[4:])
    assert "HF_HUB_OFFLINE" not in environment


def test_a_downloaded_model_is_the_folder_it_was_put_into(monkeypatch, tmp_path):
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, f"{tmp_path}\n", "")
    )
    assert find_folder("someone/some-model") == tmp_path
