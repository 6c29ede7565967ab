"""Run the tests that hold this package against other programs: `make witnesses`.

Brian2 and NeuroGym pin old versions of what this package uses, and PyTorch is large, so each has an
environment of its own, kept in .venv-NAME; Octave comes with the system. What cannot be run here is told in
one line; only failed tests fail.
"""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
NEEDED = {
    "brian2": [".[brian2]"],
    "neurogym": [".[train]", "neurogym==2.0.*"],  # later versions also need PyTorch
    "torch": [".", "torch==2.13.0", "safetensors>=0.4"],  # one version: the newest may be some GB for a GPU
}


def environment(name: str) -> Path | str:
    """Return the Python of a witness's environment, made where it is not there, or why there is none."""
    folder = REPOSITORY / f".venv-{name}"
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    stamp, needed = folder / ".installed", (REPOSITORY / "pyproject.toml", Path(__file__))
    if stamp.exists() and all(stamp.stat().st_mtime >= path.stat().st_mtime for path in needed):
        return python
    venv.create(folder, with_pip=True, clear=True)
    project, *others = NEEDED[name]
    command = [python, "-m", "pip", "install", "--quiet", "--editable", project, *others, "pytest"]
    done = subprocess.run(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return f"pip could not install it ({(said or ['no message'])[-1]})"
    stamp.touch()
    return python


def main() -> int:
    """Run all witnesses; return 1 if a test failed."""
    octave = "there is no octave-cli (apt-get install octave)"
    pythons = {name: environment(name) for name in NEEDED}
    pythons["octave"] = Path(sys.executable) if shutil.which("octave-cli") else octave
    failed = []
    for name, python in pythons.items():
        if isinstance(python, str):
            print(f"witness {name}: not run: {python}", flush=True)
            continue
        print(f"witness {name}:", flush=True)
        command = [python, "-m", "pytest", "--noconftest", f"tests/with_{name}"]
        if subprocess.run(command, cwd=REPOSITORY, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"witnesses: {', '.join(failed)} failed", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
