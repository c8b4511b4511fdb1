"""The result card of an exported model: size, SHA-256, the gate, what was lost, how fast it is, how to use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.ui.addresses import base_path
from workbench.ui.jobs import start_job
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.models.card import card_html
from workbench.ui.models.changes import show_changes
from workbench.ui.models.old_labels import warn_of_old_labels_in
from workbench.ui.visitors import current_visitor
from workbench.ui.words import figure, table_height, when
from workbench.usecases.project import Project
from workbench.usecases.show_bundle import Baseline, LabelLoss, ShownBundle, Timing, show_bundle, usage
from workbench.usecases.show_progress import GRAPH, BundleFacts, bundle_folders, read_bundle_facts

SHORT_TABLE = 8


def show_bundles(project: Project, question: str) -> None:
    """Let one of a question's exported models be chosen, and show it; the URL says which."""
    readable = []
    for folder in reversed(bundle_folders(project)):
        with errors_shown():
            facts = read_bundle_facts(folder)
            readable += [facts] if facts.question == question else []
    if not readable:
        st.info("No model of this question was exported yet.")
        return
    show_card(project, choose_bundle(readable))


def choose_bundle(bundles: Sequence[BundleFacts]) -> str:
    """Ask for a bundle, the newest first.

    What the URL names may not be there yet: its export goes on, and it is chosen when it is there.
    """
    named = {bundle.name: bundle for bundle in sorted(bundles, key=lambda b: b.created_at, reverse=True)}
    names = list(named)
    wanted = st.query_params.get("bundle", "")
    name = st.selectbox(
        "Bundle",
        names,
        index=names.index(wanted) if wanted in names else 0,
        format_func=lambda name: f"{name} · {named[name].n_bytes / 1e6:.1f} MB",
        key=f"bundle of {names}",  # when there is another, what the URL names is to be chosen
    )
    if wanted in names or name != names[0]:
        st.query_params["bundle"] = name
    return name


def show_card(project: Project, name: str) -> None:
    """Show all that is known of a bundle."""
    with st.container(border=True), errors_shown():
        bundle = show_bundle(project, name)
        show_head(bundle)
        warn_of_old_labels_in(project, bundle.facts.question, bundle.facts.run)
        show_downloads(project, bundle)
        st.subheader("What the gate measured", anchor=False)
        show_gate(bundle.facts)
        st.subheader("Latency here", anchor=False)
        show_latency(project, bundle)
        st.subheader("What the export changed, label by label", anchor=False)
        show_losses(bundle)
        st.subheader("Documents whose answer changed", anchor=False)
        show_changes(project, bundle)
        st.subheader("How to use it", anchor=False)
        show_usage(bundle)
        if bundle.card:
            with st.expander("Model card"):
                st.html(card_html(bundle.card))


def show_head(bundle: ShownBundle) -> None:
    """Show name, verdict, size, where it came from, and what to recognise it by."""
    facts = bundle.facts
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(f"**{as_markdown(facts.name)}**")
        if not facts.passed:
            st.badge("gate failed", icon=":material/close:", color="red")
        elif bundle.refusal:
            st.badge("changed since export", icon=":material/warning:", color="red")
        else:
            st.badge("gate passed", icon=":material/check:", color="green")
    if bundle.refusal:
        st.error(f"{as_markdown(bundle.refusal)} It cannot be downloaded. Export the model again.")
    recorded = " (as recorded at the export)" if bundle.refusal else ""
    rows = [
        (GRAPH, f"{facts.n_bytes / 1e6:.1f} MB ({bundle.n_bytes_in_all / 1e6:.1f} MB in all)"),
        ("weights", bundle.weights or "–"),
        ("from", f"run {facts.run} · question {facts.question} · {facts.n_examples:,} answers"),
        ("exported", when(facts.created_at)),
        (f"SHA-256 of {GRAPH}{recorded}", bundle.sha256),
        ("SHA-256 of bundle.json", bundle.manifest_sha256),
    ]
    items = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(*row) for row in rows)
    st.html(Markup('<dl class="wb-facts">{}</dl>').format(items))


def show_downloads(project: Project, bundle: ShownBundle) -> None:
    """Show the links to the whole bundle and to its graph alone; none to one that is not to be used."""
    if bundle.refusal:
        return
    address = f"{base_path()}/wb/bundles/{project.name}/{bundle.facts.name}"
    links = Markup("").join(
        Markup('<a class="wb-download" href="{}" download>{}</a>').format(place, words)
        for place, words in (
            (f"{address}.zip", "Download the bundle (zip)"),
            (f"{address}/{GRAPH}", f"{GRAPH} alone"),
        )
    )
    st.html(Markup('<p class="wb-downloads">{}</p>').format(links))


