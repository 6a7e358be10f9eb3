"""The bytes of a replay file.

======  ====================================================================================
bytes   what
======  ====================================================================================
0-2     ``FZR``
3       number of the format, 1
4-7     CRC-32 of what follows, before compression (unsigned, little-endian as all numbers)
8-      zlib: 4 bytes length of the header; the header, a JSON object in UTF-8; the actions,
        ``steps * agents * heads`` whole numbers of ``width`` bytes each, agent by agent
======  ====================================================================================

The header has the fields of `fz_multi.replay.Replay` (without the actions), and ``shape`` and
``width`` of the actions. Numbers of one agent lie side by side because they repeat, so that a
two_cells episode of 720 steps takes some hundred bytes.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np

MAGIC, FORMAT = b"FZR", 1
MOST_BYTES = 1 << 30  # of an unpacked file: a damaged one must not fill the memory


class ReplayError(ValueError):
    """A replay that cannot be read, or that does not give the recorded episode."""


def pack(header: dict[str, Any], actions: np.ndarray) -> bytes:
    """The bytes of a file. ``actions``: whole numbers [steps, agents] or [steps, agents, heads]."""
    most = int(actions.max(initial=0))
    width = 1 if most < 1 << 8 else 2 if most < 1 << 16 else 4
    numbers = np.ascontiguousarray(np.moveaxis(actions, 0, -1), f"<u{width}")
    full = {**header, "shape": list(actions.shape), "width": width}
    text = json.dumps(full, separators=(",", ":"), allow_nan=False).encode()
    body = len(text).to_bytes(4, "little") + text + numbers.tobytes()
    crc = zlib.crc32(body).to_bytes(4, "little")
    return MAGIC + bytes([FORMAT]) + crc + zlib.compress(body, 9)


def unpack(data: bytes, where: str = "replay") -> tuple[dict[str, Any], np.ndarray]:
    """Header and actions. ReplayError, which begins with ``where``, for other or damaged bytes."""
    if data[:3] != MAGIC or len(data) < 8:
        raise ReplayError(f"{where}: this is no replay file (those begin with FZR)")
    if data[3] != FORMAT:
        raise ReplayError(
            f"{where}: format {data[3]} of replay files; this fz_multi reads format {FORMAT}"
        )
    body = _inflate(data[8:], where)
    if zlib.crc32(body) != int.from_bytes(data[4:8], "little"):
        raise ReplayError(f"{where}: the file is damaged (its checksum does not fit)")
    end = 4 + int.from_bytes(body[:4], "little")
    try:
        header = json.loads(body[4:end])
        shape, width = tuple(header.pop("shape")), header.pop("width")
        numbers = np.frombuffer(body[end:], f"<u{width}").reshape(*shape[1:], shape[0])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReplayError(f"{where}: the file's header makes no sense ({error})") from None
    return header, np.ascontiguousarray(np.moveaxis(numbers, -1, 0))


def _inflate(data: bytes, where: str) -> bytes:
    worker = zlib.decompressobj()
    try:
        body = worker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise ReplayError(f"{where}: the file is damaged ({error})") from None
    if not worker.eof:
        raise ReplayError(f"{where}: the file is cut short")
    return body
