"""From addresses to tables: how a compiled entry opens one world of a batch.

Entries take a ``book``, ``int64[worlds, 2 * TABLES]``: for each table its address and its number of
rows in that world. ``open_full(book, k)`` gives the tables with all fields, ``open_seen(book, k)``
the observable ones (same memory, other dtypes: a private field does not exist there).

In compiled code what they return is one machine word, the address of the row of the book; an
attribute such as ``w.entity`` reads the table's address there. So a kernel call passes one word and
not thirty arrays, which is what compile time and call time went to. In plain Python they return a
`Tables` tuple of record arrays.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.datamodel import models
from numba.core.imputils import lower_cast, lower_getattr_generic
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import intrinsic, register_model
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from . import observable as seen
from . import proto_tables as proto
from . import tables as full
from .tables import Tables

FIELDS = Tables._fields
TABLES = len(FIELDS)

_SHARED = {
    "slot": full.SLOT,
    "pile": full.PILE,
    "queue": full.QUEUE,
    "craft": full.CRAFT,
    "order": full.COMMAND,
    "result": full.RESULT,
    "stat": full.STAT,
    "agent": full.AGENT,
    "items": proto.ITEM,
    "kinds": proto.KIND,
    "recipes": proto.RECIPE,
    "parts": proto.PART,
}
FULL_DTYPES = _SHARED | {
    "header": full.HEADER,
    "shade": full.SHADE,
    "belt": full.BELT,
    "line": full.LINE,
    "lane_item": full.LANE_ITEM,
    "arm": full.ARM,
    "tile": full.TILE,
    "entity": full.ENTITY,
    "character": full.CHARACTER,
}
SEEN_DTYPES = _SHARED | {
    "header": seen.HEADER,
    "shade": full.SHADE_WORDS,
    "belt": seen.BELT,
    "line": seen.LINE,
    "lane_item": seen.LANE_ITEM,
    "tile": seen.TILE,
    "entity": seen.ENTITY,
    "character": seen.CHARACTER,
}
del SEEN_DTYPES["queue"]  # private as a whole


# -- compiled ----------------------------------------------------------------------------------
class OpenWorld(types.Type):
    """A world inside compiled code: the address of its row in the book."""

    def __init__(self, name: str, dtypes: dict[str, np.dtype]) -> None:
        self.arrays = {
            field: types.Array(from_dtype(dtype), 1, "C") for field, dtype in dtypes.items()
        }
        super().__init__(name=f"OpenWorld({name})")

    def can_convert_to(self, typing_context: Any, other: Any) -> Any:
        """A world with all fields may be passed where the observable ones are asked for."""
        if self is FULL_TYPE and other is SEEN_TYPE:
            return Conversion.safe
        return None


FULL_TYPE = OpenWorld("full", FULL_DTYPES)
SEEN_TYPE = OpenWorld("seen", SEEN_DTYPES)
COMMAND_TYPE = from_dtype(full.COMMAND)


@register_model(OpenWorld)
class _OpenWorldModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.IntType(64))


@infer_getattr
class _OpenWorldAttributes(AttributeTemplate):
    key = OpenWorld

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        return typ.arrays.get(attr)


def load_constant(builder: Any, words: Any, at: int) -> Any:
    """A word that does not change while compiled code runs: one look at it is enough.

    Tables grow between two calls, so what is written in the meantime is never an address.
    """
    load = builder.load(builder.gep(words, [ir.Constant(ir.IntType(64), at)]))
    load.set_metadata("invariant.load", builder.module.add_metadata([]))
    return load


@lower_getattr_generic(OpenWorld)
def _lower_table(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    array_type = typ.arrays[attr]
    words = builder.inttoptr(value, ir.IntType(64).as_pointer())
    column = 2 * FIELDS.index(attr)
    address = load_constant(builder, words, column)
    rows = load_constant(builder, words, column + 1)
    array = make_array(array_type)(context, builder)
    itemsize = context.get_constant(types.intp, array_type.dtype.size)
    populate_array(
        array,
        data=builder.inttoptr(address, array.data.type),
        shape=cgutils.pack_array(builder, [rows]),
        strides=cgutils.pack_array(builder, [itemsize]),
        itemsize=itemsize,
        meminfo=None,
    )
    return array._getvalue()


@lower_cast(OpenWorld, OpenWorld)
def _lower_cast(context: Any, builder: Any, fromty: Any, toty: Any, value: Any) -> Any:
    return value  # the same address


def _opener(world_type: OpenWorld) -> Any:
    @intrinsic
    def open_world(typing_context: Any, book: Any, k: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            array = make_array(signature.args[0])(context, builder, args[0])
            base = builder.ptrtoint(array.data, ir.IntType(64))
            row = ir.Constant(ir.IntType(64), 2 * TABLES * 8)
            return builder.add(base, builder.mul(args[1], row))

        return world_type(book, types.int64), codegen

    return open_world


# -- plain Python ------------------------------------------------------------------------------
def _view(address: int, rows: int, dtype: np.dtype) -> np.recarray:
    buffer = (ctypes.c_uint8 * (int(rows) * dtype.itemsize)).from_address(int(address))
    return np.frombuffer(buffer, dtype=dtype, count=int(rows)).view(np.recarray)


def _python_opener(dtypes: dict[str, np.dtype]) -> Any:
    def open_world(book: np.ndarray, k: int) -> Tables:
        row = book[k]
        return Tables(
            *(
                _view(row[2 * column], row[2 * column + 1], dtypes[field])
                if field in dtypes
                else None
                for column, field in enumerate(FIELDS)
            )
        )

    return open_world


if config.DISABLE_JIT:
    open_full = _python_opener(FULL_DTYPES)
    open_seen = _python_opener(SEEN_DTYPES)
else:
    open_full = _opener(FULL_TYPE)
    open_seen = _opener(SEEN_TYPE)
