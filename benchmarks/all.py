"""Run every benchmark, one after the other."""

from __future__ import annotations

import argparse
import subprocess
import sys

SCRIPTS = (
    "start_time",
    "wnut17_round_trip",
    "csv_import",
    "banking77_strategies",
    "label_efficiency",
    "stop_curves",
    "stop_advice",
    "rare_topics",
    "live_ranking",
    "replayed_rounds",
    "paraphrases",
    "rare_labels",
    "control_arm",
    "wnut17_ner",
    "wnut17_labels",
    "wnut17_parts",
    "ner_rerank",
    "distilled_models",
    "label_studio_round_trip",
    "label_studio_live",
    "card_latency",
    "card_long_text",
    "card_saving",
    "card_typing",
    "card_killed",
    "first_paint",
    "review_click",
)


def main() -> None:
    """Run them in processes of their own, so that none inherits another's threads."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for name in SCRIPTS:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
