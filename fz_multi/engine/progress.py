"""What a person sees while the engine compiles."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self


class Progress:
    """A progress bar on a terminal, two lines elsewhere, nothing with ``show=False``.

    ``guesses``: seconds by part; ``workers``: how many are compiled side by side.
    """

    def __init__(self, guesses: dict[str, float], workers: int, show: bool) -> None:
        self._guesses, self._workers = guesses, workers
        self._start = time.perf_counter()
        self._running: dict[str, float] = {}
        self._done: set[str] = set()
        self._show = show
        self._bar: Any = None

    def __enter__(self) -> Self:
        if not self._show:
            return self
        seconds = self._guesses.values()
        about = max(sum(seconds) / self._workers, *seconds, 0.0)
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=100,
                desc="compiling the engine (first use)",
                bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed} {postfix}",
                file=sys.stderr,
                leave=False,
            )
        else:
            print(
                f"fz_multi: compiling the engine (first use, about {about:.0f} s) ...",
                file=sys.stderr,
                flush=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        if not self._show:
            return
        if self._bar is not None:
            self._bar.close()
        took = time.perf_counter() - self._start
        print(f"fz_multi: compiled the engine in {took:.0f} s", file=sys.stderr, flush=True)

    def started(self, name: str) -> None:
        self._running[name] = time.perf_counter()
        self.refresh()

    def finished(self, name: str) -> None:
        self._running.pop(name, None)
        self._done.add(name)
        self.refresh()

    def refresh(self) -> None:
        """Move the bar: what is done counts in full, what runs by the time it has had."""
        if self._bar is None:
            return
        now = time.perf_counter()
        reached = sum(self._guesses[name] for name in self._done)
        for name, start in list(self._running.items()):
            reached += min(now - start, 0.95 * self._guesses[name])
        self._bar.n = round(100 * reached / sum(self._guesses.values()))
        self._bar.set_postfix_str(f"{len(self._done)}/{len(self._guesses)} parts", refresh=False)
        self._bar.refresh()
