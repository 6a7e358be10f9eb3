"""Installs PufferLib 3.0.0 without the games that come with it, into the running environment.

    python -m benchmarks.trainers.pufferlib_install

PufferLib is on PyPI as a source only, and its build downloads raylib and Box2D from GitHub for its
own games. Its switch for leaving them out, ``NO_OCEAN=1``, ends in a NameError, since `setup.py`
uses a list that it makes only with them. This takes the source from PyPI, checks its sum, makes
that list empty and installs with the switch; its C++ extension is built for the CPU, and for CUDA
where ``CUDA_HOME`` is set. PyTorch, ``numpy<2``, setuptools, wheel and Cython have to be there
already (`docs/trainers.md`).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

VERSION = "3.0.0"
FILE = f"pufferlib-{VERSION}.tar.gz"
SHA256 = "7df3a3e3f5f894d78d2a1f5374097890aec01473183e748abefe4f3faa10eaa9"
INDEX = "https://pypi.org/simple/pufferlib/"
FORM = {"Accept": "application/vnd.pypi.simple.v1+json"}
CHANGES = {
    "c_extensions = []\n": "c_extensions = []\nc_extension_paths = []\n",
    'if shutil.which("nvcc"):': 'if os.environ.get("CUDA_HOME") and shutil.which("nvcc"):',
}


def source() -> bytes:
    """The release's source; ValueError when it is not the one that this is made for."""
    asked = urllib.request.Request(INDEX, headers=FORM)
    with urllib.request.urlopen(asked, timeout=60) as answer:
        files = json.load(answer)["files"]
    url = next(file["url"] for file in files if file["filename"] == FILE)
    with urllib.request.urlopen(url, timeout=600) as answer:
        data: bytes = answer.read()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError(f"{url}: its SHA-256 is not {SHA256}")
    return data


def change(setup: Path) -> None:
    """Mend `setup.py`; ValueError when it is not the one that this is made for."""
    text = setup.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        if text.count(old) != 1:
            raise ValueError(f"{setup}: found {text.count(old)} times, not once: {old!r}")
        text = text.replace(old, new)
    setup.write_text(text, encoding="utf-8")


def main() -> int:
    """Download, mend, install; pip's exit status."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "pufferlib.tar.gz"
        archive.write_bytes(source())
        with tarfile.open(archive) as content:
            content.extractall(folder, filter="data")
        made = Path(folder) / f"pufferlib-{VERSION}"
        change(made / "setup.py")
        command = [sys.executable, "-m", "pip", "install", "--no-build-isolation", str(made)]
        return subprocess.run(command, env={**os.environ, "NO_OCEAN": "1"}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
