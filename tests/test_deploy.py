"""What the deployment files promise: no rights to spare, nothing lost, health asked of ourselves."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
HEALTH = ["school-monitor", "status", "--check", "--config", "/etc/school-monitor"]
RUN = ["run", "--config", "/etc/school-monitor"]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The Compose file as an engine reads it."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile in order, continued lines joined, comments gone."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    parts = [line.split(None, 1) for line in joined.splitlines() if line.strip()]
    return [(part[0].upper(), part[1]) for part in parts]


def last(dockerfile: list[tuple[str, str]], instruction: str) -> str:
    return [value for name, value in dockerfile if name == instruction][-1]


@pytest.mark.parametrize("service", ["worker", "db"])
def test_every_service_is_shut_in(compose: dict[str, Any], service: str) -> None:
    """A broken-into service finds a read-only root, no capability and no way to gain one."""
    described = compose["services"][service]

    assert described["read_only"] is True
    assert "/tmp" in {str(mount).split(":")[0] for mount in described["tmpfs"]}
    assert described["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in described["security_opt"]
    assert "privileged" not in described
    assert "ports" not in described


def test_the_worker_is_an_ordinary_user_with_room_for_a_browser(compose: dict[str, Any]) -> None:
    """Chromium crashes in the engine's 64 MB of shared memory, and must not run as root."""
    worker = compose["services"]["worker"]

    assert worker["user"] == "10001:10001"
    assert worker["shm_size"] == "1gb"
    assert "cap_add" not in worker


def test_the_browser_may_still_shut_its_pages_in(compose: dict[str, Any]) -> None:
    """The profile refuses what nobody needs, but none of the calls that Chromium's own sandbox is made of."""
    (named,) = [
        option.removeprefix("seccomp=")
        for option in compose["services"]["worker"]["security_opt"]
        if option.startswith("seccomp=")
    ]
    profile = json.loads((ROOT / named).read_text(encoding="utf-8"))
    refused = {name for rule in profile["syscalls"] for name in rule["names"]}

    assert {"mount", "bpf", "init_module", "ptrace", "setns", "kexec_load"} <= refused
    assert not refused & {"clone", "clone3", "unshare", "chroot", "seccomp", "prctl"}


def test_what_must_last_lies_in_named_volumes(compose: dict[str, Any]) -> None:
    """Data, evidence and database outlive the containers; only the configuration is a folder, read-only."""
    mounts = [mount for service in compose["services"].values() for mount in service["volumes"]]
    folders = [mount for mount in mounts if mount.startswith((".", "/"))]
    volumes = {mount.split(":")[0] for mount in mounts} - {mount.split(":")[0] for mount in folders}

    assert folders == ["./config:/etc/school-monitor:ro"]
    assert volumes == set(compose["volumes"]) == {"data", "archive", "database"}


def test_no_secret_stands_in_the_environment(compose: dict[str, Any]) -> None:
    """Passwords arrive as files: an environment is shown by `inspect` and inherited by the browser."""
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            secret = re.search("PASSWORD|SECRET|TOKEN|KEY|URL", name)
            assert not secret or (name.endswith("_FILE") and value.startswith("/run/secrets/")), name


def test_the_database_has_no_way_out(compose: dict[str, Any]) -> None:
    """Only the worker speaks to the database, and the database speaks to nobody."""
    assert compose["services"]["db"]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}


def test_health_is_asked_of_our_own_status(
    compose: dict[str, Any], dockerfile: list[tuple[str, str]]
) -> None:
    """The image, the Compose file and a person get the same answer, and the worker waits for its database."""
    worker = compose["services"]["worker"]
    image = last(dockerfile, "HEALTHCHECK").split("CMD", 1)[1]

    assert worker["healthcheck"]["test"] == ["CMD", *HEALTH]
    assert json.loads(image) == HEALTH
    assert worker["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "pg_isready" in compose["services"]["db"]["healthcheck"]["test"][1]


def test_image_and_compose_start_the_same_command(
    compose: dict[str, Any], dockerfile: list[tuple[str, str]]
) -> None:
    """Whoever starts the image without Compose gets the same service."""
    assert compose["services"]["worker"]["command"] == RUN
    assert json.loads(last(dockerfile, "CMD")) == RUN
    assert json.loads(last(dockerfile, "ENTRYPOINT"))[-1] == "school-monitor"


def test_the_image_runs_as_the_user_that_owns_its_volumes(dockerfile: list[tuple[str, str]]) -> None:
    """A named volume takes the owner of the folder it is first mounted over."""
    assert last(dockerfile, "USER") == "10001:10001"
    made = " ".join(value for name, value in dockerfile if name == "RUN")
    assert "--uid 10001" in made
    for folder in json.loads(last(dockerfile, "VOLUME")):
        assert re.search(rf"install -d -o school-monitor .*{folder}\b", made)


def test_the_image_installs_only_what_the_pins_name(dockerfile: list[tuple[str, str]]) -> None:
    """No package comes into the image unless its digest is in requirements/run.txt."""
    installs = [value for name, value in dockerfile if name == "RUN" and "pip install" in value]

    assert ["--require-hashes" in install or "--no-deps" in install for install in installs] == [True, True]
    assert "--no-build-isolation" in installs[1]


def test_the_image_is_built_from_named_files_only() -> None:
    """Data, evidence, configuration and secrets cannot slip into a layer: all is ignored but four names."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    rules = [rule for rule in rules if rule and not rule.startswith("#")]

    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!monitor",
        "!requirements/run.txt",
        "!pyproject.toml",
    }


@pytest.fixture(scope="module")
def unit() -> dict[str, list[str]]:
    """The [Service] section of the systemd unit; a key may be given more than once."""
    text = (ROOT / "deploy" / "school-monitor.service").read_text(encoding="utf-8")
    section = text.split("[Service]\n")[1].split("\n[")[0]
    values: dict[str, list[str]] = {}
    for line in section.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            values.setdefault(key, []).append(value)
    return values


def test_the_unit_stops_gracefully_and_comes_back(unit: dict[str, list[str]]) -> None:
    """SIGTERM, time to finish, started again after a fault, but not over a configuration that cannot work."""
    assert unit["Type"] == ["exec"]
    assert unit["KillSignal"] == ["SIGTERM"]
    assert unit["TimeoutStopSec"] == ["15"]
    assert unit["Restart"] == ["on-failure"]
    assert unit["RestartPreventExitStatus"] == ["2"]
    assert shlex.split(unit["ExecStart"][0])[1:] == RUN


def test_the_unit_writes_only_its_own_folders(unit: dict[str, list[str]]) -> None:
    """A dedicated user, the system read-only, and our folders among those systemd gives."""
    assert unit["User"] == ["school-monitor"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["NoNewPrivileges"] == ["true"]
    assert "MemoryMax" in unit
    writable = {f"/var/lib/{folder}" for folder in unit["StateDirectory"][0].split()}
    folders = dict(entry.split("=", 1) for entry in unit["Environment"])
    assert {folders["SCHOOL_MONITOR_DATA"], folders["SCHOOL_MONITOR_ARCHIVE"]} <= writable


def test_the_unit_forbids_nothing_that_the_browser_needs(unit: dict[str, list[str]]) -> None:
    """V8 writes code at run time, and Chromium's sandbox makes user namespaces and filters."""
    assert not unit.keys() & {
        "MemoryDenyWriteExecute",
        "RestrictNamespaces",
        "SystemCallFilter",
        "PrivateUsers",
    }
