"""Claim: a student with fewer layers, as int8 that passed the gate, keeps the teacher's quality.

Banking77: at least 98 % of the teacher's macro-F1 (teacher at least .90, on all training rows). WNUT17:
at least 92 % of its strict F1 (teacher at least .40). The int8 file has at most 20 MB and answers one text
of 25 tokens within 3 ms (median, one thread). Peers in the same run: the fp32 graph of the same student,
and onnxruntime's plain dynamic int8 of it, with what the gate says of that.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmarks.reporting import (
    data_folder,
    question_of,
    read_entities,
    read_labelled_csv,
    read_tokens,
    write_result,
)
from workbench import catalog
from workbench.config import n_training_threads, stay_offline
from workbench.distillation.student import StudentSettings, distil
from workbench.domain.arrays import AnyArray
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.export.bundle_writer import export_network
from workbench.export.gate import HeldOut, check
from workbench.export.model_card import Origin
from workbench.export.onnx_graph import to_onnx
from workbench.export.scores import Comparison
from workbench.networks.network import Network, network_scores
from workbench.serving.bundle import Bundle
from workbench.tokenisation.pieces import cut
from workbench.usecases.judge import judge

RUNS = 300
TOKENS = 25


def text_of_tokens(network: Network, texts: Sequence[str]) -> str:
    """Return a text that has 25 pieces with the two special ones."""
    return next(text for text in texts if len(cut(network.tokenizer, text).ids) + 2 == TOKENS)


def median_ms(answer: Any) -> float:
    """Return the median time of a call in milliseconds, after a warm-up."""
    for _ in range(20):
        answer()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        answer()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def graph_ms(path: Path, network: Network, text: str) -> float:
    """Return the median time of one text through a graph on one thread, tokenisation included."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])

    def answer() -> Any:
        encoding = network.tokenizer.encode(text)
        feeds: dict[str, AnyArray] = {
            "input_ids": [encoding.ids],  # type: ignore[dict-item]
            "attention_mask": [encoding.attention_mask],  # type: ignore[dict-item]
        }
        return session.run(None, feeds)

    return median_ms(answer)


def measure(
    name: str, question: Question, train: Sequence[Example], dev: Sequence[Example], held_out: HeldOut
) -> list[dict[str, Any]]:
    """Fit a teacher, distil it, export the student, and return a row for each of them."""
    test, texts = held_out.examples, held_out.texts
    context = LearnerContext(n_threads=n_training_threads())
    learner = catalog.learner("bert", question.kind, context)
    started = time.monotonic()
    model = learner.fit({question: train}, seed=0, dev={question: dev} if dev else None)
    teacher: Network = model.network(question.name)  # type: ignore[attr-defined]
    seconds = time.monotonic() - started
    teacher_f1 = judge(question, test, network_scores(teacher, texts), basis="held-out").headline
    print(f"  {name}: teacher {teacher_f1:.4f} in {seconds:.0f} s", flush=True)
    started = time.monotonic()
    pool = [example.text for example in train]
    student = distil(teacher, network_scores(teacher, pool), pool, settings=StudentSettings())
    student_seconds = time.monotonic() - started
    figures = judge(question, test, network_scores(student, texts), basis="held-out")
    print(f"  {name}: student {figures.headline:.4f} in {student_seconds:.0f} s", flush=True)
    rows = [
        {"data": name, "model": "teacher", "F1": teacher_f1, "of teacher": 1.0, "s": seconds},
        {
            "data": name,
            "model": "student, torch",
            "F1": figures.headline,
            "of teacher": figures.headline / teacher_f1,
            "s": student_seconds,
        },
    ]
    return rows + exported(name, question, held_out, student, figures.figures.as_dict(), teacher_f1)


def exported(
    name: str,
    question: Question,
    held_out: HeldOut,
    student: Network,
    facts: dict[str, Any],
    base: float,
) -> list[dict[str, Any]]:
    """Export the student and its peers; return a row for each graph."""
    test = held_out.examples
    text = text_of_tokens(student, held_out.texts)
    run = Run(
        "benchmark",
        question.name,
        "bert",
        0,
        question.labels,
        0,
        len(test),
        "",
        figures=facts,
        basis="held-out",
    )
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        graph = to_onnx(student.module, max_pieces=student.max_pieces)
        (folder / "fp32.onnx").write_bytes(graph.SerializeToString())
        del graph.graph.value_info[:]
        (folder / "plain.onnx").write_bytes(graph.SerializeToString())
        quantize_dynamic(folder / "plain.onnx", folder / "dynamic.onnx", weight_type=QuantType.QInt8)
        report = export_network(student, held_out, folder / "bundle", origin=Origin(name, question, run))
        bundle = Bundle.load(folder / "bundle")
        compared = Comparison.of(student, graph, held_out.texts, n_threads=n_training_threads())
        import onnx

        dynamic = check(compared.with_int8(onnx.load(folder / "dynamic.onnx")), held_out, recipe="dynamic")
        f1 = judge(question, test, bundle.score(held_out.texts), basis="held-out").headline
        print(report.in_words(), flush=True)
        return [
            {
                "data": name, "model": "student, fp32 ONNX", "MB": size_mb(folder / "fp32.onnx"),
                "p50 ms": graph_ms(folder / "fp32.onnx", student, text),
            },
            {
                "data": name, "model": "student, dynamic int8", "MB": size_mb(folder / "dynamic.onnx"),
                "p50 ms": graph_ms(folder / "dynamic.onnx", student, text),
                "gate": "passed" if dynamic.passed else f"refused: {'; '.join(f.name for f in dynamic.failures)}",
            },
            {
                "data": name, "model": f"bundle, {report.recipe}", "F1": f1, "of teacher": f1 / base,
                "MB": size_mb(folder / "bundle" / "model.onnx"),
                "p50 ms": median_ms(lambda: bundle.predict([text])),
                "gate": "passed" if report.passed else "refused",
            },
        ]  # fmt: skip


def size_mb(path: Path) -> float:
    """Return a file's size in MB of a million bytes."""
    return path.stat().st_size / 1e6


def main() -> None:
    """Measure one or both data sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", default=["banking77", "wnut17"])
    arguments = parser.parse_args()
    stay_offline()
    rows: list[dict[str, Any]] = []
    if "banking77" in arguments.data:
        folder = data_folder("banking77")
        train, test = read_labelled_csv(folder / "train.csv"), read_labelled_csv(folder / "test.csv")
        rows += measure("banking77", question_of("intent", train), train, [], HeldOut(test))
    if "wnut17" in arguments.data:
        folder = data_folder("wnut17")
        train, dev, test = (read_entities(folder / f"{part}.conll") for part in ("train", "dev", "test"))
        tokens = read_tokens(folder / "test.conll")
        rows += measure("wnut17", question_of("entities", train), train, dev, HeldOut(test, tokens))
    columns = ("data", "model", "F1", "of teacher", "MB", "p50 ms", "gate", "s")
    write_result("distilled_models", [{c: row.get(c, "") for c in columns} for row in rows])


if __name__ == "__main__":
    main()
