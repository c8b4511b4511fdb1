"""The kernel head: by hand, and that it finds a label that means several things."""

import json

import numpy as np
import pytest

from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.errors import ArtefactError, InputError
from workbench.learners.kernel import KernelLearner
from workbench.learners.kernel_head import KernelHead, label_logits, unseen_logits

TOPIC = Question("topic", "textcat", ("many", "few", "none"))


class Circle:
    """Texts are angles in degrees."""

    id = "circle-1"
    width = 2

    def encode(self, texts, *, progress=None):
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32).reshape(-1, 2)


def learner(**options):
    return KernelLearner(LearnerContext(encoder=Circle(), config=options))


def example(angle, *labels):
    return Example(str(angle), str(angle), labels)


def test_a_label_is_as_likely_as_its_prototypes_are_near():
    prototypes = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    head = KernelHead(("a", "b"), True, prototypes, np.eye(2, dtype=bool), np.zeros(2, np.float32), 2.0)
    # exp(2 x 1) against exp(2 x 0): e^2 / (e^2 + 1).
    assert head.score(prototypes[:1]).probabilities[0] == pytest.approx([0.880797, 0.119203], abs=1e-5)


def test_labels_that_do_not_exclude_each_other_are_weighed_against_the_documents_without_them():
    likeness = np.array([[1.0, 0.5, 0.0]], dtype=np.float32)
    targets = np.array([[1, 0], [1, 1], [0, 1]], dtype=bool)
    logits = label_logits(likeness, targets, 2.0, exclusive=False)
    e = np.exp
    assert logits[0] == pytest.approx([np.log((e(2) + e(1)) / 1), np.log((e(1) + 1) / e(2))], abs=1e-5)


def test_a_document_and_its_copies_do_not_speak_for_themselves():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    targets = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
    (alone,) = unseen_logits(vectors, targets, np.arange(3), sharpnesses=(2.0,), exclusive=True)
    assert alone[0].argmax() == 0
    (grouped,) = unseen_logits(vectors, targets, np.array([0, 0, 1]), sharpnesses=(2.0,), exclusive=True)
    assert grouped[0].argmax() == 1
    assert np.isfinite(grouped).all()


def test_a_rare_label_between_frequent_neighbours_is_found():
    frequent = [example(angle, "many") for angle in range(0, 360, 4) if angle % 120 > 8]
    rare = [example(120 * k + d, "few") for k in range(3) for d in (1, 2, 3, 5)]
    model = learner().fit({TOPIC: [*frequent, *rare]}, seed=0)
    said = model.score(["2.5", "122.5", "242.5", "60", "180"])["topic"].probabilities
    assert said.argmax(axis=1).tolist() == [1, 1, 1, 0, 0]
    assert (said[:, 2] == 0).all()  # no answer has it


def test_offsets_make_a_rare_label_louder():
    given = {
        TOPIC: [*(example(10 + 2 * n, "many") for n in range(30)), *(example(n, "few") for n in range(5))]
    }
    quiet = learner(offsets="none", sharpness=20.0).fit(given, seed=0)
    loud = learner(offsets="recall", give_up=0.3, sharpness=20.0).fit(given, seed=0)
    at_the_border = ["8"]
    before, after = (m.score(at_the_border)["topic"].probabilities[0, 1] for m in (quiet, loud))
    assert after > before
    assert quiet.heads["topic"].offsets.tolist() == [0.0, 0.0, 0.0]


def test_answers_that_are_not_yes_or_no_and_other_sharpness_are_refused(tmp_path):
    learner().fit({TOPIC: [example(1, "many"), example(90, "few")]}, seed=0).save(tmp_path)
    facts = json.loads((tmp_path / "kernel.json").read_text())
    facts["questions"][0]["sharpness"] = 0.0
    (tmp_path / "kernel.json").write_text(json.dumps(facts))
    with pytest.raises(ArtefactError, match="sharpness"):
        learner().load(tmp_path)
    facts["questions"][0]["sharpness"] = 10.0
    (tmp_path / "kernel.json").write_text(json.dumps(facts))
    tensors = read_tensors(tmp_path / "kernel.safetensors")
    tensors["topic.targets"] = tensors["topic.targets"] * 0.5
    write_tensors(tmp_path / "kernel.safetensors", tensors)
    with pytest.raises(ArtefactError, match="yes or no"):
        learner().load(tmp_path)


def test_without_an_encoder_and_with_a_sharpness_below_zero_it_is_refused():
    with pytest.raises(InputError, match="needs an encoder"):
        KernelLearner(LearnerContext())
    with pytest.raises(InputError, match="sharpness"):
        learner(sharpness=-1.0)
