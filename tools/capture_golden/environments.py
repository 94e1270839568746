"""Throw-away environments, one per client stack, under the git-ignored `.tools/golden/`."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.capture_golden.runs import Run

REPOSITORY = Path(__file__).resolve().parents[2]
ENVIRONMENTS = REPOSITORY / ".tools" / "golden"
PROGRAMS = Path(__file__).resolve().parent / "programs"
INSTALL_TIMEOUT_S = 600
RUN_TIMEOUT_S = 120


def prepare(run: Run) -> Path:
    """Install the run's packages, unless exactly these already are; gives the environment's folder.

    Raises subprocess.CalledProcessError when the installer fails; its output has been shown.
    """
    folder = ENVIRONMENTS / run.environment
    stamp = folder / "installed.json"
    wanted = json.dumps(sorted(run.packages))
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for command in _javascript(run) if _is_javascript(run) else _python(run, folder):
        subprocess.run(command, cwd=folder, check=True, timeout=INSTALL_TIMEOUT_S)
    stamp.write_text(wanted)
    return folder


def execute(run: Run, folder: Path, provider_url: str, recorder_url: str) -> None:
    """Run the program against the two local servers, in an environment with nothing of the caller's.

    Raises subprocess.CalledProcessError when it fails and TimeoutExpired after two minutes.
    """
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "PROVIDER_URL": provider_url,
        "OTEL_EXPORTER_OTLP_ENDPOINT": recorder_url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer golden",
        "OTEL_SERVICE_NAME": "golden",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.version=1.2.3",
        "LANGFUSE_BASE_URL": recorder_url,
        "LANGFUSE_HOST": recorder_url,
        "LANGFUSE_PUBLIC_KEY": "pk-lf-golden",
        "LANGFUSE_SECRET_KEY": "sk-lf-golden",
        "LANGFUSE_TRACING_ENVIRONMENT": "test",
        "LANGFUSE_RELEASE": "1.2.3",
        **run.settings,
    }
    if _is_javascript(run):
        # Node finds packages beside the script, so the script goes where they are.
        script = shutil.copy(PROGRAMS / run.program, folder / run.program)
        command = ["node", str(script)]
    else:
        command = [str(folder / "bin" / "python"), str(PROGRAMS / run.program)]
    subprocess.run(command, cwd=folder, env=variables, check=True, timeout=RUN_TIMEOUT_S)


def versions(run: Run, folder: Path) -> dict[str, str]:
    """The installed versions of the run's client packages, by name."""
    if _is_javascript(run):
        manifests = {name: folder / "node_modules" / name / "package.json" for name in run.clients}
        return {name: str(json.loads(path.read_text())["version"]) for name, path in manifests.items()}
    listing = subprocess.run(
        [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "list",
            "--format",
            "json",
            "--python",
            str(folder / "bin" / "python"),
        ],
        check=True,
        capture_output=True,
        timeout=INSTALL_TIMEOUT_S,
    )
    installed = {item["name"]: item["version"] for item in json.loads(listing.stdout)}
    return {name: str(installed[name]) for name in run.clients}


def _is_javascript(run: Run) -> bool:
    return run.program.endswith(".mjs")


def _python(run: Run, folder: Path) -> list[list[str]]:
    uv = [sys.executable, "-m", "uv"]
    return [
        [*uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(folder)],
        [*uv, "pip", "install", "-q", "--python", str(folder / "bin" / "python"), *run.packages],
    ]


def _javascript(run: Run) -> list[list[str]]:
    return [["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", ".", *run.packages]]
