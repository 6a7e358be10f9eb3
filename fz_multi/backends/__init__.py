"""Backends: where a world runs. See ``base.Backend`` for what an environment asks of one."""

from __future__ import annotations

from typing import Any

from fz_multi.backends.base import Backend

BACKENDS = ("embedded",)


def make_backend(name: str, **options: Any) -> Backend:
    """The backend of a name. ValueError for another name or an option it does not have."""
    if name not in BACKENDS:
        raise ValueError(f"unknown backend={name!r}; allowed: {', '.join(BACKENDS)}")
    if options:
        raise ValueError(
            f"backend={name!r} has no option {sorted(options)[0]!r}; its options: none"
        )
    from fz_multi.backends.embedded import EmbeddedBackend

    return EmbeddedBackend()
