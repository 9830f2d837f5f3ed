"""What a TOML file may hold, declared once as frozen dataclasses: read at once where all is right, else by pydantic.

Importing pydantic and building its models takes longer than linking a thousand people, and it is wanted for one thing
only: to name every mistake. The dataclasses are the one declaration; pydantic reads the same types and the same bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_type_hints,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

T = TypeVar("T")
_SCALARS: Final = frozenset((str, int, float, bool, NoneType))
_WHOLE: Final = 1 << 53  # whole numbers above are not all numbers of 64 bits
# pydantic's words for a dataclass, and for a model: `rules.validation` knows those of models.
_TYPES: Final = {"unexpected_keyword_argument": "extra_forbidden", "dataclass_type": "model_type"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a value must be besides its type: `Annotated[int, Bounds(ge=1)]`. `pattern`: of the whole text."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    min_length: int | None = None
    pattern: str | None = None

    __is_annotated_types_grouped_metadata__: ClassVar[Literal[True]] = True  # so that pydantic asks `__iter__`

    def hold(self, value: Any) -> bool:  # noqa: ANN401 - a value of the annotated type
        """Whether `value`, whose type is right, is within."""
        return (
            (self.gt is None or value > self.gt)
            and (self.ge is None or value >= self.ge)
            and (self.lt is None or value < self.lt)
            and (self.le is None or value <= self.le)
            and (self.min_length is None or len(value) >= self.min_length)
            and (self.pattern is None or re.fullmatch(self.pattern, value) is not None)
        )

    def __iter__(self) -> Iterator[object]:
        """The same as pydantic knows it."""
        import annotated_types as known
        from pydantic import StringConstraints

        if self.gt is not None:
            yield known.Gt(self.gt)
        if self.ge is not None:
            yield known.Ge(self.ge)
        if self.lt is not None:
            yield known.Lt(self.lt)
        if self.le is not None:
            yield known.Le(self.le)
        if self.min_length is not None:
            yield known.MinLen(self.min_length)
        if self.pattern is not None:
            yield from StringConstraints(pattern=f"^(?:{self.pattern})$")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def declared(kind: type[T]) -> type[T]:
    """Make a class of annotated fields a frozen dataclass that `read` reads; keys it does not name are refused."""
    made = dataclass(frozen=True, kw_only=True)(kind)
    made.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined] # where pydantic looks for it
    return made


class RefusedError(Exception):
    """Values that are not what was declared; `errors` are pydantic's, in its words for models."""

    def __init__(self, errors: list[ErrorDetails]) -> None:
        super().__init__(f"{len(errors)} wrong values")
        self.errors = errors


class _DoubtError(Exception):
    """The values are not plainly right: pydantic is to say what they are."""


def read(kind: type[T], values: object) -> T:
    """`values`, as TOML gives them, as `kind`, a `declared` class.

    Fields are of str, int, float, bool, Literal texts, None, lists, dicts with keys of text, unions of these, and
    other declared classes; `Bounds` may be on each. Raises RefusedError with every mistake.
    """
    try:
        made: T = _made(kind, values)
    except _DoubtError:
        made = _by_pydantic(kind, values)
    return made


def _by_pydantic(kind: Any, values: object) -> Any:  # noqa: ANN401 - any declared class
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(values)
    except ValidationError as error:
        told = [{**one, "type": _TYPES.get(one["type"], one["type"])} for one in error.errors()]
        raise RefusedError(told) from error  # type: ignore[arg-type] # still what pydantic says


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


@cache
def _types(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _made(kind: Any, value: Any) -> Any:  # noqa: ANN401 - any type, any value
    """`value` as a `kind` where that is beyond doubt: what pydantic would make of it."""
    origin, inner = getattr(kind, "__origin__", kind), get_args(kind)
    if hasattr(kind, "__metadata__"):  # Annotated
        made = _made(origin, value)
        if all(one.hold(made) for one in kind.__metadata__):
            return made
    elif is_dataclass(kind):
        return _record(kind, value)
    elif origin is list and type(value) is list:
        return [_made(inner[0], one) for one in value]
    elif origin is dict and type(value) is dict:
        return {_made(inner[0], name): _made(inner[1], one) for name, one in value.items()}
    elif origin is Union or isinstance(kind, UnionType):
        for one in inner:
            with suppress(_DoubtError):
                return _made(one, value)
    elif _plain(kind, value):
        return float(value) if kind is float else value
    raise _DoubtError


def _plain(kind: Any, value: Any) -> bool:  # noqa: ANN401 - any type, any value
    """Whether `value` is a scalar of this kind."""
    if kind is float and type(value) is int:
        return abs(value) <= _WHOLE
    if getattr(kind, "__origin__", None) is Literal:
        return type(value) is str and value in get_args(kind)
    return type(value) is kind and kind in _SCALARS and (kind is not str or value.isascii() or _sound(value))


def _sound(text: str) -> bool:
    """Whether a text can be written; half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _record(kind: Any, value: Any) -> Any:  # noqa: ANN401 - a dataclass, any value
    if type(value) is kind:
        return value
    if type(value) is not dict:
        raise _DoubtError
    hints = _types(kind)
    known = {one.name: one for one in fields(kind)}
    needed = {n for n, one in known.items() if one.default is MISSING and one.default_factory is MISSING}
    if not needed <= value.keys() <= known.keys():
        raise _DoubtError
    return kind(**{name: _made(hints[name], one) for name, one in value.items()})
