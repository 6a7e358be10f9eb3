"""The cooperative-building benchmark: policies, runs, metrics, tables.

>>> from fz_multi.bench import format_table, make_policy, run
>>> rows = [run("two_cells", make_policy(name, "two_cells"), agents=2, seed=0)[0]
...         for name in ("scripted", "no-op")]      # doctest: +SKIP
>>> print(format_table(rows))                       # doctest: +SKIP
"""

from .metrics import Metrics, gini, raw_cost
from .policies import (
    POLICIES,
    NoOp,
    OpenLoop,
    Policy,
    RandomLegal,
    Replaced,
    make_policy,
)
from .runner import record, run, without_each
from .table import format_table, to_json_lines

__all__ = [
    "POLICIES",
    "Metrics",
    "NoOp",
    "OpenLoop",
    "Policy",
    "RandomLegal",
    "Replaced",
    "format_table",
    "gini",
    "make_policy",
    "raw_cost",
    "record",
    "run",
    "to_json_lines",
    "without_each",
]
