"""Where a wheel put its files."""

from importlib.util import find_spec
from pathlib import Path


def package_dir(name: str) -> Path:
    """The folder of an installed package, without importing it: these do much at import."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"the package {name} is missing: run make run, or install requirements.txt")
    return Path(next(iter(spec.submodule_search_locations)))
