"""The cooperative-building benchmark: policies, runs, metrics, tables, a report.

``fz-multi bench`` (`cli`) plays what a `plan` has, in processes or on Ray (`pool`), keeps it in a
folder (`store`), and makes rows (`aggregate`), tables (`summary`) and a page (`report`) of it.

>>> from fz_multi.bench import format_table, make_policy, run
>>> rows = [run("two_cells", make_policy(name, "two_cells"), agents=2, seed=0)[0]
...         for name in ("scripted", "no-op")]      # doctest: +SKIP
>>> print(format_table(rows))                       # doctest: +SKIP
"""

from .metrics import Metrics, gini, raw_cost
from .policies import (
    POLICIES,
    CommandPolicy,
    Mixed,
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
    "CommandPolicy",
    "Metrics",
    "Mixed",
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
