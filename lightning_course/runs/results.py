"""Reading results.json: its values are checked, because anybody may have edited the file."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_course.errors import UserError
from lightning_course.files.reading import read_json

_TEXTS = ("task", "weights", "data.kind", "data.name", "data.sha256", "baselines.split")
_INTEGERS = ("epochs", "seed", "data_seed")


def read_results(folder: Path) -> dict[str, Any]:
    """Return the content of a run's results.json.

    Args:
        folder: The run's folder.

    Raises:
        UserError: The file is not JSON, or a value's type is not the one that a run writes, such as
            a list or NaN for a metric. Values may be missing.
    """
    path = folder / "results.json"
    content: Any = read_json(path)
    try:
        check_results(content)
    except ValueError as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    results: dict[str, Any] = content
    return results


def check_results(results: object) -> None:
    """Raise a ValueError that names the first value of a wrong type."""
    if not isinstance(results, Mapping):
        raise ValueError("it is not a JSON object")
    for name in ("data", "metrics", "baselines", "seconds"):
        if not isinstance(_value(results, name), Mapping | None):
            raise ValueError(f"{name} is not a JSON object")
    for name in _TEXTS:
        if not isinstance(_value(results, name), str | None):
            raise ValueError(f"{name} is not a string")
    for name in _INTEGERS:
        value = _value(results, name)
        if isinstance(value, bool) or not isinstance(value, int | None):
            raise ValueError(f"{name} is not an integer")
    if _value(results, "weights") not in ("last", "best", None):
        raise ValueError("weights is neither last nor best")
    baselines = {**(_value(results, "baselines") or {})}
    baselines.pop("split", None)
    groups = {"metrics": _value(results, "metrics") or {}, "baselines": baselines}
    groups["seconds"] = {"seconds": _value(results, "seconds") or {}}
    for name, group in groups.items():
        for values in group.values():
            if not isinstance(values, Mapping) or not all(map(_is_finite, values.values())):
                raise ValueError(f"{name} has a value that is not a number")


def _value(content: object, name: str) -> Any:
    """Return a value by its dotted name, None if it is missing."""
    for part in name.split("."):
        content = content.get(part) if isinstance(content, Mapping) else None
    return content


def _is_finite(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)  # type: ignore[arg-type]  # it is a number
