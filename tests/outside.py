"""A package of somebody else's: a module and its entry points on the path, for this process and for its workers."""

import importlib
import os
import sys
import textwrap
from pathlib import Path

from fairviz.plugins import Registry


def install(folder: Path, monkeypatch, name: str, code: str, points: dict[str, dict[str, str]]) -> None:
    """Put a module ``name`` with ``code`` on the path; ``points``: group -> name -> "module:attribute"."""
    (folder / f"{name}.py").write_text(textwrap.dedent(code))
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in named.items()) for group, named in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *sys.path]))
    importlib.invalidate_caches()
    forget(monkeypatch)


def forget(monkeypatch) -> None:
    """Registries look for entry points anew, now and when the test is over."""
    from fairviz.controls import CONTROLS
    from fairviz.data.sets import DATASETS
    from fairviz.evaluation.classifiers import CLASSIFIERS
    from fairviz.evaluation.metrics import METRICS
    from fairviz.mitigation import MITIGATIONS
    from fairviz.synthesizers import SYNTHESIZERS

    for registry in (CLASSIFIERS, CONTROLS, DATASETS, METRICS, MITIGATIONS, SYNTHESIZERS):
        assert isinstance(registry, Registry)
        monkeypatch.setattr(registry, "_others", None)
        monkeypatch.setattr(registry, "_loaded", dict(registry._loaded))
