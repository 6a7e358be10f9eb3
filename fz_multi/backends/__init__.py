"""Backends: where a world runs. See ``base.Backend`` for what an environment asks of one."""

from __future__ import annotations

from typing import Any

from fz_multi.backends.base import Backend

BACKENDS = ("embedded", "factorio")


def make_backend(name: str, **options: Any) -> Backend:
    """The backend of a name. ValueError for another name or an option it does not have."""
    if name not in BACKENDS:
        raise ValueError(f"unknown backend={name!r}; allowed: {', '.join(BACKENDS)}")
    if name == "factorio":
        from fz_multi.backends.factorio import FactorioBackend

        _check_options(name, options, FactorioBackend.OPTIONS)
        return FactorioBackend(**options)
    from fz_multi.backends.embedded import EmbeddedBackend

    _check_options(name, options, ())
    return EmbeddedBackend()


def _check_options(name: str, options: dict[str, Any], allowed: tuple[str, ...]) -> None:
    for option in sorted(options):
        if option not in allowed and option != "shared":
            raise ValueError(
                f"backend={name!r} has no option {option!r}; "
                f"its options: {', '.join(allowed) or 'none'}"
            )
