"""What the two networks compute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from workbench.networks.backbone import load_backbone
from workbench.networks.heads import TextClassifier, TokenTagger

pytestmark = pytest.mark.torch
IDS = torch.tensor([[2, 5, 6, 3, 0, 0], [2, 7, 3, 0, 0, 0]])
MASK = (IDS > 0).long()


@pytest.fixture
def backbone(weights: Callable[..., Path]) -> torch.nn.Module:
    return load_backbone(weights()).eval()


def test_a_text_is_the_mean_of_its_pieces_whatever_fills_it_up(backbone: torch.nn.Module) -> None:
    classifier = TextClassifier(backbone, 3).eval()
    states = backbone(input_ids=IDS[1:, :3], attention_mask=MASK[1:, :3]).last_hidden_state
    assert classifier.vectors(IDS, MASK)[1].detach() == pytest.approx(
        states[0].mean(dim=0).detach(), abs=1e-5
    )
    assert classifier(IDS, MASK).shape == (2, 3)


def test_normalised_vectors_have_length_one_and_are_what_the_head_sees(backbone: torch.nn.Module) -> None:
    classifier = TextClassifier(backbone, 3, normalise=True).eval()
    vectors = classifier.vectors(IDS, MASK)
    assert vectors.norm(dim=1).detach() == pytest.approx(torch.ones(2), abs=1e-6)
    linear = vectors @ classifier.head.weight.T + classifier.head.bias
    assert classifier(IDS, MASK).detach() == pytest.approx(linear.detach(), abs=1e-6)


def test_each_piece_has_its_tags_whatever_fills_the_row_up(backbone: torch.nn.Module) -> None:
    tagger = TokenTagger(backbone, 5).eval()
    logits = tagger(IDS, MASK).detach()
    assert logits.shape == (2, 6, 5)
    assert tagger(IDS[1:, :3], MASK[1:, :3]).detach()[0] == pytest.approx(logits[1, :3], abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classifier", "tagger"])
def test_both_networks_export_with_free_batch_and_length(
    backbone: torch.nn.Module, kind: str, tmp_path: Path
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    network = TokenTagger(backbone, 5) if kind == "tagger" else TextClassifier(backbone, 3, normalise=True)
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", min=2, max=24)}
    torch.onnx.export(
        network.eval(),
        (IDS, MASK),
        tmp_path / "network.onnx",
        dynamo=True,
        external_data=False,
        input_names=["input_ids", "attention_mask"],
        dynamic_shapes={"input_ids": free, "attention_mask": free},
        verbose=False,
    )
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    for ids in (IDS, IDS[:1, :3], IDS.repeat(3, 2)):
        mask = torch.ones_like(ids)
        (found,) = session.run(None, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        assert found == pytest.approx(network(ids, mask).detach().numpy(), abs=1e-5)
