"""The tables of the base game 2.0.77, for all tests here."""

from __future__ import annotations

import pytest

from fz_multi.prototypes import Prototypes, load


@pytest.fixture(scope="session")
def numbers() -> Prototypes:
    return load("2.0.77")
