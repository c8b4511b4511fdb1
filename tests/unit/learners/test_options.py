"""Options over a configuration."""

from dataclasses import dataclass

import pytest

from workbench.errors import InputError, UnknownNameError
from workbench.learners.options import with_options


@dataclass(frozen=True)
class Config:
    rate: float = 0.5
    epochs: int = 3
    balanced: bool = False


def test_options_stand_in_place_of_defaults():
    assert with_options("toy", Config(), {"epochs": 5, "rate": 1}) == Config(rate=1, epochs=5)


def test_an_unknown_option_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="Did you mean 'epochs'") as caught:
        with_options("toy", Config(), {"epoch": 5})
    assert caught.value.message == "The learner 'toy' has no option 'epoch'."


@pytest.mark.parametrize(
    "options", [{"epochs": "5"}, {"epochs": 2.5}, {"epochs": True}, {"rate": "high"}, {"balanced": 1}]
)
def test_a_value_of_another_type_is_refused_with_the_default(options):
    with pytest.raises(InputError, match="Its default is"):
        with_options("toy", Config(), options)
