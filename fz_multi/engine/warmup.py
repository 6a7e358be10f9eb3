"""Compiling the engine once: all entry points side by side, on first use.

The first call of any entry (``jit.Entry.ensure``) comes through ``before_compile``. If the cache
folder lacks an entry, every entry that it lacks is compiled now, by worker processes (numba
compiles on one core), under a lock between processes: of many trainers' workers that start
together one compiles, and the others wait and then load. A worker that dies, hangs or disagrees
about the sources is no harm: what it left is compiled in this process.

``fz-multi warmup`` and ``warmup()`` do the same ahead of time.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import jit
from .progress import Progress

MAX_WORKERS = 4
ENTRY_LIMIT = 900.0  # seconds that one entry may take in a worker
LOCK_LIMIT = 1800.0  # seconds to wait for the process that compiles
# Seconds for what has not been timed on this machine: the longest must start first.
GUESS = 4.0
GUESSES = {
    "engine.act.begin": 30.0,
    "engine.tick.mining_tick": 22.0,
    "engine.legal.check": 17.0,
    "engine.tick.machines_tick": 9.0,
    "engine.character.packed_step": 7.0,
    "observation.observe": 10.0,
    "observation.state": 8.0,
    "task.compiled_reset.lay_maps": 12.0,
    "task.compiled_draw.draw_maps": 11.0,
}
KEEP = 3  # cache folders of other versions of the sources
TIMES = "seconds.json"  # beside the cache folders: how long each entry took here

_DEFINES = re.compile(r"^@(entry|linked)\(", re.MULTILINE)
_attempted: set[str] = set()  # entries that this process has tried: never twice
_in_worker = False
_guard = threading.RLock()


def _after_fork() -> None:
    global _guard
    _guard = threading.RLock()  # a thread of the parent may have held it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def warmup(progress: bool = True) -> dict[str, float]:
    """Compile, or load, every entry point. Returns the seconds that each one took.

    With ``progress`` a bar (or, without a terminal, a line) on stderr says what goes on.
    An entry that cannot be compiled raises numba's own error.
    """
    import_entries()
    if not jit.jit_enabled():
        return dict.fromkeys(jit.ENTRIES, 0.0)
    seconds = compile_missing(progress)
    for name, entry in list(jit.ENTRIES.items()):
        start = time.perf_counter()
        entry.ensure()
        seconds.setdefault(name, time.perf_counter() - start)
    return {name: round(value, 3) for name, value in seconds.items()}


def before_compile(entry: jit.Entry) -> None:
    """Called by an entry that is about to be compiled or loaded: fills the cache if need be."""
    if _in_worker or entry.is_cached() or entry.name in _attempted:
        return
    with _guard:
        import_entries(strict=False)
        compile_missing(progress=True)


def entry_modules() -> list[str]:
    """The names of the modules that define entries, found in the files that hold kernels."""
    names = []
    for part in jit.KERNEL_FILES:
        place = jit.PACKAGE / part
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.exists() and _DEFINES.search(file.read_text(encoding="utf-8")):
                path = file.relative_to(jit.PACKAGE).with_suffix("")
                names.append(".".join(("fz_multi", *path.parts)))
    return names


def import_entries(strict: bool = True) -> None:
    """Import every module that defines entries, so that ``jit.ENTRIES`` is complete.

    Without ``strict`` a module that cannot be imported is passed over: the error belongs to
    whoever uses that module, not to the entry that happens to be called first.
    """
    for name in entry_modules():
        try:
            importlib.import_module(name)
        except Exception:
            if strict:
                raise


def missing_entries() -> list[jit.Entry]:
    """The registered entries that the cache lacks and that this process has not tried yet."""
    return [
        entry
        for entry in list(jit.ENTRIES.values())
        if not entry.is_cached() and entry.name not in _attempted
    ]


def compile_missing(progress: bool = True) -> dict[str, float]:
    """Compile what the cache lacks (of what has been imported); returns the seconds of each."""
    if not missing_entries():
        return {}
    with _locked(progress):
        missing = missing_entries()  # another process may have been at it
        if not missing:
            return {}
        known = {**GUESSES, **_read_times()}
        missing.sort(key=lambda entry: -known.get(entry.name, GUESS))
        _attempted.update(entry.name for entry in missing)
        guesses = {e.name: known.get(e.name, GUESS) for e in missing}
        display = Progress(guesses, min(_cores(), MAX_WORKERS), progress)
        with display:
            seconds = _in_workers(missing, display)
            for entry in missing:
                if entry.name not in seconds:
                    _here(entry, seconds, display)
        _write_times(seconds)
        _prune()
        return seconds


def _here(entry: jit.Entry, seconds: dict[str, float], display: Progress) -> None:
    """Compile in this process. An error is left to the call that needs the entry."""
    display.started(entry.name)
    start = time.perf_counter()
    with contextlib.suppress(Exception):
        entry.compile()
        entry.mark_cached()
        seconds[entry.name] = time.perf_counter() - start
    display.finished(entry.name)


# -- workers ---------------------------------------------------------------------------------------


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_workers(entries: list[jit.Entry], display: Progress) -> dict[str, float]:
    """Compile with worker processes; returns the seconds of each entry that got into the cache."""
    ours = [entry.name for entry in entries if entry.function.__module__.startswith("fz_multi.")]
    workers = min(_cores(), MAX_WORKERS, len(ours))
    if workers < 2 or not sys.executable:
        return {}
    waiting = deque(ours)
    seconds: dict[str, float] = {}
    running: list[subprocess.Popen[str]] = []
    threads = [
        threading.Thread(
            target=_feed, args=(waiting, seconds, running, display), daemon=True, name="compile"
        )
        for _ in range(workers)
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():  # join in pieces: Ctrl-C gets through
                thread.join(0.2)
                display.refresh()
    finally:
        waiting.clear()
        for process in running:
            if process.poll() is None:
                process.kill()
    return seconds


def _feed(
    waiting: deque[str],
    seconds: dict[str, float],
    running: list[subprocess.Popen[str]],
    display: Progress,
) -> None:
    """Give one worker process a name at a time, until none is left or the worker fails."""
    try:
        process = _start_worker()
    except OSError:
        return
    running.append(process)
    assert process.stdin is not None and process.stdout is not None
    try:
        while waiting:
            try:
                name = waiting.popleft()
            except IndexError:
                break
            display.started(name)
            watchdog = threading.Timer(ENTRY_LIMIT, process.kill)
            watchdog.daemon = True
            watchdog.start()
            try:
                process.stdin.write(name + "\n")
                process.stdin.flush()
                answer = json.loads(process.stdout.readline() or "{}")
            finally:
                watchdog.cancel()
            display.finished(name)
            if "name" not in answer:
                return  # dead, or of other sources
            if answer.get("error") is None and jit.ENTRIES[name].is_cached():
                seconds[name] = float(answer["seconds"])
    except (OSError, ValueError):
        return
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()


def _start_worker() -> subprocess.Popen[str]:
    root = str(jit.PACKAGE.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "fz_multi.engine.warmup", "--worker", jit.sources_hash()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def work(expected_hash: str) -> int:
    """The worker: reads names of entries on stdin, answers each with one line of JSON."""
    global _in_worker
    _in_worker = jit.compile_only = True
    answers, sys.stdout = sys.stdout, sys.stderr  # nothing else may write there
    if jit.sources_hash() != expected_hash:
        return 1  # the files have changed since the other process read them
    import_entries(strict=False)
    for line in sys.stdin:
        name = line.strip()
        answer: dict[str, Any] = {"name": name, "error": None}
        start = time.perf_counter()
        try:
            jit.ENTRIES[name].compile()
            jit.ENTRIES[name].mark_cached()
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        answer["seconds"] = time.perf_counter() - start
        print(json.dumps(answer), file=answers, flush=True)
    return 0


# -- lock, times, old folders ----------------------------------------------------------------------


@contextlib.contextmanager
def _locked(progress: bool) -> Iterator[None]:
    """Hold the lock of the cache folder; without one where the file system has no locks."""
    import filelock

    lock = filelock.FileLock(jit.cache_folder() / ".lock")
    held = False
    try:
        try:
            lock.acquire(timeout=0.1)
        except filelock.Timeout:
            if progress:
                print("fz_multi: another process compiles the engine; waiting ...", file=sys.stderr)
            lock.acquire(timeout=LOCK_LIMIT)
        held = True
    except (filelock.Timeout, OSError, NotImplementedError):
        pass  # two compile side by side: slow, not wrong (numba replaces its files at once)
    try:
        yield
    finally:
        if held:
            lock.release()


def _times_file() -> Path:
    return jit.cache_folder().parent / TIMES


def _read_times() -> dict[str, float]:
    try:
        times = json.loads(_times_file().read_text())
        return {str(name): float(value) for name, value in times.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _write_times(seconds: dict[str, float]) -> None:
    with contextlib.suppress(OSError):
        times = {**_read_times(), **{name: round(value, 2) for name, value in seconds.items()}}
        _times_file().write_text(json.dumps(times, indent=1, sort_keys=True))


def _prune() -> None:
    """Remove the caches of older sources, except for the newest few."""
    now = jit.cache_folder()
    with contextlib.suppress(OSError):
        others = [
            folder
            for folder in now.parent.iterdir()
            if folder != now and re.fullmatch(r"[0-9a-f]{16}", folder.name) and folder.is_dir()
        ]
        others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in others[KEEP - 1 :]:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--worker":
        sys.exit("usage: python -m fz_multi.engine.warmup --worker HASH  (names on stdin)")
    # `python -m` runs this file under the name __main__; the work belongs to the real module.
    sys.exit(importlib.import_module("fz_multi.engine.warmup").work(sys.argv[2]))
