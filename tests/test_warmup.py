"""Compiling on first use: once, side by side, for many processes, whatever dies on the way.

The tests run on a tiny package of entries made for them; the engine's own is compiled elsewhere.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fz_multi.engine import jit, warmup

pytestmark = pytest.mark.skipif(not jit.jit_enabled(), reason="nothing is compiled without the JIT")

ENTRIES = """
from fz_multi.engine.jit import entry, kernel

@kernel
def shared(x):
    return x + {number}

@entry("int64(int64)")
def {name}(x):
    return 2 * shared(x)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the few modules that compiling needs, with two entry modules of its own."""
    root = tmp_path / "clone"
    engine = root / "fz_multi" / "engine"
    engine.mkdir(parents=True)
    source = Path(jit.__file__).parent
    for name in ("jit.py", "warmup.py", "progress.py"):
        shutil.copy(source / name, engine / name)
    (root / "fz_multi" / "__init__.py").touch()
    (engine / "__init__.py").touch()
    (engine / "one.py").write_text(ENTRIES.format(name="first", number=1))
    (engine / "two.py").write_text(ENTRIES.format(name="second", number=2))
    return root


def start(package: Path, code: str, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *flags, "-c", code],
        cwd=package,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    return out, err


CALL = "from fz_multi.engine.one import first; print(first(20))"
HITS = (
    "from fz_multi.engine.one import first; from fz_multi.engine.two import second;"
    "print(first(20), second(20));"
    "print([sum(f._compiled.stats.cache_hits.values()) for f in (first, second)])"
)


def folders(package: Path) -> list[Path]:
    place = package / "fz_multi" / "__pycache__" / "kernels"
    return [folder for folder in place.iterdir() if folder.is_dir()]


def test_the_first_call_fills_the_cache_and_the_next_process_loads(package: Path):
    out, err = finish(start(package, CALL))
    assert out.split() == ["42"]
    assert "compiling the engine (first use, about" in err
    assert "compiled the engine in" in err
    (folder,) = folders(package)
    assert {f.stem for f in folder.glob("*.done")} == {"engine.one.first", "engine.two.second"}
    out, err = finish(start(package, HITS))
    assert out.splitlines() == ["42 44", "[1, 1]"]
    assert err == ""


def test_of_many_processes_one_compiles(package: Path):
    results = [finish(p) for p in [start(package, HITS) for _ in range(3)]]
    assert [out.splitlines()[0] for out, _ in results] == ["42 44"] * 3
    assert sum("compiled the engine in" in err for _, err in results) == 1


def test_a_change_in_a_callee_makes_a_new_cache_and_old_ones_go(package: Path):
    (package / "fz_multi" / "engine" / "two.py").unlink()
    for number in range(warmup.KEEP + 1):
        place = package / "fz_multi" / "engine" / "one.py"
        place.write_text(ENTRIES.format(name="first", number=number))
        assert finish(start(package, CALL))[0].split() == [str(2 * (20 + number))]
        time.sleep(0.05)
    assert len(folders(package)) == warmup.KEEP


def test_workers_that_die_leave_the_work_to_the_process(package: Path):
    code = (
        "from fz_multi.engine import warmup; import subprocess, sys\n"
        "def dead(): return subprocess.Popen([sys.executable, '-c', 'raise SystemExit(3)'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "warmup._start_worker = dead\n"
    )
    out, _ = finish(start(package, code + HITS))
    assert out.splitlines()[0] == "42 44"


def test_a_worker_that_hangs_is_stopped(package: Path):
    code = (
        "from fz_multi.engine import warmup; import subprocess, sys\n"
        "def slow(): return subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        "warmup._start_worker = slow; warmup.ENTRY_LIMIT = 1.0\n"
    )
    begin = time.monotonic()
    assert finish(start(package, code + CALL))[0].split() == ["42"]
    assert time.monotonic() - begin < 60


def test_a_worker_with_other_sources_gives_up(package: Path):
    code = "import sys; from fz_multi.engine import warmup; sys.exit(warmup.work('0' * 16))"
    process = start(package, code)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert not list(package.rglob("*.done"))


def test_an_entry_that_cannot_be_compiled_raises_its_own_error_once(package: Path):
    (package / "fz_multi" / "engine" / "two.py").write_text(
        "from fz_multi.engine.jit import entry\n"
        '@entry("int64(int64)")\ndef second(x):\n    return x.nothing\n'
    )
    code = CALL + (
        "\nfrom fz_multi.engine.two import second\n"
        "for _ in range(2):\n"
        "    try: second(1)\n"
        "    except Exception as error: print(type(error).__name__)\n"
    )
    out, err = finish(start(package, code))
    assert out.split() == ["42", "TypingError", "TypingError"]
    assert err.count("compiling the engine") == 1


def test_spawned_and_forked_workers(package: Path):
    (package / "many.py").write_text(
        "import multiprocessing as mp, sys\n"
        "from fz_multi.engine.one import first\n"
        "if __name__ == '__main__':\n"
        "    for method in ('spawn', 'fork'):\n"
        "        if method not in mp.get_all_start_methods(): continue\n"
        "        with mp.get_context(method).Pool(2) as pool:\n"
        "            print(pool.map(first, [1, 20]))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "many.py"],
        cwd=package,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, _ = finish(process)
    assert set(out.splitlines()) == {"[4, 42]"}


def test_a_read_only_package_uses_the_users_cache(package: Path, tmp_path: Path):
    blocker = package / "fz_multi" / "__pycache__"
    blocker.write_text("not a folder")  # as root may write anywhere, take the place away
    code = (
        "from pathlib import Path; from fz_multi.engine import jit\n"
        f"jit._user_cache = lambda: Path({str(tmp_path / 'user')!r})\n"
    )
    out, _ = finish(start(package, code + CALL))
    assert out.split() == ["42"]
    assert list((tmp_path / "user").rglob("*.nbi"))


def test_warmup_gives_the_seconds_of_each_entry(package: Path):
    code = (
        "from fz_multi.engine.warmup import warmup; import json;"
        "print(json.dumps(warmup(progress=False)))"
    )
    out, err = finish(start(package, code))
    assert set(json.loads(out)) == {"engine.one.first", "engine.two.second"}
    assert err == ""


def test_without_the_jit_nothing_is_compiled(package: Path):
    code = "import numba; numba.config.DISABLE_JIT = 1\n" + CALL
    out, err = finish(start(package, code))
    assert (out.split(), err) == (["42"], "")
    assert not (package / "fz_multi" / "__pycache__" / "kernels").exists()


def test_every_file_with_kernels_is_in_the_hash_and_every_entry_is_found():
    """A kernel outside of ``KERNEL_FILES`` could change without a new cache."""
    covered = tuple(str(jit.PACKAGE / part) for part in jit.KERNEL_FILES)
    for file in jit.PACKAGE.rglob("*.py"):
        text = file.read_text()
        if "\n@kernel" in text or "\n@inlined" in text or warmup._DEFINES.search(text):
            assert str(file).startswith(covered), f"{file} is not in jit.KERNEL_FILES"
    assert "fz_multi.task.rows" in warmup.entry_modules()
