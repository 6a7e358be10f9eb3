"""Compiling the kernels: decorators, and a cache on disk that knows all of their sources.

``@kernel`` marks a function that is compiled as a part of its callers. ``@entry(signature)`` marks
one of the few that Python calls: it has an explicit signature, is compiled on its first call (or by
``fz_multi.engine.warmup``), and is kept on disk. Numba's own cache does not see a change in a
callee's file, so the cache folder is keyed by a hash of every file that holds kernels, of the numba
and numpy versions and of the CPU.

``@linked(signature)`` cuts a large part off: it is compiled by itself and its callers find it by a
symbol, as C code finds a library. Numba links and optimises the whole tree below a function again
at every level, so a few such cuts halve the compile time and let processes compile side by side.

With numba's ``NUMBA_DISABLE_JIT=1`` all of them run as plain Python.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core import config, types
from numba.core.caching import Cache, CompileResultCacheImpl
from numba.core.ccallback import CFunc
from numba.core.compiler_lock import global_compiler_lock
from numba.np import arrayobj

PACKAGE = Path(__file__).resolve().parent.parent

# The modules that hold kernels, relative to the package; `sources_hash` covers these files.
KERNEL_FILES = (
    "engine",
    "commands.py",
    "desk.py",
    "actions.py",
    "aiming.py",
    "observation.py",
    "masks.py",
    "planes.py",
    "batch_step.py",
    "teamwork.py",
    "task/rows.py",
    "task/hashing.py",
    "task/stream.py",
    "task/compiled_draw.py",
    "task/compiled_reset.py",
)
# Files of the engine that hold no kernel and no number that a kernel takes over.
NO_KERNELS = ("world.py", "batch.py", "encode.py", "warmup.py", "__init__.py")

ENTRIES: dict[str, Entry] = {}
LINKS: dict[str, Link] = {}  # in the order of import: what is called before what calls it

ALLOCATES = frozenset(("zeros", "empty"))  # NumPy's functions that kernels make arrays with

# A process that only compiles may leave symbols unresolved: nothing runs there.
compile_only = False


def jit_enabled() -> bool:
    """Whether kernels are compiled (False under ``NUMBA_DISABLE_JIT=1``)."""
    return not config.DISABLE_JIT


def kernel(function: Callable[..., Any]) -> Any:
    """A function of the engine that is compiled as a part of its callers."""
    if config.DISABLE_JIT:
        return function
    return _widened(numba.njit(nogil=True, **options(function))(function))


def options(function: Callable[..., Any]) -> dict[str, Any]:
    """How numba compiles a function: a division by zero raises nothing, and references are counted
    only where arrays are made. All others belong to Python, which keeps them while a call runs.
    """
    makes_arrays = not ALLOCATES.isdisjoint(function.__code__.co_names)
    return {"error_model": "numpy", "_nrt": makes_arrays}


def _widened(dispatcher: Any) -> Any:
    """Let other kernels call it with int64 for every whole number.

    Numba would compile a copy for each literal and each narrow integer that it is called with; and
    a narrow argument would wrap where plain Python does not.
    """
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        return resolve(tuple(map(_wide, args)), {name: _wide(kind) for name, kind in kws.items()})

    dispatcher.get_call_template = get_call_template
    return dispatcher


def _wide(kind: Any) -> Any:
    kind = types.unliteral(kind)
    narrow = isinstance(kind, types.Integer) and kind.bitwidth < 64
    return types.int64 if narrow else kind


def inlined(function: Callable[..., Any]) -> Any:
    """A kernel of one or two lines that LLVM shall always inline."""
    if config.DISABLE_JIT:
        return function
    return numba.njit(nogil=True, forceinline=True, **options(function))(function)


def entry(signature: str) -> Callable[[Callable[..., Any]], Entry]:
    """A kernel that Python calls, compiled for ``signature`` alone, on its first call."""

    def wrap(function: Callable[..., Any]) -> Entry:
        made = Entry(function, signature)
        ENTRIES[made.name] = made
        return made

    return wrap


def linked(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """A kernel that other kernels call through a symbol.

    ``signature`` has one letter for the result and each argument: i int64, W and O a world (full,
    seen), C a command record, D a desk (desk.py). The function must not raise.
    """

    def wrap(function: Callable[..., Any]) -> Any:
        if config.DISABLE_JIT:
            return function
        link = Link(function, signature)
        ENTRIES[link.name] = LINKS[link.name] = link
        return types.ExternalFunction(link.symbol, link.typed)

    return wrap


class Entry:
    """A compiled entry point. Calling it compiles it, or loads it from the cache, once."""

    def __init__(self, function: Callable[..., Any], signature: str) -> None:
        self.function = function
        self.signature = signature
        self.name = f"{function.__module__.removeprefix('fz_multi.')}.{function.__name__}"
        self._compiled: Callable[..., Any] | None = None
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        compiled = self._compiled
        if compiled is None:
            compiled = self.ensure()
        return compiled(*args)

    def ensure(self) -> Callable[..., Any]:
        """Compile, or load from the cache, and return what the call runs."""
        if self._compiled is None:
            if config.DISABLE_JIT:
                self._compiled = self.function
            else:
                from .warmup import before_compile

                before_compile(self)
                self._compiled = self.compile()
        return self._compiled

    def compile(self) -> Callable[..., Any]:
        """Compile now (reading and writing the cache), without looking at other entries."""
        resolve_links()
        dispatcher = numba.njit(nogil=True, **options(self.function))(self.function)
        dispatcher._cache = _SourceKeyedCache(self.function)
        with _no_negative_indices():
            dispatcher.compile(self.signature)
        dispatcher.disable_compile()
        self._compiled = dispatcher
        return dispatcher

    def is_cached(self) -> bool:
        """Whether the cache folder holds this entry for the sources as they are."""
        return (cache_folder() / f"{self.name}.done").exists()

    def mark_cached(self) -> None:
        """Note that the entry is in the cache (written after a compile has been stored)."""
        (cache_folder() / f"{self.name}.done").touch()

    def __reduce__(self) -> Any:
        return _entry_by_name, (self.function.__module__, self.function.__name__)


class Link(Entry):
    """A kernel that is compiled by itself and found by its symbol."""

    def __init__(self, function: Callable[..., Any], signature: str) -> None:
        super().__init__(function, signature)
        from .memory import COMMAND_TYPE, FULL_TYPE, SEEN_TYPE

        letters = {"i": types.int64, "W": FULL_TYPE, "O": SEEN_TYPE, "C": COMMAND_TYPE}
        if "D" in signature:
            from ..desk import DESK_TYPE

            letters["D"] = DESK_TYPE
        result, *arguments = (letters[letter] for letter in signature)
        self.typed = result(*arguments)
        self.symbol = f"fz_multi_{self.name.replace('.', '_')}"
        self.bound = False

    def compile(self) -> Callable[..., Any]:
        """Compile by itself, store, and give the symbol its address."""
        resolve_links(before=self.name)
        typed = self.typed.args, self.typed.return_type
        compiled = CFunc(self.function, typed, {}, options(self.function))
        compiled._cache = _SourceKeyedCache(self.function)
        with _no_negative_indices():
            compiled.compile()
        self._compiled = compiled  # keeps the code alive
        llvm.add_symbol(self.symbol, compiled.address)
        self.bound = True
        return compiled


@contextlib.contextmanager
def _no_negative_indices() -> Iterator[None]:
    """Compile ``table[index]`` as it stands, without a look at whether the index is negative.

    No kernel counts from the end: the look would take time in each step, and compile time, for
    nothing. Numba's lock keeps other compiles out meanwhile.
    """
    with global_compiler_lock:
        usual = arrayobj.fix_integer_index
        arrayobj.fix_integer_index = _index_as_it_is
        try:
            yield
        finally:
            arrayobj.fix_integer_index = usual


def _index_as_it_is(context: Any, builder: Any, kind: Any, index: Any, _size: Any) -> Any:
    return context.cast(builder, index, kind, types.intp)


def resolve_links(before: str = "") -> None:
    """Give each symbol (those registered before one, for that one) its address."""
    for name, link in list(LINKS.items()):
        if name == before:
            return
        if link.bound:
            continue
        if compile_only and not link.is_cached():
            llvm.add_symbol(link.symbol, _nowhere())
        else:
            link.compile()


@functools.cache
def _nowhere() -> int:
    """An address for a symbol that nobody calls."""
    import ctypes

    return ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value or 1


def _entry_by_name(module: str, name: str) -> Any:
    import importlib

    return getattr(importlib.import_module(module), name)


@functools.cache
def sources_hash() -> str:
    """A hash of everything that the compiled code depends on (16 hex digits)."""
    digest = hashlib.sha256()
    for part in KERNEL_FILES:
        place = PACKAGE / part
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        for file in files:
            if file.exists() and file.name not in NO_KERNELS:
                digest.update(file.relative_to(PACKAGE).as_posix().encode())
                digest.update(file.read_bytes())
    for text in (numba.__version__, np.__version__, sys.version, _cpu()):
        digest.update(text.encode())
    return digest.hexdigest()[:16]


def _cpu() -> str:
    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


@functools.cache
def cache_folder() -> Path:
    """The folder of the compiled kernels: in the package where it can be written, else in the
    user's cache folder."""
    key = sources_hash()
    for root in (PACKAGE / "__pycache__" / "kernels", _user_cache()):
        folder = root / key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return folder
    import tempfile

    return Path(tempfile.mkdtemp(prefix="fz_multi-kernels-"))


def _user_cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("fz_multi")) / "kernels"


class _Locator:
    """Where numba keeps one function: the folder of `cache_folder`, stamped with our hash."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = function.__qualname__

    def ensure_cache_path(self) -> None:
        cache_folder().mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return sources_hash()

    def get_disambiguator(self) -> str:
        return self._name

    @classmethod
    def from_function(cls, function: Callable[..., Any], _file: str) -> _Locator:
        return cls(function)


class _Impl(CompileResultCacheImpl):
    _locator_classes = [_Locator]


class _SourceKeyedCache(Cache):
    _impl_class = _Impl
