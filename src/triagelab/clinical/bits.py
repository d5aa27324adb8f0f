"""Boolean columns as packed bits: 64 rows a word, so that a million rows are combined in microseconds."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

Bits = np.ndarray
"""One-dimensional uint64; row i is bit i % 64 of word i // 64, and the bits behind the last row mean nothing."""


class _Array(ctypes.Structure):
    """The array of Arrow's C data interface."""


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]


class _Stream(ctypes.Structure):
    """The stream of Arrow's C data interface."""

    _fields_ = [
        ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)),
        ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(_Array))),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype = ctypes.c_void_p
_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]


def words_for(height: int) -> int:
    """Return how many words hold so many rows."""
    return (height + 63) // 64


def packed(series: pl.Series) -> tuple[Bits, Bits | None]:
    """Return (yes, unknown) of a boolean column: null is unknown and not yes; None in place of no unknown at all.

    The buffers are read through the Arrow C stream of the series and copied; nothing is shared with it.
    """
    if series.n_chunks() > 1:
        series = series.rechunk()
    yes = np.zeros(words_for(len(series)), np.uint64)
    capsule = series.__arrow_c_stream__()
    address = _pointer(capsule, b"arrow_array_stream")
    chunk = _Array()
    if _Stream.from_address(address).get_next(address, ctypes.byref(chunk)) or not chunk.release:
        return yes, None
    try:
        valid, values = _bitmap(chunk, 0), _bitmap(chunk, 1)
        if values is None:
            return yes, None
        room = yes.view(np.uint8)[: len(values)]
        if valid is None:
            room[:] = values
            return yes, None
        np.bitwise_and(values, valid, out=room)
        unknown = np.zeros_like(yes)
        np.invert(valid, out=unknown.view(np.uint8)[: len(valid)])
        return yes, unknown
    finally:
        chunk.release(ctypes.byref(chunk))


def _bitmap(chunk: Any, index: int) -> Any:
    """Return a buffer of one bit a row as bytes whose first bit is the first row; None where there is no buffer."""
    address = chunk.buffers[index]
    if not address:
        return None
    start, skip = divmod(chunk.offset, 8)
    size = (skip + chunk.length + 7) // 8
    raw = np.frombuffer((ctypes.c_uint8 * size).from_address(address + start), np.uint8)
    if skip == 0:
        return raw
    bits = np.unpackbits(raw, bitorder="little")[skip : skip + chunk.length]
    return np.packbits(bits, bitorder="little")


_STEPS = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)
_BLOCK = 8192


def codes(planes: Sequence[Bits], height: int) -> np.ndarray:
    """Return one byte a row whose bit k is plane k, for up to eight planes.

    Source: the 8 x 8 bit transpose of Warren, Hacker's Delight.
    """
    size = words_for(height) * 8
    out = np.empty(size * 8, np.uint8)
    rows = [plane.view(np.uint8) for plane in planes]
    for start in range(0, size, _BLOCK):
        stop = min(start + _BLOCK, size)
        square = np.zeros((stop - start, 8), np.uint8)
        for k, row in enumerate(rows):
            square[:, k] = row[start:stop]
        block = square.view(np.uint64).ravel()
        for shift, mask in _STEPS:
            swap = (block ^ (block >> shift)) & mask
            block ^= swap ^ (swap << shift)
        out[start * 8 : stop * 8] = block.view(np.uint8)
    return out[:height]
