"""How a labelled table of patients is read: which column is the answer, which hold fields, which rows count."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lnm_desktop.app.clinical_import import ColumnMapping, DecimalMark, FieldSource
from lnm_desktop.errors import ClinicalError, FormatError
from lnm_desktop.formats.files import read_bytes
from lnm_desktop.paths import resource

LIMIT_BYTES = 1024 * 1024
# Columns that tell the answer, or are found together with it at surgery, by their letters and digits alone.
TELLING = re.compile(
    r"lymphnode|nodesexamined|nottinghamprognostic|^npi$|tumou?rstage|^pn\d?$|nod(al|e)status|stagingnodes"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A patient is positive from this number on in the column."""

    column: str
    positive_from: float = 1.0


@dataclass(frozen=True, slots=True)
class Keep:
    """Only rows with one of these texts in the column count."""

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """The reading of one make of table; `notes` are what a user of its numbers should know."""

    id: str
    title: str
    mapping: ColumnMapping
    label: Label
    keep: tuple[Keep, ...] = ()
    head_row: int = 1
    rows_below_head: int = 0
    recognised_by: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def known_recipes() -> tuple[Recipe, ...]:
    """The recipes that come with the application."""
    files = sorted(Path(str(resource("cohorts"))).glob("*.toml"))
    return tuple(load_recipe(file) for file in files)


def load_recipe(path: Path) -> Recipe:
    """A recipe from its TOML file.

    Raises FormatError naming the file and the key, ClinicalError for a column that tells the answer.
    """
    try:
        data = tomllib.loads(read_bytes(path, LIMIT_BYTES).decode("utf-8-sig"))
        recipe = _recipe(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        hint = "Compare it with resources/cohorts/metabric.toml."
        raise FormatError(f"{path.name} is not a recipe for a table: {error}", hint=hint) from error
    check_columns(recipe)
    return recipe


def check_columns(recipe: Recipe) -> None:
    """Raises ClinicalError naming a column that would let a model see the answer."""
    for source in recipe.mapping.sources:
        telling = source.column == recipe.label.column or is_telling(source.column)
        if telling or is_telling(source.field):
            raise ClinicalError(
                f"the column {source.column!r:.80}, read as {source.field}, tells the answer",
                hint="Leave it out: a model may see nothing that is found together with the node status.",
                field=source.field,
            )


def is_telling(name: str) -> bool:
    """True for the names of node counts, stages and indices that hold the node status."""
    return TELLING.search(re.sub(r"[^a-z0-9]", "", name.casefold())) is not None


def _recipe(data: Mapping[str, Any]) -> Recipe:
    sources = tuple(
        FieldSource(item["column"], item["field"], item.get("factor", 1.0), item.get("words", {}))
        for item in data["fields"]
    )
    return Recipe(
        id=data["id"],
        title=data["title"],
        mapping=ColumnMapping(data["identifier"], sources, DecimalMark(data.get("decimal", "."))),
        label=Label(data["label"]["column"], float(data["label"]["positive_from"])),
        keep=tuple(Keep(item["column"], tuple(item["values"])) for item in data.get("keep", [])),
        head_row=data.get("head_row", 1),
        rows_below_head=data.get("rows_below_head", 0),
        recognised_by=tuple(data.get("recognised_by", [])),
        notes=tuple(data.get("notes", [])),
    )
