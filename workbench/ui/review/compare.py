"""The part Compare: what got better and what worse since another run, on the documents of both."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.paired import PairedRuns
from workbench.analysis.wording import plain
from workbench.domain.runs import Run
from workbench.ui.documents import documents_html
from workbench.ui.messages import as_markdown
from workbench.ui.review.other_run import choose_other_run
from workbench.ui.review.subject import Subject, mistakes_of
from workbench.ui.words import run_in_words, whole_height
from workbench.usecases.pair_runs import RunsOfToday, pair_runs
from workbench.usecases.runs import need_run_folder

AT_ONCE = 20
TABLE_HEIGHT = 640
NUMBER_PIXELS = 64
CLEAR = 0.05


def show(subject: Subject) -> None:
    """Show the part."""
    other = choose_other_run(subject, "Since the run", key="compare", first=True)
    if other is None:
        st.info("There is no other run of this question to compare with.", icon=":material/compare:")
        return
    if other.basis != subject.run.basis:
        st.warning(
            f"This run was judged {subject.run.basis}, the other {other.basis}.", icon=":material/warning:"
        )
    found = paired_runs(subject, other)
    paired = found.paired
    if found.n_to_answer_anew:
        st.warning(
            f"{found.n_to_answer_anew:,} documents have a label that was split or retired since: they are left out.",
            icon=":material/warning:",
        )
    if paired.n_other_gold:
        st.warning(
            f"{paired.n_other_gold:,} documents have another right answer today than then: they are left out.",
            icon=":material/warning:",
        )
    if not paired.shared:
        st.info("The two runs were judged on different documents: there is nothing to compare them on.")
        return
    show_counts(subject, other, paired)
    left, right = st.columns([11, 8], gap="large")
    with left:
        show_changed(paired)
    with right:
        show_labels(paired)


def paired_runs(subject: Subject, other: Run) -> RunsOfToday:
    """Return the two runs side by side, kept from click to click until the labels change."""
    before, after = (str(need_run_folder(subject.project, run)) for run in (other, subject.run))
    return _pair(before, after, subject.question.label_version, _subject=subject, _other=other)


@st.cache_resource(max_entries=4, show_spinner="Comparing the runs …")
def _pair(before: str, after: str, label_version: int, *, _subject: Subject, _other: Run) -> RunsOfToday:
    then = mistakes_of(_subject.project, _other).documents
    return pair_runs(_subject.project, (_other, then), (_subject.run, _subject.mistakes().documents))


def show_counts(subject: Subject, other: Run, paired: PairedRuns) -> None:
    """Show how many documents changed sides and what chance says to it."""
    fixed, broken = len(paired.fixed), len(paired.broken)
    p = paired.p_value
    chance = f"{p:.3f}" if p >= 0.001 else "below 0.001"
    better = "better" if fixed > broken else "worse"
    verdict = (
        f"The run is {better}: chance alone rarely does this."
        if p < CLEAR
        else "This may well be chance: the runs cannot be told apart on these documents."
    )
    st.html(
        Markup(
            '<div class="wb-strip" data-fixed="{}" data-broken="{}"><div><b class="wb-better">{:,}</b> '
            '<span>fixed</span></div><div><b class="wb-worse">{:,}</b> <span>broken</span></div>'
            "<div><b>{}</b> <span>p, exact McNemar test, two-sided</span></div>"
            "<div><span>{:,} documents that both judged · {} · since {}</span></div></div>"
        ).format(
            fixed, broken, fixed, broken, chance, len(paired.shared), subject.run.basis, run_in_words(other)
        )
    )
    st.markdown(as_markdown(verdict))


def show_changed(paired: PairedRuns) -> None:
    """Show the documents that were fixed, or those that were broken."""
    sides = {"broken": paired.broken, "fixed": paired.fixed}
    side = st.segmented_control(
        "Documents",
        list(sides),
        default="broken" if paired.broken else "fixed",
        required=True,
        format_func=lambda name: f"{name.capitalize()} · {len(sides[name]):,}",
        key="fixed or broken",
    )
    found: list[JudgedDocument] = [after if side == "broken" else before for before, after in sides[side]]
    if not found:
        st.write("There is none.")
        return
    whose = "this run" if side == "broken" else "the run before"
    st.html(Markup('<p class="wb-quiet">The wrong answers are those of {}.</p>').format(whose))
    n_pages = -(-len(found) // AT_ONCE)
    page = st.pagination(n_pages, key=f"page of {side}, {n_pages}") if n_pages > 1 else 1
    st.html(documents_html(found[(page - 1) * AT_ONCE : page * AT_ONCE]))


def show_labels(paired: PairedRuns) -> None:
    """Show F1 of each label then and now, on the shared documents."""
    st.subheader("Labels, what lost most first", anchor=False)
    rows = paired.by_label
    number = st.column_config.NumberColumn(format="%.2f", width=NUMBER_PIXELS)
    st.dataframe(
        {
            "label": [plain(row.label) for row in rows],
            "F1 then": [row.before.f1 for row in rows],
            "F1 now": [row.after.f1 for row in rows],
            "change": [row.change for row in rows],
            "answers": [row.after.support for row in rows],
        },
        hide_index=True,
        placeholder="–",
        height=min(TABLE_HEIGHT, whole_height(len(rows))),
        column_config={
            "label": st.column_config.TextColumn(width="medium"),
            "F1 then": number,
            "F1 now": number,
            "change": st.column_config.NumberColumn(format="%+.2f", width=NUMBER_PIXELS),
            "answers": st.column_config.NumberColumn(width=NUMBER_PIXELS),
        },
        alt="F1 of each label in both runs, on the documents that both judged",
    )
