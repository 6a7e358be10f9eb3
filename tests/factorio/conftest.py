"""A running embedded server for the tests that need one: the launcher starts it as it starts a
real one, in a process of its own, once for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fz_multi.factorio.launch import Launcher, embedded


@pytest.fixture(scope="module")
def server() -> Iterator[Launcher]:
    with Launcher(embedded()) as running:
        yield running
