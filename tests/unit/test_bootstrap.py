"""The two README commands: what can be checked without installing anything."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "installer" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_unknown_verb_explains_itself(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["nonsense"]) == 2
    assert "bootstrap.py demo" in capsys.readouterr().out


def test_what_is_installed_depends_on_pins_and_groups(bootstrap: ModuleType, tmp_path: Path) -> None:
    before = bootstrap.fingerprint(())
    assert bootstrap.fingerprint(("test",)) != before
    changed = tmp_path / "constraints.txt"
    changed.write_bytes(bootstrap.CONSTRAINTS.read_bytes() + b"x==1\n")
    bootstrap.CONSTRAINTS = changed
    assert bootstrap.fingerprint(()) != before


def test_missing_system_packages_without_root_give_the_exact_line(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="sudo apt-get install -y --no-install-recommends xvfb"):
        bootstrap.apt_install(["xvfb"])


def test_every_direct_dependency_is_pinned(bootstrap: ModuleType) -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["test"],
        *project["dependency-groups"]["check"],
    ]
    pinned = {canonicalize_name(Requirement(line).name) for line in _pins(bootstrap.CONSTRAINTS)}
    assert [text for text in wanted if canonicalize_name(Requirement(text).name) not in pinned] == []


def _pins(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
