"""Tell the processor which row of an array is wanted soon: rows met in the order of a key lie anywhere in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:  # noqa: ANN401 - numba's own types
    """Begin to load row `index` of `array` (one or two dimensions) into the cache; it need not exist."""
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


prefetch = cast(Callable[[Any, Any], None], intrinsic(_prefetch))
