"""From a trained network to a published bundle: graph, int8, gate, files, manifest last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto

from workbench.artefacts import empty_folder, publish_folder, write_json, write_whole
from workbench.config import n_training_threads
from workbench.domain.annotations import now
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import check_slug
from workbench.domain.scores import ClassScores, Scores
from workbench.domain.steps import Steps
from workbench.errors import ArtefactError, InputError, NotEnoughDataError, UnknownNameError
from workbench.export.changes import changed_answers
from workbench.export.gate import GateReport, HeldOut, check
from workbench.export.model_card import Origin, model_card
from workbench.export.onnx_graph import to_onnx
from workbench.export.recipes import PRECISIONS, Chosen, choose
from workbench.export.scores import Comparison, GraphRun, graph_scores
from workbench.networks.network import Network

MANIFEST = "bundle.json"
N_GOLDEN = 10
# Another processor rounds otherwise; a step of int8 that falls the other way moves a probability this far.
GOLDEN_TOLERANCE = 0.02
GOLDEN_CHARACTERS = 2_000
DIGITS = 6
VERSIONS_OF = ("annotation-workbench", "numpy", "onnx", "onnxruntime", "onnxscript", "tokenizers", "torch")


def bundle_name(question: str, run: str, precision: str = "int8") -> str:
    """Return the folder name of a run's bundle, its question first. Raises InputError when it is no slug."""
    name = run if run.startswith(f"{question}-") else f"{question}-{run}"
    return check_slug("bundle", f"{name}-{precision}")


def export_network(
    network: Network,
    held_out: HeldOut,
    folder: Path,
    *,
    origin: Origin,
    figures_of: Callable[[Scores], Mapping[str, Any]] = lambda scores: {},
    precision: str = "int8",
    progress: Progress = silent,
) -> GateReport:
    """Publish a network as a bundle in `folder`, which must not exist, and return the gate's figures.

    `precision` is that of the weights: "int8", by the first recipe that passes the gate, or "float32".

    `figures_of` judges scores of the held-out documents; what it says of the int8 graph, one document at
    a time, stands in the manifest and on the model card, because that is what will be served. What it
    says of the float32 network stands in the manifest: the gate compares with it. So do the ids of the
    documents that the two answer differently.

    Raises GateError, and publishes nothing, when the graph answers otherwise than the network,
    NotEnoughDataError when there are no held-out documents to see it by, and UnknownNameError for
    another precision.
    """
    if precision not in PRECISIONS:
        raise UnknownNameError("precision", precision, PRECISIONS)
    _check_fit(network, held_out, origin, folder)
    steps = Steps(progress)
    steps.begin("trace")
    fp32 = to_onnx(network.module, max_pieces=network.max_pieces)
    steps.begin("verify")
    compared = Comparison.of(network, fp32, held_out.texts, n_threads=n_training_threads(), progress=steps)

    alone: dict[str, Scores] = {}

    def judge(model: ModelProto, recipe: str) -> GateReport:
        steps(0, 0, f"measuring recipe '{recipe}'")
        scores = compared.with_int8(model, progress=steps)
        alone[recipe] = scores.alone
        return check(scores, held_out, recipe=recipe)

    if precision == "int8":
        steps.begin("quantise")
    chosen = choose(fp32, judge, PRECISIONS[precision])
    original = compared.torch if chosen.report.recipe == "float32" else compared.fp32  # as in the gate
    served = alone[chosen.report.recipe]
    origin = replace(
        origin,
        figures=figures_of(served),
        figures_float32=figures_of(original),
        changed_answers=changed_answers(original, served, held_out),
    )
    steps.begin("publish")
    publish(network, chosen, golden_texts(held_out), folder, origin=origin)
    return chosen.report


def _check_fit(network: Network, held_out: HeldOut, origin: Origin, folder: Path) -> None:
    if not held_out.examples:
        raise NotEnoughDataError(
            "An export needs held-out documents with answers: without them nobody knows what it loses.",
            hint="Put some documents aside as held-out and label them.",
        )
    if network.labels != origin.question.labels or network.kind != origin.question.kind:
        raise InputError(
            f"The network answers {network.kind} with {len(network.labels)} labels, which are not those of "
            f"the question '{origin.question.name}'.",
            hint="The labels changed since the run: train again.",
        )
    if folder.exists():
        raise ArtefactError("There is already something of that name.", where=str(folder))


def golden_texts(held_out: HeldOut) -> list[str]:
    """Return ten different texts, spread over the lengths that occur."""
    texts = sorted(
        {t for t in held_out.texts if t.strip() and len(t) <= GOLDEN_CHARACTERS}, key=lambda t: (len(t), t)
    )
    if not texts:
        raise NotEnoughDataError("No held-out text is short enough to be kept with the bundle.")
    places = np.linspace(0, len(texts) - 1, min(N_GOLDEN, len(texts))).round().astype(int)
    return [texts[place] for place in places]


def publish(network: Network, chosen: Chosen, golden: Sequence[str], folder: Path, *, origin: Origin) -> None:
    """Write the files of a bundle beside its place, then its manifest, then rename it into place."""
    versions = {name: version(name) for name in VERSIONS_OF}
    work = empty_folder(folder.with_name(f".{folder.name}.work"))
    with write_whole(work / "model.onnx") as file:
        file.write(chosen.model.SerializeToString())
    with write_whole(work / "tokenizer.json") as file:
        file.write(network.tokenizer.to_str().encode())
    question = origin.question
    write_json(
        work / "labels.json",
        {
            "question": question.name,
            "kind": question.kind,
            "labels": list(network.labels),
            "thresholds": {label: float(limit) for label, limit in origin.thresholds.items()},
        },
    )
    with write_whole(work / "README.md") as file:
        file.write(model_card(origin, chosen, versions).encode())
    facts = _facts(network, chosen, origin)
    facts["versions"] = versions
    facts["golden"] = _golden(network, chosen.model, golden)
    publish_folder(work, folder, facts, manifest=MANIFEST)


def _facts(network: Network, chosen: Chosen, origin: Origin) -> dict[str, Any]:
    run = origin.run
    return {
        "project": origin.project,
        "question": origin.question.name,
        "run": run.id,
        "learner": run.learner,
        "label_version": run.label_version,
        "n_examples": run.n_examples,
        "data_hash": run.data_hash,
        "created_at": now(),
        "max_pieces": network.max_pieces,
        "figures": dict(origin.figures),
        "figures_before_int8": dict(run.figures),
        "figures_float32": dict(origin.figures_float32),
        "changed_answers": dict(origin.changed_answers),
        "basis": run.basis,
        "recipe": {"name": chosen.recipe.name, "words": chosen.recipe.words, "why": chosen.why},
        "gate": chosen.report.as_json(),
        "refused": [report.as_json() for report in chosen.refused],
    }


def _golden(network: Network, model: ModelProto, texts: Sequence[str]) -> dict[str, Any]:
    scores = graph_scores(GraphRun(model, n_threads=1, longest=network.max_pieces), network, texts)
    if isinstance(scores, ClassScores):
        rows = [row[None] for row in scores.probabilities]
    else:
        rows = [document.probabilities for document in scores.documents]
    rounded = [np.round(document.astype(np.float64), DIGITS).tolist() for document in rows]
    return {"texts": list(texts), "scores": rounded, "tolerance": GOLDEN_TOLERANCE}
