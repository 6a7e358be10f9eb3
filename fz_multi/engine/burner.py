"""Burner energy: a buffer of 16/15 of one tick's use, filled from the fuel item that burns.

Mechanics 4.5 (measured): a fuel item is loaded as soon as the burner is empty and the machine wants
energy, and what is still owed in that tick comes from the new item, so nothing is lost. Waiting
costs nothing. Units: 1/40,320 J.
"""

from __future__ import annotations

from .jit import kernel


@kernel
def fuel_slot(o, row):
    """The first fuel slot with something to burn, or -1."""
    e = o.entity[row]
    for index in range(e.slot, e.slot + e.fuel_slots):
        if o.slot[index].item_id != 0:
            return index
    return -1


@kernel
def refill(w, row):
    """Fill the buffer as far as there is fuel. Returns whether a fuel item was loaded."""
    e = w.entity[row]
    want = w.kinds[e.proto].buffer - e.energy
    loaded = False
    while want > 0:
        if e.burning == 0:
            index = fuel_slot(w, row)
            if index < 0:
                e.burning_item = 0
                break
            s = w.slot[index]
            e.burning_item = s.item_id
            e.burning = w.items[s.item_id].fuel
            w.stat[s.item_id].consumed += 1
            s.count -= 1
            if s.count == 0:
                s.item_id = 0
            loaded = True
        take = min(want, e.burning)
        e.energy += take
        e.burning -= take
        want -= take
    return loaded


@kernel
def has_energy(o, row):
    """Whether the machine can get any energy at all."""
    e = o.entity[row]
    return e.energy > 0 or e.burning > 0 or fuel_slot(o, row) >= 0
