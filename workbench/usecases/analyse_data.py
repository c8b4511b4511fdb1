"""Look through all documents and one question's answers for what spoils a training or flatters its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench import artefacts
from workbench.analysis.dataset import DataFacts, data_facts, has_visible_text
from workbench.analysis.lengths import length_bars
from workbench.domain.annotations import now
from workbench.domain.documents import Document
from workbench.domain.ports import Progress, silent
from workbench.usecases.collect_examples import example_of, settled_answers
from workbench.usecases.detect_languages import detect_languages
from workbench.usecases.project import Project, open_folder

if TYPE_CHECKING:
    from workbench.analysis.near_duplicates import NearGroup

KEPT_GROUPS = 50
KEPT_IDS = 50
Group: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """What an analysis saw; when the project says something else today, it is out of date."""

    n_documents: int
    n_answers: int
    label_version: int


def basis_of(project: Project, question: str) -> Basis:
    """Return what an analysis would see today."""
    asked = project.store.question(question)
    return Basis(project.store.n_documents(), project.store.n_answers(question), asked.label_version)


def analysis_path(project: Project, question: str) -> Path:
    """Return where the analysis of a question stands."""
    return project.folder / "data" / f"analysis-{project.store.question(question).name}.json"


def read_analysis(project: Project, question: str) -> dict[str, Any] | None:
    """Return the newest analysis, None when there is none. Raises ArtefactError for a damaged one."""
    path = analysis_path(project, question)
    if not path.exists():
        return None
    found: dict[str, Any] = artefacts.read_json(path)
    return found


def is_out_of_date(project: Project, question: str, analysis: dict[str, Any]) -> bool:
    """Tell whether documents, answers or labels came since."""
    return bool(analysis["basis"] != asdict(basis_of(project, question)))


def analyse_data(project: Project, question: str, *, progress: Progress = silent) -> dict[str, Any]:
    """Analyse the documents and the settled answers to a question, and keep what was found.

    The result (JSON values) is written into `data/analysis-QUESTION.json`, and the languages of all
    documents into `data/languages.json`. Each finding has its first 50 groups of documents.
    """
    from workbench.analysis.near_duplicates import near_duplicates

    asked, basis = project.store.question(question), basis_of(project, question)
    documents = project.store.documents()
    chosen = settled_answers(project, question)
    examples = [example_of(d.text, chosen[d.id]) for d in documents if d.id in chosen]
    facts = data_facts(documents, examples)
    codes = detect_languages(project, progress=progress)
    groups = near_duplicates(documents, progress=progress)
    found = {
        "question": question,
        "made_at": now(),
        "basis": asdict(basis),
        "n_pool": facts.n_pool,
        "n_held_out": facts.n_held_out,
        "n_labelled": facts.n_labelled,
        "labels": label_rows(asked.labels, facts),
        "lengths": [asdict(bar) for bar in bars_of(documents)],
        "languages": language_rows(documents, codes),
        "findings": findings(documents, facts, groups, codes),
        "warnings": facts.warnings(asked.labels),
    }
    path = analysis_path(project, question)
    path.parent.mkdir(parents=True, exist_ok=True)
    artefacts.write_json(path, found)
    return found


def label_rows(labels: Sequence[str], facts: DataFacts) -> list[dict[str, Any]]:
    """Return each label's counts in the pool and the held-out set, most frequent first."""
    names = dict.fromkeys([*facts.n_by_label, *facts.held_out_by_label, *labels])
    rows = [
        {
            "label": name,
            "pool": facts.n_by_label.get(name, 0),
            "held_out": facts.held_out_by_label.get(name, 0),
        }
        for name in names
    ]
    return sorted(rows, key=lambda row: -(row["pool"] + row["held_out"]))


def bars_of(documents: Sequence[Document]) -> Iterable[Any]:
    """Return the histogram of the lengths."""
    pool = [len(document.text) for document in documents if document.part != "held-out"]
    return length_bars(pool, [len(document.text) for document in documents if document.part == "held-out"])


def language_rows(documents: Sequence[Document], codes: dict[str, str]) -> list[dict[str, Any]]:
    """Return each language's counts, most frequent first."""
    pool = Counter(codes[document.id] for document in documents if document.part != "held-out")
    every = Counter(codes.values())
    return [
        {"language": code, "pool": pool[code], "held_out": n - pool[code]} for code, n in every.most_common()
    ]


def findings(
    documents: Sequence[Document], facts: DataFacts, near: Sequence[NearGroup], codes: dict[str, str]
) -> list[dict[str, Any]]:
    """Return what deserves a look, worst first, without what was not found."""
    held_out = {document.id for document in documents if document.part == "held-out"}
    leaks = [{"ids": [*leak.pool_ids, *leak.held_out_ids]} for leak in facts.leaks]
    is_leak = [0 < len(held_out.intersection(group.document_ids)) < len(group.document_ids) for group in near]
    alike = [{"ids": list(g.document_ids), "similarity": round(g.similarity, 3)} for g in near]
    usual = Counter(codes.values()).most_common(1)
    other = [{"ids": [d.id]} for d in documents if usual and codes[d.id] not in (usual[0][0], "und")]
    blank = [{"ids": [d.id]} for d in documents if not has_visible_text(d.text)]
    conflicts = [
        {"ids": [id for ids in c.answers.values() for id in ids], "answers": _by_id(c.answers)}
        for c in facts.conflicts
    ]
    kinds: dict[str, list[Group]] = {
        "leak": leaks,
        "near-leak": [group for group, crosses in zip(alike, is_leak, strict=True) if crosses],
        "conflict": conflicts,
        "duplicate": [{"ids": list(same.document_ids)} for same in facts.duplicates],
        "near-duplicate": [group for group, crosses in zip(alike, is_leak, strict=True) if not crosses],
        "blank": blank,
        "other-language": other,
    }
    return [_finding(kind, groups) for kind, groups in kinds.items() if groups]


def _by_id(answers: Any) -> dict[str, str]:
    return {id: answer for answer, ids in answers.items() for id in ids}


def _finding(kind: str, groups: Sequence[Group]) -> dict[str, Any]:
    kept = [
        {**group, "ids": group["ids"][:KEPT_IDS], "n": len(group["ids"])} for group in groups[:KEPT_GROUPS]
    ]
    n_documents = len({id for group in groups for id in group["ids"]})
    return {"kind": kind, "n": len(groups), "n_documents": n_documents, "groups": kept}


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `analyse`; arguments: `question`."""
    with open_folder(folder) as project:
        found = analyse_data(project, arguments["question"], progress=progress)
        return {"findings": {one["kind"]: one["n"] for one in found["findings"]}}
