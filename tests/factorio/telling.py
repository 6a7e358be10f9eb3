"""What a mod would say of an engine's world: states of the exchange, from docs/protocol.md.

Test side only. It lets the mirror and the codec be tested without a server.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fz_multi.engine import constants as c
from fz_multi.engine.lanes import lane_contents
from fz_multi.engine.tables import AGENT
from fz_multi.factorio.codec import run_lengths
from fz_multi.factorio.state import CHARACTER_FIELDS, ENTITY_FIELDS, STAT_FIELDS


class Teller:
    """Tells the states of world ``k`` of a batch: `full`, then `delta` after each change."""

    def __init__(self, batch: Any, k: int = 0, arena: int = 0) -> None:
        self.batch, self.k, self.arena = batch, k, arena
        self.seq = 0
        self._last: dict[str, Any] = {}

    # -- all that there is -------------------------------------------------------------------------
    def _all(self) -> dict[str, Any]:
        tables = self.batch.tables(self.k)
        full = self.batch.full
        tile = tables.tile
        people = range(int(tables.header["characters"][0]))
        return {
            "terrain": run_lengths(np.asarray(tile["terrain"])),
            "res": {
                int(i): [int(tile["resource"][i]), int(tile["amount"][i])]
                for i in np.flatnonzero(tile["resource"])
            },
            "ents": self._entities(tables),
            "piles": self._piles(tables),
            "chars": {me: self._character(tables, me) for me in people},
            "stat": {
                int(i): [int(full.stat[f][self.k, i]) for f in STAT_FIELDS]
                for i in range(full.stat.shape[1])
            },
            "counts": {me: [int(full.agent[f][self.k, me]) for f in AGENT.names] for me in people},
            "results": [[int(v) for v in full.result[self.k, me].tolist()] for me in people],
            "tick": int(tables.header["tick"][0]),
        }

    def _entities(self, tables: Any) -> dict[int, list[Any]]:
        out = {}
        for row in np.flatnonzero(tables.entity["proto"]).tolist():
            e = tables.entity[row]
            natural = e["kind"] in (c.KIND_TREE, c.KIND_ROCK)
            unit = int(self.batch.full.entity["unit"][self.k, row])
            uid = -(self._anchor(tables, e) + 1) if natural else unit
            extra: list[Any] = []
            if e["kind"] == c.KIND_BELT:
                bend = int(tables.belt[int(e["belt"]) - 1]["bend"])
                lanes = lane_contents(tables, row)
                extra = [bend, *([v for pair in lane for v in pair] for lane in lanes)]
            elif e["kind"] == c.KIND_INSERTER:
                extra = [int(e["held"]), int(e["hand_x"]), int(e["hand_y"])]
            numbers = [int(e[field]) for field in ENTITY_FIELDS]
            slots = self._slots(tables, int(e["slot"]), int(e["slots"]))
            out[uid] = [uid, *numbers, slots, extra]
        return out

    @staticmethod
    def _anchor(tables: Any, e: Any) -> int:
        h = tables.header[0]
        column = (int(e["x"]) >> 8) - (int(e["tiles_w"]) >> 1) - int(h["left"])
        row = (int(e["y"]) >> 8) - (int(e["tiles_h"]) >> 1) - int(h["top"])
        return row * int(h["width"]) + column

    @staticmethod
    def _slots(tables: Any, first: int, slots: int) -> list[int]:
        run = tables.slot[first : first + slots]
        used = np.flatnonzero(run["item_id"]).tolist()
        return [int(v) for i in used for v in (i, run["item_id"][i], run["count"][i])]

    @staticmethod
    def _piles(tables: Any) -> list[list[int]]:
        pile, h = tables.pile, tables.header[0]
        rows = np.flatnonzero(pile["item_id"]).tolist()

        def order(row: int) -> tuple[int, int, int]:
            x, y = int(pile["x"][row]), int(pile["y"][row])
            tile = ((y >> 8) - int(h["top"])) * int(h["width"]) + (x >> 8) - int(h["left"])
            return tile, y, x

        rows.sort(key=order)
        return [[int(pile[f][row]) for f in ("x", "y", "item_id", "count")] for row in rows]

    def _character(self, tables: Any, me: int) -> list[Any]:
        ch = tables.character[me]
        numbers = [int(ch[field]) for field in CHARACTER_FIELDS]
        until = CHARACTER_FIELDS.index("until")
        numbers[until] = -1 if numbers[until] == c.NEVER else numbers[until]
        first = 64 * me
        queue = tables.craft[first : first + int(ch["crafts"])]
        crafts = [int(v) for q in queue for v in (q["recipe"], q["count"])]
        return [me, *numbers, 250, self._slots(tables, int(ch["slot"]), int(ch["slots"])), crafts]

    # -- messages ----------------------------------------------------------------------------------
    def full(self) -> dict[str, Any]:
        """A full state."""
        now = self._all()
        self._last = now
        self.seq += 1
        return {
            "arena": self.arena,
            "seq": self.seq,
            "full": 1,
            "tick": now["tick"],
            "terrain": now["terrain"],
            "chars": list(now["chars"].values()),
            "ents": list(now["ents"].values()),
            "res": [[i, *row] for i, row in now["res"].items()],
            "piles": now["piles"],
            "stat": [[i, *row] for i, row in now["stat"].items() if any(row)],
            "counts": [[me, *row] for me, row in now["counts"].items()],
            "results": now["results"],
        }

    def delta(self) -> dict[str, Any]:
        """What has changed since the last state."""
        before, now = self._last, self._all()
        self._last = now
        self.seq += 1
        out: dict[str, Any] = {"arena": self.arena, "seq": self.seq, "full": 0, "tick": now["tick"]}
        for key in ("chars", "ents"):
            changed = [v for i, v in now[key].items() if before[key].get(i) != v]
            if changed:
                out[key] = changed
        gone = [uid for uid in before["ents"] if uid not in now["ents"]]
        if gone:
            out["gone"] = gone
        for key in ("stat", "counts"):
            changed = [[i, *v] for i, v in now[key].items() if before[key].get(i) != v]
            if changed:
                out[key] = changed
        res = [[i, *v] for i, v in now["res"].items() if before["res"].get(i) != v]
        res += [[i, 0, 0] for i in before["res"] if i not in now["res"]]
        if res:
            out["res"] = res
        if now["piles"] != before["piles"]:
            out["piles"] = now["piles"]
        out["results"] = now["results"]
        return out
