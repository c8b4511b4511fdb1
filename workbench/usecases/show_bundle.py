"""What is known of an exported model: its files, its gate, what it lost, how fast it is, how to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import artefacts
from workbench.analysis.f1_intervals import apart, f1_interval
from workbench.domain.questions import check_slug
from workbench.errors import ArtefactError, UnknownNameError, WorkbenchError
from workbench.usecases.project import Project
from workbench.usecases.show_changes import Changes, read_changes
from workbench.usecases.show_progress import (
    BUNDLE_MANIFEST,
    GRAPH,
    BundleFacts,
    bundle_folders,
    read_bundle_facts,
)
from workbench.usecases.time_bundle import timing_path
from workbench.usecases.verify_bundle import verify_bundle

CARD = "README.md"
MOST_CARD_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds for one text on one thread: median and 95th percentile.

    `run` is the trained float32 network on the same texts, None when there is none any more.
    """

    bundle: tuple[float, float]
    run: tuple[float, float] | None
    n_texts: int
    median_characters: int
    machine: str
    measured_at: str


@dataclass(frozen=True, slots=True)
class LabelLoss:
    """F1 of one label before and after the export; `differs` when their intervals do not overlap."""

    label: str
    before: float | None
    after: float | None
    support: int
    differs: bool

    @property
    def difference(self) -> float | None:
        """What was won (above 0) or lost."""
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an export is compared with: F1 of the run, of its float32 network, and of what was exported.

    A run of a head on stored vectors was judged on those, which are rounded to float16; the gate computes
    everything anew in float32. `float32` is None in bundles that do not say, which are compared with
    the run.
    """

    figure: str
    run: float | None
    float32: float | None
    exported: float | None

    @property
    def is_run(self) -> bool:
        """Whether labels are compared with the run for want of figures of its float32 network."""
        return self.float32 is None


@dataclass(frozen=True, slots=True)
class ShownBundle:
    """All that a page shows of a bundle.

    `sha256` is that of the graph as the manifest has it, `manifest_sha256` that of the manifest, which
    holds the SHA-256 of every file. `refusal` says why the bundle is not to be used (it is not the one
    that was exported, or failed its gate); it is "" for a sound one. `losses` is empty when
    `not_compared` says why the run and the export cannot be compared. `changes` are the held-out answers
    that the export changed, None for a bundle that does not say.
    """

    facts: BundleFacts
    folder: Path
    weights: str
    why: str
    refusal: str
    sha256: str
    manifest_sha256: str
    n_bytes_in_all: int
    losses: tuple[LabelLoss, ...]
    not_compared: str
    baseline: Baseline
    changes: Changes | None
    card: str
    timing: Timing | None


def find_bundle(project: Project, name: str) -> Path:
    """Return a bundle's folder. Raises UnknownNameError."""
    folders = {folder.name: folder for folder in bundle_folders(project)}
    if name not in folders:
        raise UnknownNameError("bundle", name, folders)
    return folders[name]


def bundles_of(project: Project, run_id: str) -> list[str]:
    """Return the names of the bundles that came from a run; what is not readable is left out."""
    found = []
    for folder in bundle_folders(project):
        try:
            if read_bundle_facts(folder).run == run_id:
                found.append(folder.name)
        except WorkbenchError:
            continue
    return found


