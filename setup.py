"""Packs ``maps/`` (and ``mod/`` once it exists) into the wheel as data of the package."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
FOLDERS = ("maps", "mod")


class BuildWithData(build_py):
    """An ordinary build, and the folders that live beside the package in the clone."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # the clone has them
        for folder in FOLDERS:
            if (ROOT / folder).is_dir():
                target = Path(self.build_lib) / "fz_multi" / folder
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(ROOT / folder, target)


setup(cmdclass={"build_py": BuildWithData})
