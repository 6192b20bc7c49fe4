"""Does a reader that is not ours see the same vertices in the ASAP XML that we write?

    python tests/integration/check_independent_reader.py DATA_DIR

Makes an environment of its own with wholeslidedata (the reader of the group that makes ASAP), writes every file of
DATA_DIR/camelyon/polygons and DATA_DIR/camelyon/asap_xml as ASAP XML, lets that reader parse the result in its own
process, and compares vertices and groups bit for bit. Prints {reader, version, files, annotations, vertices,
mismatches} as JSON; the exit code is 1 where anything differs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats.annotations import load_annotations, save_annotations

READER, VERSION = "wholeslidedata", "0.0.16"
# Its own pins (shapely 1.7.1 …) do not build on current Pythons; its parser needs none of them.
NEEDS = "creationism pyyaml numpy scipy scikit-image shapely rtree opencv-python-headless openslide-python"
NEEDS += " openslide-bin lxml tqdm jsonschema pandas tifffile pillow matplotlib"
PARSE = """
import json, sys
from pathlib import Path
from wholeslidedata.accessories.asap.parser import AsapAnnotationParser
parser = AsapAnnotationParser()
found = {}
for path in map(Path, sys.argv[1:]):
    items = parser._parse(path)
    found[path.name] = [[item["label"]["name"], item["type"], item["coordinates"]] for item in items]
json.dump(found, sys.stdout)
"""


def environment(folder: Path) -> Path:
    """The Python of an environment that holds the reader; made where it is not there yet."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*install, *NEEDS.split()], check=True, stdout=sys.stderr)
        subprocess.run([*install, "--no-deps", f"{READER}=={VERSION}"], check=True, stdout=sys.stderr)
        (folder / "ready").touch()
    return python


def seen_by_reader(python: Path, files: list[Path]) -> dict[str, list[list[object]]]:
    """Label, type and coordinates of every annotation of every file, as the other reader gives them."""
    command = [str(python), "-W", "ignore", "-c", PARSE, *map(str, files)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def expected(annotations: AnnotationSet) -> list[list[object]]:
    """What that reader should give: labels in lower case, a dot as one bare point."""
    rows: list[list[object]] = []
    for item in annotations:
        points: list[object] = [[point.x, point.y] for point in item.geometry.points]
        kind = "point" if item.geometry.shape == "Dot" else "polygon"
        rows.append([(item.group or "None").lower().strip(), kind, points[0] if kind == "point" else points])
    return rows


def main(data: Path, work: Path) -> int:
    """Write, let the other reader read, compare, print."""
    python = environment(Path(tempfile.gettempdir()) / f"lnm-independent-reader-{VERSION}")
    sources = sorted(
        [*(data / "camelyon" / "polygons").glob("*.json"), *(data / "camelyon" / "asap_xml").glob("*.xml")]
    )
    loaded = {f"{source.stem}.xml": load_annotations(source).annotations for source in sources}
    for name, found in loaded.items():
        save_annotations(work / name, found)
    seen = seen_by_reader(python, [work / name for name in loaded])
    mismatches = [name for name, found in loaded.items() if seen[name] != expected(found)]
    report = {
        "reader": READER,
        "version": VERSION,
        "files": len(loaded),
        "annotations": sum(len(item) for item in seen.values()),
        "vertices": sum(len(item.geometry.points) for found in loaded.values() for item in found),
        "mismatches": mismatches,
    }
    print(json.dumps(report))
    return 1 if mismatches or not loaded else 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(Path(sys.argv[1]), Path(scratch)))
