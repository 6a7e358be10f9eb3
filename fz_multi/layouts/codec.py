"""Blueprint strings: a version character, base64, zlib, JSON (the game's exchange format).

Source: the blueprint string format of the game's documentation; the one version so far is "0".
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from .errors import BlueprintError, short

VERSION = "0"
MAX_BYTES = 64 << 20  # of JSON; the largest books that people share have some ten million


def decode(string: Any, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The JSON object of a blueprint string.

    Raises `BlueprintError` that names the step at which the string ends to make sense.
    """
    if not isinstance(string, str):
        raise BlueprintError(f"a blueprint is a string, got {short(string)}")
    text = "".join(string.split())
    if not text:
        raise BlueprintError("a blueprint string is empty")
    if text[0] != VERSION:
        raise BlueprintError(
            f"a blueprint string begins with its version, allowed: '{VERSION}'; got {text[0]!r}"
        )
    try:
        packed = base64.b64decode(text[1:].encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BlueprintError(
            f"what follows the version of a blueprint string is base64: {error}"
        ) from None
    raw = _inflate(packed, max_bytes)
    try:
        data = json.loads(raw.decode("utf-8"))
    except RecursionError:
        raise BlueprintError("the JSON of a blueprint is nested too deeply") from None
    except ValueError as error:
        raise BlueprintError(f"a blueprint string holds no valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise BlueprintError(f"a blueprint string holds a JSON object, got {short(data)}")
    return data


def _inflate(packed: bytes, max_bytes: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(packed, max_bytes)
        if not stream.eof:  # either there is more to come out, or the string is cut short
            raw += stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        raise BlueprintError(
            f"what base64 gives of a blueprint string is zlib data: {error}"
        ) from None
    if len(raw) > max_bytes:
        raise BlueprintError(
            f"a blueprint unpacks to at most {max_bytes} bytes; this one is larger"
        )
    if not stream.eof:
        raise BlueprintError("the zlib data of a blueprint string are cut short")
    if stream.unused_data:
        raise BlueprintError(
            f"{len(stream.unused_data)} bytes follow the zlib data of a blueprint string"
        )
    return raw


def encode(data: Any) -> str:
    """The blueprint string of a JSON object."""
    raw = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return VERSION + base64.b64encode(zlib.compress(raw, 9)).decode("ascii")
