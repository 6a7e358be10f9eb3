"""Evaluate the count formulas of endless technologies, such as ``2^(L-7)*1000``.

Only numbers, ``L``, parentheses and the operators ``+ - * / ^`` are understood; nothing is
handed to ``eval``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def evaluate(formula: str, level: int) -> float:
    """Value of the formula for level `level` (`L`).  ValueError for anything else than arithmetic.

    >>> evaluate("2500*(L - 3)", 5)
    5000
    """

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.Name) and node.id == "L":
            return level
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        raise ValueError(f"cannot evaluate the count formula {formula!r}")

    return value(ast.parse(formula.replace("^", "**"), mode="eval").body)
