"""GPT-SoVITS as it lies on the disk: its folder, its own Python, and how its server is started."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.errors import EngineError, StorageError

SCRIPT = "api_v2.py"
CONFIG = Path("GPT_SoVITS", "configs", "tts_infer.yaml")

_ENVIRONMENTS = ("venv", ".venv", "env")
_CONDA_FOLDERS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")
_CONDA_NAME = "gptsovits"
"""What its manual calls the environment ("GPTSoVits"), letters alone."""


@dataclass(frozen=True, slots=True)
class SovitsFolder:
    """An installation that can be started.

    Attributes:
        path: The folder that holds `api_v2.py`.
        python: The program that runs it.
    """

    path: Path
    python: Path

    @classmethod
    def find(cls, path: Path, python: str = "") -> SovitsFolder:
        """Look into a folder as the user chose it.

        Args:
            path: The installation, or the folder that its archive was unpacked into.
            python: The Python to use; empty: its own, wherever that is.

        Raises:
            EngineError: It is not GPT-SoVITS, or has no Python.
        """
        inner = [one.parent for one in sorted(path.glob(f"*/{SCRIPT}"))]
        root = path if (path / SCRIPT).is_file() or len(inner) != 1 else inner[0]
        if not (root / SCRIPT).is_file():
            raise EngineError(
                f"There is no {SCRIPT} in {path}; choose the folder of GPT-SoVITS"
                " (GPT_SOVITS_PATH).",
                retryable=False,
            )
        if python:
            chosen = Path(python).expanduser()
            if not chosen.is_file():
                raise EngineError(
                    f"There is no Python at {chosen}; correct GPT_SOVITS_PYTHON.", retryable=False
                )
            return cls(root, chosen)
        for candidate in _pythons(root):
            if candidate.is_file():
                return cls(root, candidate)
        raise EngineError(
            f"The Python of GPT-SoVITS was not found in {root}; set GPT_SOVITS_PYTHON to the one"
            " that it was installed with.",
            retryable=False,
        )

    def command(self, port: int, config: Path) -> tuple[str, ...]:
        """The list of arguments that starts its server, for this computer alone."""
        place = ("-a", "127.0.0.1", "-p", str(port), "-c", str(config))
        return (str(self.python), SCRIPT, *place)

    def variables(self) -> dict[str, str]:
        """What its environment has to say: its own tools first, nothing of our Python."""
        own = [str(self.python.parent), str(self.path)]
        return {
            "PATH": os.pathsep.join([*own, os.environ.get("PATH", "")]),
            "PYTHONPATH": "",
            "PYTHONHOME": "",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
        }

    def copy_config(self, target: Path) -> None:
        """Copy its configuration, which its server rewrites; without one the server makes it.

        Raises:
            StorageError: It cannot be written.
        """
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if (self.path / CONFIG).is_file():
                shutil.copyfile(self.path / CONFIG, target)
            else:
                target.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{target} cannot be written ({error.strerror}); free some space."
            ) from error


def _pythons(root: Path) -> Iterator[Path]:
    """Where its Python may be, best first."""
    windows = sys.platform == "win32"
    within = Path("Scripts", "python.exe") if windows else Path("bin", "python")
    # The package for Windows brings a Python that is no environment.
    yield root / "runtime" / "python.exe" if windows else root / "runtime" / within
    for name in _ENVIRONMENTS:
        yield root / name / within
    conda = Path("python.exe") if windows else within
    for base in _conda_folders():
        for environment in sorted((base / "envs").glob("*")):
            letters = "".join(char for char in environment.name.lower() if char.isalpha())
            if letters == _CONDA_NAME:
                yield environment / conda


def _conda_folders() -> Iterator[Path]:
    program = os.environ.get("CONDA_EXE", "")
    if program:
        yield Path(program).parent.parent
    places = [Path.home(), Path("/opt")]
    if sys.platform == "win32":
        places = [Path.home(), Path(os.environ.get("PROGRAMDATA", "C:/ProgramData"))]
    for place in places:
        yield from (place / name for name in _CONDA_FOLDERS)
    yield Path("/opt/conda")
