"""The arrays of a batch of environments as one word for compiled code.

A step needs some forty arrays: actions, commands, planes, masks, rewards ... Handing each of them
over costs more time than small steps take, so a `Desk` keeps their addresses in a table, and the
kernels get that table. ``open_desk(words)`` gives the desk inside compiled code; ``d.grid`` is then
the array. As with worlds (engine/memory.py), arrays found this way are not counted as references:
the desk in Python keeps them alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.datamodel import models
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, register_model
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from .engine.memory import load_constant
from .engine.tables import COMMAND

# Name: type and number of axes. The first axis is the world, but for those marked with *.
LAYOUT: dict[str, tuple[Any, int]] = {
    # of the batch
    "book": (np.int64, 2),
    # of the interface (spaces.Interface)
    "config": (np.int64, 1),  # *
    "actions": (np.int64, 3),  # [worlds, agents, heads]
    "commands": (COMMAND, 2),
    "codes": (np.int32, 2),
    "only_wait": (np.uint8, 1),
    "goal": (np.float32, 2),
    "time_left": (np.float32, 1),
    "marks": (np.uint8, 2),  # [worlds, tiles + MARK_CELLS], or [worlds, 0]
    "grid": (np.uint8, 5),  # [worlds, agents, y, x, plane]
    "cells": (np.int64, 1),  # * the same memory, two words a tile
    "vector": (np.float32, 3),
    "numbers": (np.float32, 1),  # * the same memory
    "scratch": (np.int64, 2),  # a row for each part of the worlds that is worked on
    "draft": (COMMAND, 1),  # the same
    "mask": (np.int8, 3),
    "state": (np.float32, 2),
    # of the judge (task/judge.py)
    "rows": (np.int64, 3),
    "terms": (np.int64, 2),  # *
    "weights": (np.float64, 1),  # *
    "goals": (np.int64, 2),  # *
    "rule": (np.float64, 1),  # * mode, bonus
    "event": (np.uint8, 1),
    "value": (np.int64, 3),
    "base": (np.int64, 2),
    "credit": (np.int64, 3),
    "reached": (np.int64, 2),
    "share": (np.float64, 2),
    "progress": (np.float64, 1),
    "outcome": (np.int64, 2),
    "counts": (np.int64, 3),
    "parts": (np.float64, 3),
    "rewards": (np.float64, 2),
    # of the batch's steps (batch_step.py)
    "limits": (np.int64, 1),  # *
    "left": (np.int64, 1),
    "stage": (np.uint8, 1),
    "opening": (np.uint8, 1),
    "terminated": (np.uint8, 2),  # [worlds, agents]
    "truncated": (np.uint8, 2),
    "returns": (np.float64, 2),
    "steps": (np.int64, 1),
}
NAMES = tuple(LAYOUT)
AXES = 5
WORDS = 1 + AXES  # of an array: its address, the length of each axis


class Desk:
    """Arrays by the names of `LAYOUT`; those that a kernel does not look at may be missing.

    ``desk.words`` is what entries take.
    """

    def __init__(self, **arrays: np.ndarray) -> None:
        self._arrays: dict[str, np.ndarray] = {}
        self._table = np.zeros(len(NAMES) * WORDS, np.int64)
        self.put(**arrays)

    def put(self, **arrays: np.ndarray) -> None:
        """Lay arrays down, in the place of those of the same names.

        TypeError for one of another type or number of axes, or that is not in C order.
        """
        for name, array in arrays.items():
            if self._arrays.get(name) is array:
                continue
            dtype, axes = LAYOUT[name]
            fits = array.dtype == np.dtype(dtype) and array.ndim == axes
            if not fits or not array.flags.c_contiguous:
                raise TypeError(f"{name}: {array.dtype} of shape {array.shape} in C order?")
            at = NAMES.index(name) * WORDS
            self._table[at] = array.ctypes.data
            self._table[at + 1 : at + 1 + axes] = array.shape
            self._arrays[name] = array

    @property
    def words(self) -> Any:
        """What an entry takes: the table, or without compiled code the desk itself."""
        return self if config.DISABLE_JIT else self._table

    def __getattr__(self, name: str) -> np.ndarray:
        try:
            return self.__dict__["_arrays"][name]
        except KeyError:
            raise AttributeError(f"there is no {name} on this desk") from None


# -- compiled ----------------------------------------------------------------------------------
class OpenDesk(types.Type):
    """A desk inside compiled code: the address of its table."""

    def __init__(self) -> None:
        self.arrays = {
            name: types.Array(from_dtype(np.dtype(dtype)), axes, "C")
            for name, (dtype, axes) in LAYOUT.items()
        }
        super().__init__(name="OpenDesk")


DESK_TYPE = OpenDesk()


@register_model(OpenDesk)
class _OpenDeskModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.IntType(64))


@infer_getattr
class _OpenDeskAttributes(AttributeTemplate):
    key = OpenDesk

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return typ.arrays.get(attr)


@lower_getattr_generic(OpenDesk)
def _lower_array(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    array_type = typ.arrays[attr]
    words = builder.inttoptr(value, ir.IntType(64).as_pointer())
    at = NAMES.index(attr) * WORDS

    def word(column: int) -> Any:
        return load_constant(builder, words, at + column)

    array = make_array(array_type)(context, builder)
    itemsize = (
        context.get_constant(types.intp, array_type.dtype.bitwidth // 8)
        if not isinstance(array_type.dtype, types.Record)
        else context.get_constant(types.intp, array_type.dtype.size)
    )
    shape = [word(1 + axis) for axis in range(array_type.ndim)]
    strides = [itemsize]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    populate_array(
        array,
        data=builder.inttoptr(word(0), array.data.type),
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides),
        itemsize=itemsize,
        meminfo=None,
    )
    return array._getvalue()


def _opener() -> Any:
    @intrinsic
    def open_table(typing_context: Any, words: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array = make_array(signature.args[0])(context, builder, args[0])
            return builder.ptrtoint(array.data, ir.IntType(64))

        return DESK_TYPE(words), codegen

    return open_table


def _python_opener(desk: Desk) -> Desk:
    return desk


open_desk: Any = _python_opener if config.DISABLE_JIT else _opener()