def show_bundle(project: Project, name: str) -> ShownBundle:
    """Read what is known of a bundle. Raises ArtefactError when its manifest is not readable.

    Its files are verified, anew only when one was touched since.
    """
    folder = find_bundle(project, name)
    facts = read_bundle_facts(folder)
    manifest = artefacts.read_json(folder / BUNDLE_MANIFEST)
    try:
        recipe = manifest.get("recipe", {})
        losses, remark = label_losses(manifest)
        return ShownBundle(
            facts=facts,
            folder=folder,
            weights=str(recipe.get("words", "")),
            why=str(recipe.get("why", "")),
            refusal=_refusal(project, folder),
            sha256=str(manifest["files"][GRAPH]["sha256"]),
            manifest_sha256=artefacts.file_sha256(folder / BUNDLE_MANIFEST),
            n_bytes_in_all=sum(int(file["bytes"]) for file in manifest["files"].values()),
            losses=losses,
            not_compared=remark,
            baseline=baseline_of(manifest),
            changes=read_changes(manifest),
            card=read_card(folder),
            timing=read_timing(project, name, of_graph=str(manifest["files"][GRAPH]["sha256"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtefactError(
            f"The manifest lacks what a bundle says of itself: {error!r}.",
            where=str(folder / BUNDLE_MANIFEST),
            hint="Export the model again.",
        ) from error


def _refusal(project: Project, folder: Path) -> str:
    try:
        verify_bundle(project, folder)
    except ArtefactError as error:
        return error.message
    return ""


def baseline_of(manifest: Mapping[str, Any]) -> Baseline:
    """Return the F1 figures that a manifest holds; strict F1 of entities, macro-F1 of texts."""
    found = [manifest.get(name) or {} for name in ("figures_before_int8", "figures_float32", "figures")]
    key = "strict_f1" if any("strict_f1" in figures for figures in found) else "macro_f1"
    run, float32, exported = (figures.get(key) for figures in found)
    name = "strict F1" if key == "strict_f1" else "macro-F1"
    return Baseline(name, run, float32, exported)


def label_losses(manifest: Mapping[str, Any]) -> tuple[tuple[LabelLoss, ...], str]:
    """Return F1 of each label before and after the export, the largest loss first, or why not.

    The figures before are those of the float32 network, as in the gate; of the run where a manifest has
    none. They are compared only when both were judged on as many held-out documents with the same
    answers, as far as their numbers a label tell.
    """
    before = manifest.get("figures_float32") or manifest.get("figures_before_int8", {})
    after = manifest.get("figures", {})
    if not before.get("per_label") or not after.get("per_label"):
        return (), "There are no figures per label to compare."
    places = [(f.get("basis"), f.get("n", f.get("n_documents"))) for f in (before, after)]
    if places[0] != places[1]:
        return (), (
            f"The run was judged on {places[0][1]} documents ({places[0][0]}) and the exported model on "
            f"{places[1][1]} ({places[1][0]}): these figures cannot be compared."
        )
    earlier = {row["label"]: row for row in before["per_label"]}
    answers = [{row["label"]: row["support"] for row in f["per_label"]} for f in (before, after)]
    if answers[0] != answers[1]:
        return (), (
            "Answers of held-out documents were changed between the training and the export: these figures "
            "cannot be compared. What the weights alone lost stands in the gate."
        )
    losses = [_loss(earlier[row["label"]], row) for row in after["per_label"] if row["label"] in earlier]
    return tuple(sorted(losses, key=lambda loss: loss.difference if loss.difference is not None else 9.0)), ""


def _loss(before: Mapping[str, Any], after: Mapping[str, Any]) -> LabelLoss:
    one, other = (f1_interval(row["support"], row["predicted"], row["correct"]) for row in (before, after))
    return LabelLoss(after["label"], before["f1"], after["f1"], int(after["support"]), apart(one, other))


def read_card(folder: Path) -> str:
    """Return the model card of a bundle; "" when it has none that can be read."""
    path = folder / CARD
    try:
        if path.is_symlink() or path.stat().st_size > MOST_CARD_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def read_timing(project: Project, name: str, *, of_graph: str = "") -> Timing | None:
    """Return how fast a bundle is on this machine; None when it was not measured, or with another graph."""
    path = timing_path(project, check_slug("bundle", name))
    if not path.exists():
        return None
    try:
        found = artefacts.read_json(path)
        if of_graph and found["sha256"] != of_graph:
            return None
        return Timing(
            bundle=_pair(found["bundle"]),
            run=None if found["run"] is None else _pair(found["run"]),
            n_texts=int(found["n_texts"]),
            median_characters=int(found["median_characters"]),
            machine=str(found["machine"]),
            measured_at=str(found["measured_at"]),
        )
    except (ArtefactError, KeyError, TypeError, ValueError):
        return None


def _pair(found: Mapping[str, Any]) -> tuple[float, float]:
    return float(found["median_ms"]), float(found["p95_ms"])


def usage(bundle: ShownBundle, texts: Sequence[str] = ("A text.",)) -> tuple[str, str]:
    """Return the command that predicts with a bundle, and the same in Python."""
    command = f"workbench predict {bundle.facts.name} texts.txt"
    snippet = (
        "from pathlib import Path\n"
        "from workbench.serving.bundle import Bundle\n\n"
        f'bundle = Bundle.load(Path("{bundle.facts.name}"))\n'
        f"print(bundle.predict({list(texts)!r}))"
    )
    return command, snippet
