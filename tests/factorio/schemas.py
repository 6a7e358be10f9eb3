"""The two schemas of the exchange as validators."""

from __future__ import annotations

import functools
import json
from importlib import resources
from typing import Any

import jsonschema


@functools.cache
def validator(which: str) -> Any:
    """``request`` or ``answer``."""
    text = resources.files("fz_multi.factorio").joinpath("schema", f"{which}.json").read_text()
    return jsonschema.Draft202012Validator(json.loads(text))


def check_request(request: Any) -> None:
    """jsonschema.ValidationError when a request is none."""
    validator("request").validate(request)


def check_answer(answer: Any) -> None:
    validator("answer").validate(answer)
