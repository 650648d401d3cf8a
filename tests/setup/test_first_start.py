"""The first start for real: with kills, two starts at once, and packages made here, offline."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIN = """\
import bootstrap
bootstrap.enter(["requirements.txt"])
import alpha, sys
print("started", alpha.VALUE, *sys.argv[1:])
"""
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by POSIX signals")


def build_wheel(folder: Path, name: str, source: str) -> str:
    """Write a wheel of one module; return its line for a hashed lock."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items()
    )
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Program:
    """A copy of the set-up with a program of one line, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "script" / "setup").mkdir(parents=True)
        # pip splits PIP_FIND_LINKS at spaces, so the wheels lie outside the folder of the program.
        self.wheels = folder.parent / "wheels"
        self.wheels.mkdir()
        (folder / "bootstrap.py").write_bytes((ROOT / "bootstrap.py").read_bytes())
        for source in (ROOT / "script" / "setup").glob("*.py"):
            (folder / "script" / "setup" / source.name).write_bytes(source.read_bytes())
        (folder / "main.py").write_text(MAIN, encoding="utf-8")
        line = build_wheel(self.wheels, "alpha", "VALUE = 42\n")
        (folder / "requirements.txt").write_text(line, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.folder / "main.py"), *arguments],
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def variables(self) -> dict[str, str]:
        """Nothing from the network, nothing from this computer's pip settings."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
        return {
            **variables,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
        }

    def kill_when(self, reached: Callable[[], bool]) -> None:
        """Start, and kill the start (not its children) as soon as ``reached``."""
        process = self.start()
        deadline = time.monotonic() + 300
        while not reached():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the moment to kill never came"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    def is_installing(self) -> bool:
        stamp = self.folder / ".venv" / "kotodama.stamp"
        return stamp.exists() and "installing" in stamp.read_text(encoding="utf-8")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(Path(os.path.realpath(tmp_path)) / "a folder with spaces")


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_kills_are_recovered_from_and_two_starts_agree(program: Program) -> None:
    program.kill_when(lambda: (program.folder / ".venv" / "bin" / "python").exists())
    program.kill_when(program.is_installing)

    first, second = program.start("first"), program.start("second")
    results = [finish(first), finish(second)]
    assert [out for out, _ in results] == ["started 42 first\n", "started 42 second\n"]
    errors = [err for _, err in results]
    assert sum("Setting up" in err for err in errors) == 1
    assert any("Removing the old or unfinished environment" in err for err in errors)
    assert any("waiting for it" in err for err in errors)

    out, err = finish(program.start("again"))
    assert (out, err) == ("started 42 again\n", "")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_package_that_is_not_the_locked_one_is_refused_and_the_next_start_recovers(
    program: Program,
) -> None:
    lock = program.folder / "requirements.txt"
    right = lock.read_text(encoding="utf-8")
    lock.write_text(right[:-5] + "0000\n", encoding="utf-8")
    process = program.start()
    _, err = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "kotodama: A downloaded package is not the one that was locked" in err
    lock.write_text(right, encoding="utf-8")
    out, err = finish(program.start())
    assert out == "started 42\n"
    assert "Creating the environment" not in err, "what was fine is kept"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(program: Program) -> None:
    program.folder.chmod(0o500)
    try:
        process = program.start()
        _, err = process.communicate(timeout=60)
    finally:
        program.folder.chmod(0o700)
    assert process.returncode == 1
    assert "cannot be written; move the program" in err


def test_no_suitable_python_is_told_with_the_command_that_helps(program: Program) -> None:
    environment = {**program.variables(), "KOTODAMA_PYTHON": "/nowhere/python3", "PATH": "/nowhere"}
    result = subprocess.run(
        [sys.executable, str(program.folder / "main.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "no Python from 3.10 to 3.13 was found; " in result.stderr
    assert result.stderr.count("\n") <= 3


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_extra_that_cannot_live_with_the_others_has_an_environment_of_its_own(
    program: Program,
) -> None:
    (program.folder / "requirements-coqui.txt").write_text("alpha==1.0\n", encoding="utf-8")
    install = (
        "import bootstrap; from script.setup import extras;"
        "extras.APART['coqui'] = ('.venv.coqui', {needed});"
        "bootstrap.install_extra('coqui')"
    )

    def run(code: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=program.folder,
            env=program.variables(),
            capture_output=True,
            text=True,
            timeout=300,
        )

    refused = run(install.format(needed=10**18))
    assert "the extra coqui needs 1000000000 GB." in refused.stderr
    assert not (program.folder / ".venv.coqui").exists()
    done = run(install.format(needed=0))
    assert done.returncode == 0, done.stderr
    python = program.folder / ".venv.coqui" / "bin" / "python"
    found = subprocess.run([python, "-c", "import alpha; print(alpha.VALUE)"], capture_output=True)
    assert found.stdout == b"42\n"
    assert not (program.folder / ".venv").exists()
    again = run(install.format(needed=0))
    assert "Creating the environment" not in again.stderr
