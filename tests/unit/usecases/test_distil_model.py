from __future__ import annotations

import pytest

from workbench.errors import InputError
from workbench.usecases.distil_model import LEAST_STEPS, MOST_EPOCHS, recorded_settings, student_settings

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def test_few_texts_are_seen_more_often() -> None:
    settings = student_settings({}, n_texts=640)
    assert settings.training.epochs * 640 / settings.batch_size >= LEAST_STEPS
    assert student_settings({}, n_texts=10_000).training.epochs == 3
    assert student_settings({}, n_texts=1).training.epochs == MOST_EPOCHS


def test_a_chosen_number_of_epochs_and_layers_is_kept() -> None:
    settings = student_settings({"epochs": 2, "layers": [0, 5]}, n_texts=10)
    assert (settings.training.epochs, settings.layers) == (2, (0, 5))


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no setting 'depth'"):
        student_settings({"depth": 3}, n_texts=10)


def test_all_settings_of_a_student_are_recorded_and_not_only_those_that_were_named() -> None:
    recorded = recorded_settings(student_settings({"temperature": 3.0}, n_texts=10_000))
    assert (recorded["temperature"], recorded["epochs"], recorded["batch_size"]) == (3.0, 3, 32)
    assert "training" not in recorded
