"""What every strategy of the workbench keeps: the contract, over all of the catalogue."""

import pytest

pytest.register_assert_rewrite("tests.contracts.strategy_contract")

from tests.contracts.strategy_contract import *  # noqa: E402, F403
from workbench import catalog  # noqa: E402


@pytest.fixture(params=catalog.STRATEGIES)
def strategy(request):
    return catalog.strategy(request.param)
