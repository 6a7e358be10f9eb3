"""The tables of a batch as the laws of `invariants` look at them: all worlds at once, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

NOT_HELD = 1 << 40  # a place where nothing is


class Look:
    """Columns of a batch that several laws need; made once a step."""

    def __init__(self, batch: Any) -> None:
        self.batch, self.protos = batch, batch.prototypes
        t = {name: getattr(batch.full, name).view(np.ndarray) for name in batch.full._fields}
        self.t, self.h = t, t["header"][:, 0]
        self.worlds = len(self.h)
        top = int(self.h["entity_top"].max())
        self.e = t["entity"][:, :top]
        self.live = self.e["proto"] > 0
        self.ch = t["character"]
        self.active = self.ch["active"] > 0
        self.p = t["pile"][:, : int(self.h["pile_top"].max())]
        self.lying = self.p["item_id"] > 0
        self.box = boxes(self.e, self.protos.kinds)
        line = t["line"]
        edge = np.zeros((self.worlds, t["lane_item"].shape[1] + 1), np.int64)
        world, row = np.nonzero(line["length"] > 0)
        np.add.at(edge, (world, line["first"][world, row]), 1)
        np.add.at(edge, (world, line["last"][world, row]), -1)
        self.on_lines = edge.cumsum(1)[:, :-1]  # rows of lane_item that are items

    def tile_of(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Tile rows of points [worlds, n]; -1 outside."""
        h = self.h
        column, row = (x >> 8) - h["left"][:, None], (y >> 8) - h["top"][:, None]
        width, height = h["width"][:, None], h["height"][:, None]
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
        return np.where(inside, row * width + column, -1)

    def per_item(self, items: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Sum of counts by world and item."""
        n = len(self.protos.items)
        world = np.arange(self.worlds)[:, None]
        key = (world * n + items).ravel()
        total = np.bincount(key, counts.astype(np.float64).ravel(), self.worlds * n)
        return total.astype(np.int64).reshape(self.worlds, n)


def boxes(e: np.ndarray, kinds: Any) -> np.ndarray:
    """Collision boxes [worlds, rows, 4] of entities, turned as mechanics 1.2 says."""
    box = kinds["box"][e["proto"]]
    x0, y0, x1, y1 = np.moveaxis(box, -1, 0)
    side = e["direction"] >> 2
    turned = np.stack([
        np.choose(side, (x0, -y1, -x1, y0)), np.choose(side, (y0, x0, -y1, -x1)),
        np.choose(side, (x1, -y0, -x0, y1)), np.choose(side, (y1, x1, -y0, -x0)),
    ], -1)  # fmt: skip
    return turned + np.stack([e["x"], e["y"], e["x"], e["y"]], -1)


def where(bad: np.ndarray, what: str) -> list[str]:
    """The first few places of a boolean array as text."""
    if not bad.any():
        return []
    places = [tuple(int(i) for i in at) for at in np.argwhere(bad)[:3]]
    return [f"{what}: (world, ...) = {places}, {int(bad.sum())} in all"]


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Strict overlap of boxes [..., n, 4] and [..., m, 4] -> [..., n, m]."""
    a, b = a[..., :, None, :], b[..., None, :, :]
    return (
        (a[..., 0] < b[..., 2])
        & (a[..., 2] > b[..., 0])
        & (a[..., 1] < b[..., 3])
        & (a[..., 3] > b[..., 1])
    )


def follow_links(first: np.ndarray, follow: np.ndarray, limit: int) -> np.ndarray:
    """How often each row is on a list of links (row + 1) that starts at ``first[worlds]``."""
    seen = np.zeros(follow.shape, np.int64)
    world = np.flatnonzero(first)
    row = first[world] - 1
    for _ in range(limit + 1):
        if not len(world):
            break
        seen[world, row] += 1
        ahead = follow[world, row]
        world, row = world[ahead > 0], ahead[ahead > 0] - 1
    return seen
