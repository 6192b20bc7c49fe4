"""Packages of plugins that are wrong, cut off or in each other's way (rows P10 to P14 of the fault catalogue)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lnm_desktop.app.models import Models
from lnm_desktop.app.plugin_installing import PluginInstaller
from lnm_desktop.app.predict import predict
from lnm_desktop.errors import PluginError
from lnm_desktop.formats.prediction_bundle import load_bundle
from lnm_desktop.plugin import installation as installation_module
from lnm_desktop.plugin.bundle import write_bundle
from lnm_desktop.plugin.fitting import Role
from lnm_desktop.plugin.installation import AUDIT_FILE, Installation
from lnm_desktop.plugin.signing import load_key, new_key
from lnm_desktop.plugin.wheel import read_wheel
from tests.fakes.plugins import classify_with
from tests.fakes.slides import a_picture, a_request
from tests.fakes.wheels import Files, a_plugin_wheel, a_wheel, record_line

KILLS = 20


@pytest.fixture
def installer(tmp_path: Path) -> PluginInstaller:
    return PluginInstaller(Installation(tmp_path / "plugins"), tmp_path / "log", tmp_path / "cache")


def used(tmp_path: Path) -> list[tuple[str, str]]:
    return [(plugin.distribution, plugin.version) for plugin in Installation(tmp_path / "plugins").plugins()]


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} if folder.exists() else set()


def replaced(name: str, data: bytes) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = data

    return change


def without(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        del files[name]

    return change


def recorded(name: str, data: bytes) -> Callable[[Files], None]:
    """Add a file and name it in RECORD, as a publisher of bad will would."""

    def change(files: Files) -> None:
        record = next(file for file in files if file.endswith("/RECORD"))
        files[name] = data
        files[record] += record_line(name, data).encode()

    return change


P10: dict[str, tuple[Callable[[Files], None], str]] = {
    "changed file": (replaced("fake_darkness/model.py", b"import os"), "'fake_darkness/model.py' is not the file"),
    "extra file": (replaced("fake_darkness/extra.py", b""), "'fake_darkness/extra.py' is not named in its RECORD"),
    "missing file": (without("fake_darkness/model.py"), "which its RECORD names, is missing"),
    "no record": (without("fake_darkness-1.0.dist-info/RECORD"), "no RECORD"),
    "upwards": (recorded("../evil.py", b""), "leads out of the plugin's folder"),
    "absolute": (recorded("/etc/evil", b""), "leads out of the plugin's folder"),
    "windows": (recorded("C:\\evil.py", b""), "leads out of the plugin's folder"),
    "pth": (recorded("evil.pth", b"import os"), "would run code at each start of Python"),
    "sitecustomize": (recorded("sitecustomize.py", b""), "would run code at each start of Python"),
    "torch": (recorded("torch/__init__.py", b""), "would shadow torch"),
    "numpy": (recorded("numpy.py", b""), "would shadow numpy"),
    "standard library": (recorded("json/__init__.py", b""), "would shadow json"),
    "application": (recorded("lnm_desktop/evil.py", b""), "would shadow lnm_desktop"),
}


@pytest.mark.parametrize("name", sorted(P10))
def test_p10_a_plugin_that_is_not_what_it_says_is_refused(
    name: str, installer: PluginInstaller, tmp_path: Path
) -> None:
    change, reason = P10[name]
    wheel = a_plugin_wheel(tmp_path / "shelf", change=change)
    before = tree(tmp_path / "plugins")
    with pytest.raises(PluginError) as caught:
        installer.install(str(wheel))
    assert reason in caught.value.message
    assert used(tmp_path) == []
    assert tree(tmp_path / "plugins") - before <= {"plugins.lock"}


def test_p10_a_link_and_a_name_twice_are_refused(installer: PluginInstaller, tmp_path: Path) -> None:
    wheel = a_plugin_wheel(tmp_path / "shelf")
    link = zipfile.ZipInfo("fake_darkness/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(PluginError, match="is a link"):
        installer.install(str(wheel))
    wheel = a_plugin_wheel(tmp_path / "other")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("fake_darkness/model.py", "import os")
    with pytest.raises(PluginError, match="is there twice"):
        installer.install(str(wheel))


def test_p10_a_bundle_whose_plugin_was_exchanged_is_refused(installer: PluginInstaller, tmp_path: Path) -> None:
    bundle = tmp_path / "a.lnmplugin"
    write_bundle([read_wheel(a_plugin_wheel(tmp_path / "shelf"))], bundle)
    other = a_plugin_wheel(tmp_path / "evil", model="import os")
    with zipfile.ZipFile(bundle) as archive:
        lock = archive.read("lock.json")
    with zipfile.ZipFile(bundle, "w") as archive:
        archive.writestr("lock.json", lock)
        archive.write(other, other.name)
    with pytest.raises(PluginError, match="is not the file that its lock names"):
        installer.install(str(bundle))


def test_p10_a_plugin_signed_by_another_hand_is_refused(installer: PluginInstaller, tmp_path: Path) -> None:
    for name in ("one", "two"):
        new_key(tmp_path / f"{name}.pem")
    wheels = [read_wheel(a_plugin_wheel(tmp_path / version, version=version)) for version in ("1.0", "2.0", "3.0")]
    signed, foreign, unsigned = (tmp_path / f"{name}.lnmplugin" for name in ("signed", "foreign", "unsigned"))
    write_bundle([wheels[0]], signed, load_key(tmp_path / "one.pem"))
    write_bundle([wheels[1]], foreign, load_key(tmp_path / "two.pem"))
    write_bundle([wheels[2]], unsigned)
    assert installer.install(str(signed), trust_as="One").trusted == "One"
    for bundle, words in ((foreign, "signed with another key"), (unsigned, "is not signed")):
        with pytest.raises(PluginError, match=words):
            installer.install(str(bundle))
    assert used(tmp_path) == [("fake-darkness", "1.0")]
    assert installer.plan(str(signed)).signature == "signed by One"


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"python": ">=3.99"}, "needs Python >=3.99"),
        ({"tag": "cp39-cp39-win32"}, "another Python or system"),
        ({"requires": ("torch<1.0",)}, r"needs torch <1\.0; the application has"),
        ({"requires": ("lnm-desktop>=99",)}, "needs lnm-desktop >=99; the application has"),
        ({"requires": ("a-library-that-is-nowhere",)}, "neither in the application nor in the bundle"),
    ],
)
def test_p11_a_plugin_for_another_world_is_refused_before_it_is_unpacked(
    details: dict[str, object], reason: str, installer: PluginInstaller, tmp_path: Path
) -> None:
    wheel = a_plugin_wheel(tmp_path / "shelf", **details)  # type: ignore[arg-type]
    with pytest.raises(PluginError, match=reason):
        installer.install(str(wheel))
    assert tree(tmp_path / "plugins") <= {"plugins.lock"}


def test_p12_a_plugin_that_finds_no_room_leaves_everything_as_it_was(
    installer: PluginInstaller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installer.install(str(a_plugin_wheel(tmp_path / "one")))
    before = tree(tmp_path / "plugins")

    def full(_wheel: object, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "half").write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(installation_module, "unpack_wheel", full)
    with pytest.raises(PluginError, match="No space left on device") as caught:
        installer.install(str(a_plugin_wheel(tmp_path / "two", version="2.0")))
    assert "nothing was changed" in caught.value.hint
    assert used(tmp_path) == [("fake-darkness", "1.0")]
    assert tree(tmp_path / "plugins") == before


PROGRAM = """
import sys
from pathlib import Path
from lnm_desktop.app.plugin_installing import PluginInstaller
from lnm_desktop.plugin.installation import Installation

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print("ready", flush=True)
    installer = PluginInstaller(Installation(folder / "plugins"), folder / "log", folder / "cache")
    installer.install(sys.argv[2])
    print("installed", flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_p12_a_killed_installer_of_a_plugin_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    installer = PluginInstaller(Installation(tmp_path / "plugins"), tmp_path / "log", tmp_path / "cache")
    installer.install(str(a_plugin_wheel(tmp_path / "one", version="1.0")))
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
    random_ = random.Random(0)
    done = 0
    for number in range(KILLS):
        wheel = a_plugin_wheel(tmp_path / "more", version=f"2.{number}")
        command = [sys.executable, str(tmp_path / "program.py"), str(tmp_path), str(wheel)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout is not None and program.stdout.readline() == "ready\n"
            time.sleep(random_.uniform(0, 2.5))
            program.kill()
            done += "installed" in program.stdout.read()
        ((name, version),) = used(tmp_path)
        assert name == "fake-darkness"
        assert version in {"1.0", *(f"2.{earlier}" for earlier in range(number + 1))}
    assert done < KILLS
    installer.install(str(a_plugin_wheel(tmp_path / "last", version="3.0")))
    record = Installation(tmp_path / "plugins").state().records[0]
    folders = {path.name for path in (tmp_path / "plugins" / "fake-darkness").iterdir()}
    assert folders == {Path(version.folder).name for version in record.versions}
    assert not list((tmp_path / "plugins").glob(".staging-*"))


def test_p13_a_removed_plugin_leaves_no_file_and_its_results_stay_readable(
    installer: PluginInstaller, tmp_path: Path
) -> None:
    installation = Installation(tmp_path / "plugins")
    installer.install(str(a_plugin_wheel(tmp_path / "one")))
    installer.install(str(a_plugin_wheel(tmp_path / "two", version="2.0")))
    with Models(tmp_path / "log", tmp_path / "cache", search=installation.plugins) as models:
        predict(models, a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result"))
    installer.remove("fake-darkness")
    assert tree(tmp_path / "plugins") == {"plugins.json", "plugins.lock", AUDIT_FILE}
    assert tree(tmp_path / "cache" / "plugins") == set()
    assert not list((tmp_path / "log").glob("*fake-darkness*"))
    assert load_bundle(tmp_path / "result").maps["dark"].shape == (8, 10)
    assert installation.plugins() == ()


VERSION_MODEL = "import fake_library"
ANSWER = "return np.full((len(tiles), 2), fake_library.NUMBER, np.float32)"


def test_p14_plugins_with_libraries_that_conflict_both_work(installer: PluginInstaller, tmp_path: Path) -> None:
    for name, number in (("plugin-a", "1"), ("plugin-b", "2")):
        shelf = tmp_path / name
        files = {"fake_library/__init__.py": f"NUMBER = 0.{number}\n"}
        a_wheel(shelf, "fake-library", f"{number}.0", files)
        model = classify_with(ANSWER, "import numpy as np, fake_library")
        a_plugin_wheel(shelf, name, model=model, requires=(f"fake-library=={number}.0",))
        plan = installer.install(str(shelf))
        assert {change.name: change.role for change in plan.changes} == {
            name: Role.PLUGIN,
            "fake-library": Role.ADDED,
        }
    image = a_picture(tmp_path / "synthetic.png")
    search = Installation(tmp_path / "plugins").plugins
    with Models(tmp_path / "log", tmp_path / "cache", search=search) as models:
        found = {
            name: predict(models, a_request(image, tmp_path / "out" / name, model_id=name)).maps["dark"][0, 0]
            for name in ("plugin-a", "plugin-b")
        }
        assert all(models.client(name).pid for name in found), "both workers are there at once"
    assert found == {"plugin-a": pytest.approx(0.1), "plugin-b": pytest.approx(0.2)}


def test_p14_a_plugin_may_bring_another_version_of_what_the_application_uses(
    installer: PluginInstaller, tmp_path: Path
) -> None:
    shelf = tmp_path / "shelf"
    # The application's worker does not use it, so that a made-up one can stand in for it.
    a_wheel(shelf, "fonttools", "0.1", {"fontTools/__init__.py": "version = '0.1'\n"})
    answer = "assert fontTools.version == '0.1', fontTools.__file__\nreturn np.full((len(tiles), 2), 0.5, np.float32)"
    model = classify_with(answer, "import numpy as np, fontTools")
    a_plugin_wheel(shelf, model=model, requires=("fonttools<1",))
    plan = installer.plan(str(shelf))
    override = next(change for change in plan.changes if change.name == "fonttools")
    assert (override.role, override.instead_of != "") == (Role.OVERRIDE, True)
    installer.install(str(shelf))
    search = Installation(tmp_path / "plugins").plugins
    with Models(tmp_path / "log", tmp_path / "cache", search=search) as models:
        predict(models, a_request(a_picture(tmp_path / "synthetic.png"), tmp_path / "result"))


def test_a_plugin_that_does_not_import_is_not_put_in_place(installer: PluginInstaller, tmp_path: Path) -> None:
    installer.install(str(a_plugin_wheel(tmp_path / "one")))
    broken = a_plugin_wheel(tmp_path / "two", version="2.0", model="import nowhere_at_all")
    with pytest.raises(PluginError, match=r"does not work here.*nowhere_at_all"):
        installer.install(str(broken))
    assert used(tmp_path) == [("fake-darkness", "1.0")]


def test_a_plugin_is_disabled_enabled_and_rolled_back(installer: PluginInstaller, tmp_path: Path) -> None:
    installer.install(str(a_plugin_wheel(tmp_path / "one")))
    installer.install(str(a_plugin_wheel(tmp_path / "two", version="2.0")), consent="agreed")
    assert used(tmp_path) == [("fake-darkness", "2.0")]
    installer.enable("fake-darkness", enabled=False)
    assert used(tmp_path) == []
    installer.enable("fake-darkness", enabled=True)
    assert installer.roll_back("fake-darkness").version == "1.0"
    assert used(tmp_path) == [("fake-darkness", "1.0")]
    assert installer.roll_back("fake-darkness").version == "2.0"
    lines = [json.loads(line) for line in (tmp_path / "plugins" / AUDIT_FILE).read_text().splitlines()]
    assert [line["what"] for line in lines] == ["install", "install", "disable", "enable", "roll back", "roll back"]
    assert lines[1]["consent"] == "agreed"
    with pytest.raises(PluginError, match="no plugin 'nobody'"):
        installer.remove("nobody")


def test_two_installers_of_plugins_do_not_meet(installer: PluginInstaller, tmp_path: Path) -> None:
    with Installation(tmp_path / "plugins").changing(), pytest.raises(PluginError, match="another window or command"):
        installer.install(str(a_plugin_wheel(tmp_path / "one")))