def show_gate(facts: BundleFacts) -> None:
    """Show every figure of the gate with its limit and its basis."""
    rows = Markup("").join(_gate_row(row) for row in facts.gate)
    st.html(
        Markup(
            '<table class="wb-table"><thead><tr><th scope="col">figure</th><th scope="col">measured</th>'
            '<th scope="col">limit</th><th scope="col">passed</th><th scope="col">basis</th></tr></thead>'
            "<tbody>{}</tbody></table>"
        ).format(rows)
    )


def _gate_row(row: Mapping[str, Any]) -> Markup:
    passed = Markup("yes") if row["passed"] else Markup('<b class="wb-failed">NO</b>')
    return Markup(
        '<tr><td>{}</td><td class="figure">{:.5f}</td><td class="figure">{} {:g}</td><td>{}</td><td>{}</td></tr>'
    ).format(row["name"], row["value"], row["direction"], row["limit"], passed, row["basis"])


def show_latency(project: Project, bundle: ShownBundle) -> None:
    """Show how long one text takes, beside the network that was trained; offer to measure it."""
    timing = bundle.timing
    if timing is None:
        st.html(Markup('<p class="wb-quiet wb-note">Not measured on this machine yet.</p>'))
    else:
        st.html(latency_html(timing))
    if current_visitor().leads and st.button(
        "Measure again" if timing else "Measure", key=f"time {bundle.facts.name}"
    ):
        job = start_job(project, "time-bundle", {"bundle": bundle.facts.name})
        st.query_params["job"] = str(job.id)
        st.rerun()


def latency_html(timing: Timing) -> Markup:
    """Return the milliseconds as a small table."""
    pairs = [("exported, onnxruntime", timing.bundle), ("as trained, float32", timing.run)]
    rows = Markup("").join(
        Markup("<tr><th scope='row'>{}</th><td>{:.1f} ms</td><td>{:.1f} ms</td></tr>").format(name, *pair)
        for name, pair in pairs
        if pair is not None
    )
    return Markup(
        '<table class="wb-table"><thead><tr><th scope="col">one text, one thread</th>'
        '<th scope="col">median</th><th scope="col">95 % within</th></tr></thead><tbody>{}</tbody></table>'
        '<p class="wb-quiet wb-note">{} held-out texts, median {:,} characters · {} · {}</p>'
    ).format(rows, timing.n_texts, timing.median_characters, timing.machine, when(timing.measured_at))


def show_losses(bundle: ShownBundle) -> None:
    """Show F1 per label before and after the export, the largest loss first."""
    if words := baseline_in_words(bundle.baseline):
        st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))
    if bundle.not_compared:
        st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(bundle.not_compared))
        return
    changed = [loss for loss in bundle.losses if loss.difference]
    n_apart = sum(loss.differs for loss in bundle.losses)
    words = f"F1 changed for {len(changed)} of {len(bundle.losses)} labels"
    words += (
        f"; for {n_apart} the 95 % intervals do not overlap."
        if n_apart
        else "; all within their 95 % intervals."
    )
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))
    if changed:
        show_loss_table(changed, bundle)


def baseline_in_words(baseline: Baseline) -> str:
    """Say which figure is which; "" for a bundle that knows its run's figures only.

    >>> baseline_in_words(Baseline("macro-F1", 0.5, None, 0.5))
    ''
    """
    if baseline.float32 is None:
        return ""
    run = "" if baseline.run is None else f"{baseline.figure} {baseline.run:.4f} when the run was judged; "
    exported = "" if baseline.exported is None else f"; exported {baseline.exported:.4f}"
    return (
        f"{run}{baseline.float32:.4f} in float32, computed anew for the export{exported}. The gate and this "
        "table compare with float32. The run may differ from it: vectors are kept with fewer digits."
    )


def show_loss_table(losses: Sequence[LabelLoss], bundle: ShownBundle) -> None:
    """Show the labels whose F1 changed."""
    st.dataframe(
        {
            "label": [loss.label for loss in losses],
            "F1 of the run" if bundle.baseline.is_run else "F1 in float32": [figure(loss.before) for loss in losses],
            "F1 exported": [figure(loss.after) for loss in losses],
            "difference": [f"{loss.difference or 0.0:+.3f}" for loss in losses],
            "beyond chance": ["yes" if loss.differs else "no" for loss in losses],
            "held-out answers": [loss.support for loss in losses],
        },
        hide_index=True,
        height="content" if len(losses) <= SHORT_TABLE else table_height(len(losses)),
        alt=f"F1 per label before and after the export of {bundle.facts.name}",
    )


def show_usage(bundle: ShownBundle) -> None:
    """Show the command and the lines of Python that predict with the unpacked bundle."""
    command, snippet = usage(bundle)
    st.code(f"pip install annotation-workbench\n{command}", language="bash")
    st.code(snippet, language="python")
