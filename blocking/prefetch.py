"""What numba has no words for: rows that are wanted soon, eight bytes at once from anywhere, bits counted."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

Build = Callable[..., tuple[Any, Any]]


class Inline:
    """LLVM code that stands in for a call inside a kernel. numba is imported when a kernel is compiled."""

    def __init__(self, function: Build) -> None:
        self.function = cast(FunctionType, function)
        self.__doc__ = function.__doc__
        self._made: Any = None

    @property
    def _numba_type_(self) -> Any:  # noqa: ANN401 - read by numba
        from numba.core import types
        from numba.core.typing.templates import make_intrinsic_template

        if self._made is None:
            made: Any = make_intrinsic_template
            self._made = types.Function(made(self, self.function, self.function.__name__))
        return self._made


def _prefetch(_typing: Any, array: Any, index: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numba's own types
    """Begin to load row `index` of `array` (one or two dimensions) into the cache; it need not exist."""
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    unpacked: Any = cgutils.unpack_tuple
    inserted: Any = cgutils.get_or_insert_function

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        kind = signature.args[0]
        held = context.make_array(kind)(context, builder, args[0])
        stride = unpacked(builder, held.strides, kind.ndim)[0]
        row = builder.mul(context.cast(builder, args[1], signature.args[1], types.intp), stride)
        byte = ir.IntType(8).as_pointer()
        place = builder.gep(builder.bitcast(held.data, byte), [row])
        number = ir.IntType(32)
        load = inserted(
            builder.module, ir.FunctionType(ir.VoidType(), [byte, number, number, number]), "llvm.prefetch.p0i8"
        )
        # For reading, to be kept close, as data.
        builder.call(load, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), code


prefetch = cast(Callable[[Any, Any], None], Inline(_prefetch))


def _eight(_typing: Any, data: Any, at: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numba's own types
    """Eight bytes of `data` from place `at` on as one number, the first byte lowest."""
    from llvmlite import ir
    from numba import types

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        held = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.gep(held.data, [context.cast(builder, args[1], signature.args[1], types.uint64)])
        found = builder.load(builder.bitcast(place, ir.IntType(64).as_pointer()))
        found.align = 1
        return found

    return types.uint64(data, at), code


eight = cast(Callable[[Any, Any], Any], Inline(_eight))


def _bits_set(_typing: Any, number: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numba's own types
    """Number of bits that are set."""
    from numba import types

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        return builder.ctpop(context.cast(builder, args[0], signature.args[0], types.uint64))

    return types.int64(number), code


bits_set = cast(Callable[[Any], Any], Inline(_bits_set))
