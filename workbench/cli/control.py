"""The command that says what the control sample tells."""

from __future__ import annotations

from workbench.analysis.control import ControlFigures, Estimate
from workbench.analysis.gain import Difference, Gain
from workbench.cli.jobs import Later, leave_to_worker
from workbench.cli.options import ProjectName, QuestionName, ReportFile, RunId, Seed
from workbench.cli.printing import counted, progress_bar, write_report
from workbench.config import Home

FIGURE_NAMES = {"accuracy": "accuracy", "macro_f1": "macro-F1", "strict_f1": "strict F1"}


def control(
    name: ProjectName,
    question: QuestionName,
    run: RunId = "",
    seed: Seed = 0,
    report: ReportFile = None,
    later: Later = False,
) -> None:
    """Say how right a model is on documents that chance drew, and what choosing has bought over chance."""
    if later:
        return leave_to_worker(name, "control", {"question": question, "run_id": run, "seed": seed})
    from workbench.usecases.measure_control import measure_control
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        found = measure_control(project, question, run_id=run, seed=seed, progress=progress)
    print(f"run {found.run}")
    print_figures(found.figures, found.n_documents)
    if found.gain is not None:
        print_gain(found.gain)
    else:
        print(f"no gain over random labels: {found.no_gain}")
    write_report(report, found.as_dict())


def print_figures(figures: ControlFigures, n_documents: int) -> None:
    """Print the estimates with their 95 % intervals, and the labels with too few answers."""
    print(f"{figures.n:,} of {n_documents:,} control documents answered; never learned from")
    width = max([len(estimate.name) for estimate in (*figures.overall, *figures.recalls)] + [8])
    for estimate in figures.overall:
        print(f"  {in_words(estimate, width)}")
    if figures.recalls:
        print("recall of labels:")
    for estimate in figures.recalls:
        print(f"  {in_words(estimate, width)}   ({counted(estimate.n, 'answers')})")
    if figures.too_few:
        shown = ", ".join(f"{label} ({n})" for label, n in list(figures.too_few.items())[:20])
        more = f" and {len(figures.too_few) - 20} more" if len(figures.too_few) > 20 else ""
        print(f"too few control answers for a recall: {shown}{more}")


def in_words(estimate: Estimate, width: int) -> str:
    """Return an estimate in one line.

    >>> from workbench.analysis.intervals import Interval
    >>> in_words(Estimate("accuracy", 0.8, Interval(0.7, 0.875), 60), 8)
    'accuracy  0.800  (95 %: 0.700 to 0.875)'
    """
    interval = estimate.interval
    reach = f"  (95 %: {interval.low:.3f} to {interval.high:.3f})" if interval else ""
    return f"{estimate.name:{width}}  {estimate.value:.3f}{reach}"


def print_gain(gain: Gain) -> None:
    """Print what chosen labels are worth beside as many random ones."""
    print(
        f"gain over random labels, heads on {gain.n_labels:,} {gain.unit} each, judged on {gain.n_judged:,} "
        f"control answers, {gain.n_repeats} times:"
    )
    if gain.n_before:
        print(
            f"  (all heads also learned from {counted(gain.n_before, 'answers')} from before the first batch)"
        )
    for name, found in gain.figures.items():
        print(f"  {FIGURE_NAMES[name]}  {difference_in_words(found)}")


def difference_in_words(found: Difference) -> str:
    """Return a difference in one line.

    >>> difference_in_words(Difference(0.8, 0.75, -0.01, 0.11))
    '+0.050  (95 %: -0.010 to +0.110)   chosen 0.800, random 0.750'
    """
    reach = f"(95 %: {found.low:+.3f} to {found.high:+.3f})"
    return f"{found.value:+.3f}  {reach}   chosen {found.chosen:.3f}, random {found.random:.3f}"
