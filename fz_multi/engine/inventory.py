"""Inventories: runs of slots in one pool. Part stacks first, then empty slots (mechanics 9.2)."""

from __future__ import annotations

from .jit import kernel
from .tables import SLOT_CLASSES


@kernel
def count_item(o, base, slots, item):
    """Number of an item in a run of slots."""
    total = 0
    for index in range(base, base + slots):
        if o.slot[index].item_id == item:
            total += o.slot[index].count
    return total


@kernel
def holds(o, base, slots, item):
    """Whether an item lies in a run of slots."""
    for index in range(base, base + slots):
        if o.slot[index].item_id == item and o.slot[index].count > 0:
            return True
    return False


@kernel
def room_for(o, base, slots, item, stack):
    """How many more of an item fit, with `stack` to a slot."""
    room = 0
    for index in range(base, base + slots):
        s = o.slot[index]
        if s.item_id == 0:
            room += stack
        elif s.item_id == item and s.count < stack:
            room += stack - s.count
    return room


@kernel
def put(w, base, slots, item, count, stack):
    """Put items in: part stacks in slot order, then empty slots. Returns how many fitted."""
    left = count
    for index in range(base, base + slots):
        if left == 0:
            break
        s = w.slot[index]
        if s.item_id == item and s.count < stack:
            take = min(left, stack - s.count)
            s.count += take
            left -= take
    for index in range(base, base + slots):
        if left == 0:
            break
        s = w.slot[index]
        if s.item_id == 0:
            take = min(left, stack)
            s.item_id = item
            s.count = take
            left -= take
    return count - left


@kernel
def remove(w, base, slots, item, count):
    """Take items out, first stacks first. Returns how many came out."""
    left = count
    for index in range(base, base + slots):
        if left == 0:
            break
        s = w.slot[index]
        if s.item_id == item:
            take = min(left, s.count)
            s.count -= take
            left -= take
            if s.count == 0:
                s.item_id = 0
    return count - left


@kernel
def is_empty(o, base, slots):
    for index in range(base, base + slots):
        if o.slot[index].item_id != 0:
            return False
    return True


@kernel
def slot_class(size):
    """Free runs are kept by size class: 1, 2, 3-4, 5-16, 17-32, 33-48, 49-96, more."""
    if size <= 2:
        return size - 1
    if size <= 4:
        return 2
    if size <= 16:
        return 3
    if size <= 32:
        return 4
    if size <= 48:
        return 5
    if size <= 96:
        return 6
    return SLOT_CLASSES - 1


@kernel
def class_size(size):
    """Slots that a run of `size` takes from the pool."""
    sizes = (1, 2, 4, 16, 32, 48, 96)
    which = slot_class(size)
    if which < 7:
        return sizes[which]
    return 256


@kernel
def allocate_slots(w, size):
    """A cleared run of slots. The caller has made sure that the pool has room."""
    if size == 0:
        return 0
    h = w.header[0]
    which = slot_class(size)
    base = int(h.slot_free[which]) - 1
    if base >= 0:
        h.slot_free[which] = w.slot[base].count
    else:
        base = int(h.slot_top)
        h.slot_top += class_size(size)
    for index in range(base, base + size):
        w.slot[index].item_id = 0
        w.slot[index].count = 0
    return base


@kernel
def free_slots(w, base, size):
    """Give a run back to the pool."""
    if size == 0:
        return
    h = w.header[0]
    which = slot_class(size)
    for index in range(base, base + size):
        w.slot[index].item_id = 0
        w.slot[index].count = 0
    w.slot[base].count = h.slot_free[which]
    h.slot_free[which] = base + 1
