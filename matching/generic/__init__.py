"""The generic linkage engine: any person lists, by a specification.

from matching.generic import Linkage

result = Linkage.from_toml("spec.toml").run([left, right])   # or [one] to find duplicates
result.pairs, result.entities, result.model, result.explain(3, 17)
"""

from matching.generic.linkage import Linkage, Result
from matching.generic.spec import LinkageSpec, read_spec

__all__ = ["Linkage", "LinkageSpec", "Result", "read_spec"]
