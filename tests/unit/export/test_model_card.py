"""What the model card says of the labels."""

from __future__ import annotations

from workbench.export.model_card import _figures


def test_the_recall_of_every_label_stands_in_the_card() -> None:
    rows = [
        {"label": f"label-{n}", "precision": 1.0, "recall": n / 1000, "f1": n / 1000, "support": 3}
        for n in range(150)
    ]
    card = _figures({"macro_f1": 0.5, "basis": "held-out", "per_label": rows})
    assert all(f"| label-{n} |" in card for n in range(150))
