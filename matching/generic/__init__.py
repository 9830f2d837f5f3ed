"""The generic linkage engine: any person lists, by a specification.

from matching.generic import Linkage

result = Linkage.from_toml("spec.toml").run([left, right])   # or [one] to find duplicates
result.pairs, result.entities, result.model, result.explain(3, 17)
"""

from typing import TYPE_CHECKING

from matching.generic.spec import LinkageSpec, read_spec

if TYPE_CHECKING:
    from matching.generic.linkage import Linkage, Result

__all__ = ["Linkage", "LinkageSpec", "Result", "read_spec"]


def __getattr__(name: str) -> object:
    # Only when asked for: lists are read while the rest of the engine is imported.
    if name in ("Linkage", "Result"):
        from matching.generic import linkage

        return getattr(linkage, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
