"""Say what the next labels are likely to bring, what they cost, and whether to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workbench.analysis.pace import Pace
from workbench.analysis.stopping import (
    LEAST_ROUNDS,
    Decision,
    Forecast,
    MeasuredRound,
    Step,
    advise_each_round,
    holds_since,
)
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.usecases.project import Project
from workbench.usecases.show_pace import show_pace
from workbench.usecases.show_progress import Headline, headline
from workbench.usecases.unanswered import unanswered

DEFAULT_LABELS, DEFAULT_POINTS = 100, 0.5
LEAST_KAPPA, KAPPA_ROUNDS = 0.99, 3
MOST_CHANGED, CHANGED_ROUNDS = 0.01, 2
NOT_MEASURED = "not measured: `workbench round` does"
Z = 1.96  # how many standard errors half of a 95 % interval is


@dataclass(frozen=True, slots=True)
class Rule:
    """A stopping rule: what it looks at, where that stands, and what it says (None: it cannot tell yet)."""

    name: str
    state: str
    says_stop: bool | None

    @property
    def verdict(self) -> str:
        """What the rule says, in a word or two."""
        return "cannot tell" if self.says_stop is None else "stop" if self.says_stop else "not yet"


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised about a question after its newest run, and why.

    `words` is the whole in a sentence or two. `gain` and `margin` are shares of the figure (0.01 is one
    point), None while it is too early; `hours` None without a pace. `steps` are the advice after each run
    before. `left_out` runs of the question cannot be compared with the newest.
    """

    question: str
    decision: Decision
    words: str
    n_more: int
    threshold: float
    gain: float | None
    margin: float | None
    hours: float | None
    figure: Headline | None
    rules: tuple[Rule, ...]
    steps: tuple[Step, ...] = ()
    left_out: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the advice as JSON values."""
        return asdict(self)


def advise_stop(
    project: Project,
    question_name: str,
    *,
    n_more: int = DEFAULT_LABELS,
    points: float = DEFAULT_POINTS,
    only: str | None = None,
) -> Advice:
    """Advise whether to go on labelling; `points` of the figure are what `n_more` labels must bring.

    Where fewer documents are left the forecast is of those, and they must bring as much less.
    The pace is that of all annotators, or of the one that `only` names. The advice follows from the runs
    alone: asked again it is the same. Raises InputError for bounds that make no sense.
    """
    question = project.store.question(question_name)
    n_asked, n_left = n_more, len(unanswered(project, question_name))
    n_more = min(n_more, n_left) or n_more  # more than are left cannot be asked
    threshold = points / 100 * (n_more / n_asked if n_asked > 0 else 1)
    runs = project.store.runs(question_name)
    curve, remark = advised_curve(question, runs)
    steps = advise_each_round([_measured(run, figure) for run, figure in curve], n_more, threshold)
    newest = steps[-1] if steps else Step(0, None, "too early")
    paces = show_pace(project, question_name).paces
    hours = hours_for(question, n_more, [pace for pace in paces if only in (None, pace.annotator)])
    forecast = newest.forecast
    return Advice(
        question=question_name,
        decision=newest.decision,
        words=in_words(
            newest, n_more, threshold, hours=hours, is_own=only is not None, is_full=is_full(curve)
        )
        + remark
        + ("" if n_left else " No document of the pool is left to ask: import others to go on."),
        n_more=n_more,
        threshold=threshold,
        gain=forecast.gain if forecast else None,
        margin=forecast.margin if forecast else None,
        hours=hours,
        figure=curve[-1][1] if curve else None,
        rules=(_gain_rule(newest, threshold), *stability_rules(_stability_of(project, question_name, curve))),
        steps=steps,
        left_out=len(runs) - len(curve),
    )


def advised_curve(question: Question, runs: Sequence[Run]) -> tuple[list[tuple[Run, Headline]], str]:
    """Return the runs that the advice is taken from, and in words why it is not the newest ones, if so.

    When runs begin to be measured on something else, as on the control part once that has thirty answers, those
    before them still give the advice until enough are measured so.
    """
    newest = comparable_runs(question, runs)
    if not newest or len(newest) >= LEAST_ROUNDS:
        return newest, ""
    last, figure = newest[-1]
    alike = [run for run in runs if run.learner == last.learner and run.config == last.config]
    other = list(dict.fromkeys(run.basis for run in alike if run.basis != figure.basis))  # the newest first
    curves = [comparable_runs(question, [run for run in alike if run.basis == basis]) for basis in other]
    older = next((curve for curve in curves if len(curve) >= LEAST_ROUNDS), None)
    if older is None:
        return newest, ""
    n = older[-1][0].n_examples
    return older, (
        f" That is the advice after {n:,} answers: runs since then are measured otherwise ({figure.basis}), and a "
        f"forecast needs {LEAST_ROUNDS} of them; there {'is' if len(newest) == 1 else 'are'} {len(newest)}."
    )


def comparable_runs(question: Question, runs: Sequence[Run]) -> list[tuple[Run, Headline]]:
    """Return the runs (given newest first) that make one curve with the newest, by number of answers.

    With the newest that somebody asked for, if any: one that came by itself does not turn the advice to
    another learner. They have the same labels, learner and settings, and were measured on the same basis,
    held-out figures on as many documents. Of several with as many answers the newest stands. None of a
    question whose labels changed since.
    """
    today = (question.label_version, question.labels)
    judged = [
        (run, figure)
        for run in runs
        if (run.label_version, run.labels) == today and (figure := headline(run)) is not None
    ]
    if not judged:
        return []
    wanted = _sort_of(*next((pair for pair in judged if pair[0].is_asked), judged[0]))
    places: dict[int, tuple[Run, Headline]] = {}
    for run, figure in judged:
        if _sort_of(run, figure) == wanted:
            places.setdefault(run.n_examples, (run, figure))
    return [places[n] for n in sorted(places)]


def hours_for(question: Question, n_labels: int, paces: Sequence[Pace]) -> float | None:
    """Return the hours of work that so many labelled documents cost; None without a pace.

    A document that several annotators answer costs an answer of each.
    """
    timed = [pace for pace in paces if pace.per_hour]
    n_answers, seconds = sum(p.n_answers for p in timed), sum(p.working_seconds for p in timed)
    if not n_answers:
        return None
    answers_each = 1 + (question.overlap - 1) * question.overlap_share
    return n_labels * answers_each * seconds / n_answers / 3600


def is_full(curve: Sequence[tuple[Run, Headline]]) -> bool:
    """Tell whether the newest figure is 1: nothing can raise it."""
    return bool(curve) and curve[-1][1].value >= 1.0


def in_words(
    step: Step, n_more: int, threshold: float, *, hours: float | None, is_own: bool, is_full: bool = False
) -> str:
    """Return the advice as sentences; `is_full`: the figure is 1 already."""
    forecast = step.forecast
    if forecast is None:
        return (
            "Too early to tell: a forecast needs "
            f"{LEAST_ROUNDS} trainings with one learner on growing answers, measured on the same basis."
        )
    if is_full:
        return (
            "The figure is 1.000: what it is measured on cannot tell whether further labels help. "
            f"{_reason(step.decision, threshold)} More held-out documents would show what is still wrong."
        )
    pace = " at your pace" if is_own else " of work"
    cost = f" (about {_time(hours)}{pace})" if hours is not None else ""
    likely = (
        f"The next {n_more:,} label{' is' if n_more == 1 else 's are'} likely to bring {100 * forecast.gain:+.1f} ± "
        f"{100 * forecast.margin:.1f} points{cost}."
    )
    return f"{likely} {_reason(step.decision, threshold)}"


def _time(hours: float) -> str:
    """Return hours as people say them.

    >>> _time(1.24), _time(0.3), _time(0.001)
    ('1.2 hours', '18 minutes', '1 minute')
    """
    minutes = max(1, round(60 * hours))
    return f"{hours:.1f} hours" if minutes >= 60 else f"{minutes} minute{'' if minutes == 1 else 's'}"


def _reason(decision: Decision, threshold: float) -> str:
    points = f"{100 * threshold:.3g} points"
    nearly = f"less than {points} is likely; you can stop when more is unlikely twice in a row"
    return {
        "too early": "",
        "go on": "Go on.",
        "nearly there": f"Nearly there: {nearly}.",
        "stop": f"You can stop: more than {points} became unlikely, and nothing has spoken against it since.",
    }[decision]


def _gain_rule(step: Step, threshold: float) -> Rule:
    name = "gain of the next labels"
    if step.forecast is None:
        return Rule(name, "too early", None)
    return Rule(name, _bounds(step.forecast, threshold), step.decision == "stop")


def _bounds(forecast: Forecast, threshold: float) -> str:
    low, high = 100 * max(forecast.low, 0.0), 100 * forecast.high
    return (
        f"{low:.1f} to {high:.1f} points, stop when all of it is below {100 * threshold:.3g} twice in a row"
    )


def stability_rules(facts: Sequence[Mapping[str, Any]]) -> tuple[Rule, Rule]:
    """Return what the rules of the literature say of the rounds' `stability`, oldest first.

    Stabilising predictions: Bloodgood and Vijay-Shanker 2009, https://arxiv.org/abs/1409.5165.
    Classification change: Zhu, Wang and Hovy 2008, https://aclanthology.org/C08-1142; they ask that nothing
    changes, here 1 % may.
    """
    kappas = [one.get("kappa") for one in facts]
    changed = [one.get("changed") for one in facts]
    same = [None if share is None else 1 - share for share in changed]
    kappa_says = holds_since(kappas, KAPPA_ROUNDS, least=LEAST_KAPPA) is not None
    change_says = holds_since(same, CHANGED_ROUNDS, least=1 - MOST_CHANGED) is not None
    kappa, share = (values[-1] if values else None for values in (kappas, changed))
    return (
        Rule(
            "models agree",
            NOT_MEASURED if kappa is None else f"kappa {kappa:.3f}, enough is {LEAST_KAPPA} three times",
            kappa_says if kappa is not None else None,
        ),
        Rule(
            "predictions change",
            NOT_MEASURED if share is None else f"{100 * share:.1f} % changed, enough is 1 % twice",
            change_says if share is not None else None,
        ),
    )


def _stability_of(
    project: Project, question: str, curve: Sequence[tuple[Run, Headline]]
) -> list[Mapping[str, Any]]:
    """Return what was noted of the rounds whose runs stand on the curve."""
    ids = {run.id for run, _ in curve}
    rounds = project.store.rounds(question)
    return [one.get("stability") or {} for one in rounds if one.get("run") in ids]


def _sort_of(run: Run, figure: Headline) -> tuple[object, ...]:
    n_judged = figure.n_documents if figure.basis == "held-out" else 0
    settings = sorted((name, repr(value)) for name, value in run.config.items())
    return (run.label_version, run.labels, run.learner, settings, figure.name, figure.basis, n_judged)


def _measured(run: Run, figure: Headline) -> MeasuredRound:
    if figure.low is None or figure.high is None:
        return MeasuredRound(run.n_examples, figure.value)
    return MeasuredRound(run.n_examples, figure.value, (figure.high - figure.low) / (2 * Z))
