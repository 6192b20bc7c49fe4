"""Plugins are found without importing them, and their hash follows their files."""

from __future__ import annotations

from pathlib import Path

from lnm_desktop.plugin.discovery import InstalledPlugin, installed_plugins, normalised
from lnm_desktop.plugin.manifest import Manifest, forget_manifest, load_manifest, save_manifest
from lnm_desktop.plugin.spec import ModelDescription, ModelSpec
from tests.fakes.plugins import install_fake

EXPLODES = "raise RuntimeError('imported')"


def test_a_plugin_is_found_without_being_imported(tmp_path: Path) -> None:
    found = install_fake(tmp_path, "explosive", plugin=EXPLODES)
    assert (found.distribution, found.version, found.entry) == ("explosive", "1.0", "explosive.plugin")
    assert found.path == (str(tmp_path),)
    assert not found.first_party


def test_the_hash_follows_every_file(tmp_path: Path) -> None:
    before = install_fake(tmp_path)
    (tmp_path / "fake_darkness" / "model.py").write_text("# changed")
    after = _again(tmp_path)
    assert before.hash != after.hash
    assert after.hash == _again(tmp_path).hash


def test_the_hash_follows_files_that_no_record_names(tmp_path: Path) -> None:
    before = install_fake(tmp_path)
    (tmp_path / "fake_darkness" / "weights.safetensors").write_bytes(b"new")
    assert before.hash != _again(tmp_path).hash


def test_compiled_files_leave_the_hash_alone(tmp_path: Path) -> None:
    before = install_fake(tmp_path)
    (tmp_path / "fake_darkness" / "model.pyc").write_bytes(b"made by python")
    assert before.hash == _again(tmp_path).hash


def test_what_an_installer_adds_leaves_the_hash_alone(tmp_path: Path) -> None:
    before = install_fake(tmp_path)
    info = tmp_path / "fake_darkness-1.0.dist-info"
    for name in ("direct_url.json", "INSTALLER", "REQUESTED"):
        (info / name).write_text("of this machine")
    (tmp_path.parent / "a-script").write_text("#!/of/this/machine/python")
    (tmp_path / "fake_darkness.pth").write_text("/of/this/machine")
    with (info / "RECORD").open("a") as record:
        record.writelines(f"{info.name}/{name},,\n" for name in ("direct_url.json", "INSTALLER", "REQUESTED"))
        record.write("../a-script,,\nfake_darkness.pth,,\n")
    assert before.hash == _again(tmp_path).hash


def test_an_editable_install_has_the_hash_of_a_plain_one(tmp_path: Path) -> None:
    before = install_fake(tmp_path)
    info = tmp_path / "fake_darkness-1.0.dist-info"
    kept = [line for line in (info / "RECORD").read_text().splitlines() if line.startswith(info.name)]
    (info / "RECORD").write_text("\n".join(kept))
    assert before.hash == _again(tmp_path).hash


def test_a_folder_cannot_shadow_an_installed_distribution(tmp_path: Path) -> None:
    install_fake(tmp_path / "a", "one-name")
    install_fake(tmp_path / "b", "one-name", plugin=EXPLODES)
    found = [plugin for plugin in installed_plugins([tmp_path / "a", tmp_path / "b"]) if plugin.path]
    assert [plugin.path for plugin in found] == [(str(tmp_path / "a"),)]


def test_names_are_compared_as_installers_do() -> None:
    assert normalised("LNM_Tumor.Tiles") == "lnm-tumor-tiles"
    assert InstalledPlugin("lnm_tumor_tiles", "1", "x", "h").first_party


def test_a_manifest_is_kept_for_exactly_these_files(tmp_path: Path) -> None:
    plugin = InstalledPlugin("p", "1", "p.plugin", "abc", ("/folder",))
    spec = ModelSpec("m", "1", "M", "tile-classification", ("a", "b"), 0.5, 96)
    kept = Manifest(plugin, (ModelDescription(spec, "p.model:M", {"type": "object"}),), "")
    save_manifest(kept, tmp_path)
    assert load_manifest(plugin, tmp_path) == kept
    changed = InstalledPlugin("p", "1", "p.plugin", "abd")
    assert load_manifest(changed, tmp_path) is None
    forget_manifest(plugin, tmp_path)
    assert load_manifest(plugin, tmp_path) is None


def test_a_damaged_manifest_is_asked_for_again(tmp_path: Path) -> None:
    plugin = InstalledPlugin("p", "1", "p.plugin", "abc")
    save_manifest(Manifest(plugin, problem="broken"), tmp_path)
    file = next((tmp_path / "plugins").iterdir())
    for content in ("", "{", "[]", "{}"):
        file.write_text(content)
        assert load_manifest(plugin, tmp_path) is None


def test_a_plugin_crosses_a_process_border_whole() -> None:
    plugin = InstalledPlugin("p", "1", "p.plugin", "abc", ("/folder",))
    assert InstalledPlugin.from_dict(plugin.to_dict()) == plugin


def _again(folder: Path) -> InstalledPlugin:
    return next(plugin for plugin in installed_plugins([folder]) if plugin.path)
