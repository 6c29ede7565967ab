"""Find and check the variables in the byte structure of MATLAB 5 to 7.2 files.

The file has a header of 128 bytes and one element per variable: a tag (type, number of bytes) and the data,
possibly compressed, which consist of elements themselves (MathWorks, "MAT-File Format", chapter 1).
Every length is compared with the available bytes before it is used.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from spiking.files.limits import Allowance, DamagedError

HEADER_BYTES = 128
MAX_DIMENSIONS = 32
PREVIEW_BYTES = 1024  # more than the tag, dimensions and name of a variable need

INT8, INT32, UINT32, MATRIX, COMPRESSED, UTF8 = 1, 5, 6, 14, 15, 16  # types of elements
OPAQUE = 17  # the class of MATLAB's newer objects, the only one without dimensions


@dataclass(frozen=True)
class Variable:
    """One variable of the file: its name, and its first byte and end, tag included."""

    name: str
    start: int
    stop: int


@dataclass(frozen=True)
class ArrayHeader:
    """Class, flags, dimensions and name of an array; its values begin at `data_start`."""

    matlab_class: int
    is_complex: bool
    is_logical: bool
    dims: tuple[int, ...]
    name: str
    data_start: int

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.dims)


def byte_order(file_header: bytes) -> str:
    """Return ``"<"`` or ``">"``, or an empty string if this is not the header of a MATLAB 5 file."""
    return {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}.get(file_header[124:128], "")


def find_variables(file: IO[bytes], file_size: int, order: str) -> Iterator[Variable]:
    """Find the variables of a file without reading their values.

    This includes variables without a name, in which MATLAB stores data of its own objects.
    """
    start = HEADER_BYTES
    while start < file_size:
        file.seek(start)
        kind, n_bytes = _tag(file.read(8), order)
        stop = start + 8 + n_bytes
        if kind not in (MATRIX, COMPRESSED):
            raise DamagedError(f"no variable begins at byte {start}, where one is expected")
        preview = file.read(min(n_bytes, PREVIEW_BYTES))
        try:
            if kind == COMPRESSED:
                _, preview = _inflate_start(preview, order)
            name = array_header(memoryview(preview), order).name
        except DamagedError as error:
            raise DamagedError(f"the variable at byte {start} is damaged: {error}") from None
        if stop > file_size:
            raise DamagedError(f"it ends {stop - file_size} bytes before the end of its variable '{name}'")
        yield Variable(name, start, stop)
        start = stop


def read_content(file: IO[bytes], variable: Variable, order: str, allowance: Allowance) -> memoryview:
    """Read the bytes of one variable, uncompressed and without its tag."""
    file.seek(variable.start)
    kind, n_bytes = _tag(file.read(8), order)
    if kind == MATRIX:
        allowance.take_bytes(n_bytes)
        content = file.read(n_bytes)
        if len(content) < n_bytes:
            raise DamagedError("the file became shorter while it was read")
        return memoryview(content)

    n_inflated, _ = _inflate_start(file.read(min(n_bytes, PREVIEW_BYTES)), order)
    allowance.take_bytes(max(n_inflated, n_bytes // 2))
    file.seek(variable.start + 8)
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(file.read(n_bytes), 8 + n_inflated)
        # `unpacker.eof` is not required: some MATLAB files lack the end of the stream with the checksum.
        more = unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error as error:
        raise DamagedError(f"its compressed data cannot be unpacked ({error})") from None
    if len(content) != 8 + n_inflated or more or unpacker.unused_data:
        raise DamagedError("its compressed data are longer or shorter than stated")
    return memoryview(content)[8:]


def sub_element(data: memoryview, start: int, order: str) -> tuple[int, memoryview, int]:
    """Return the type, the data and the end of the element at `start` of an array's bytes."""
    kind, n_bytes = _tag(data[start : start + 8], order)
    if kind >> 16:  # small elements: up to four bytes inside the tag
        kind, n_bytes = kind & 0xFFFF, kind >> 16
        if n_bytes > 4:
            raise DamagedError(f"a small element has {n_bytes} bytes; expected at most 4")
        return kind, data[start + 4 : start + 4 + n_bytes], start + 8
    first, stop = start + 8, start + 8 + n_bytes
    if stop > len(data):
        raise DamagedError(f"an element has {len(data) - first} bytes; expected {n_bytes}")
    return kind, data[first:stop], min(stop + -n_bytes % 8, len(data))


def array_header(data: memoryview, order: str) -> ArrayHeader:
    """Read class, flags, dimensions and name of an array."""
    kind, flags, position = sub_element(data, 0, order)
    if kind != UINT32 or len(flags) != 8:
        raise DamagedError("it does not begin with array flags")
    (word,) = struct.unpack_from(order + "I", flags)
    matlab_class = word & 0xFF
    dims: tuple[int, ...] = (1, 1)
    if matlab_class != OPAQUE:
        kind, packed, position = sub_element(data, position, order)
        n_dims, odd = divmod(len(packed), 4)
        if kind not in (INT32, UINT32) or odd or not 2 <= n_dims <= MAX_DIMENSIONS:
            raise DamagedError("its dimensions are not a list of integers")
        dims = struct.unpack(f"{order}{n_dims}i", packed)
        if min(dims) < 0:
            raise DamagedError(f"it has the dimensions {dims}")
    name, position = read_name(data, position, order)
    return ArrayHeader(matlab_class, bool(word & 0x800), bool(word & 0x200), dims, name, position)


def read_name(data: memoryview, start: int, order: str) -> tuple[str, int]:
    """Return the name at `start` and the position after it."""
    kind, packed, position = sub_element(data, start, order)
    name = bytes(packed).rstrip(b"\0").decode("utf-8" if kind == UTF8 else "latin-1", "replace")
    if kind not in (INT8, UTF8) or not name.isprintable():
        raise DamagedError(f"{name[:70]!r} is not a valid name")
    return name, position


def _tag(data: bytes | memoryview, order: str) -> tuple[int, int]:
    if len(data) < 8:
        raise DamagedError("it ends in the middle of a variable")
    kind, n_bytes = struct.unpack(order + "II", data)
    return kind, n_bytes


def _inflate_start(compressed: bytes, order: str) -> tuple[int, bytes]:
    """Return the uncompressed size of a compressed array and its first bytes."""
    try:
        start = zlib.decompressobj().decompress(compressed, PREVIEW_BYTES)
    except zlib.error as error:
        raise DamagedError(f"its compressed data cannot be unpacked ({error})") from None
    kind, n_bytes = _tag(start[:8], order)
    if kind != MATRIX:
        raise DamagedError(f"compressed data of type {kind} instead of {MATRIX}")
    return n_bytes, start[8:]
