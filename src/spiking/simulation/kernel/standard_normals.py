"""Standard normals of a trial: xoshiro128++ in parallel lanes, and Box-Muller in single precision.

The amplitude of the membrane's noise is `LIFParams.noise`.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from spiking.simulation.kernel.compiler import nb
from spiking.simulation.kernel.disk_cache import compiled

# Sums may be reordered and fused: it moves a voltage by 1e-14 mV. NaN and infinity keep their meaning.
FAST = {"reassoc", "contract", "nsz"}
_LANES = 256  # parallel generators of a trial's noise
ROW = 2 * _LANES  # normals that one turn of all generators gives

_u32 = np.uint32
_f32 = np.float32


@intrinsic
def _bits(typing_context, x):
    def code(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), code


@intrinsic
def _float(typing_context, x):
    def code(context, builder, signature, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), code


@nb.njit(inline="always")
def _rotate(x, k):
    return _u32(_u32(x << _u32(k)) | _u32(x >> _u32(32 - k)))


@nb.njit(inline="always", fastmath=FAST)
def _two_normals(a, b):
    """Box-Muller on two 32-bit words: ln u of 31 bits as in cephes' logf, minimax sine and cosine."""
    u = (_f32(np.int32(a >> _u32(1))) + _f32(0.5)) * _f32(2.0**-31)
    shifted = np.int32(_bits(u) - np.int32(0x3F3504F3))  # mantissa of u brought to [sqrt(1/2), sqrt(2))
    exponent = _f32(np.int32(shifted >> np.int32(23)))
    y = _float(np.int32(np.int32(shifted & np.int32(0x007FFFFF)) + np.int32(0x3F3504F3))) - _f32(1.0)
    p = _f32(7.0376836292e-2)
    p = p * y + _f32(-1.1514610310e-1)
    p = p * y + _f32(1.1676998740e-1)
    p = p * y + _f32(-1.2420140846e-1)
    p = p * y + _f32(1.4249322787e-1)
    p = p * y + _f32(-1.6668057665e-1)
    p = p * y + _f32(2.0000714765e-1)
    p = p * y + _f32(-2.4999993993e-1)
    p = p * y + _f32(3.3333331174e-1)
    y2 = y * y
    log_u = y + (p * y * y2 - _f32(0.5) * y2) + exponent * _f32(0.69314718056)
    radius = np.sqrt(_f32(-2.0) * log_u)

    t = _f32(np.int32(b)) * _f32(1.5707963267948966 / 2147483648.0)  # in [-pi/2, pi/2)
    t2 = t * t
    s = _f32(-2.3889859e-08)
    s = s * t2 + _f32(2.7525562e-06)
    s = s * t2 + _f32(-1.9840874e-04)
    s = s * t2 + _f32(8.3333310e-03)
    s = s * t2 + _f32(-1.6666667e-01)
    s = t + t * t2 * s
    c = _f32(2.0875723e-09)
    c = c * t2 + _f32(-2.7557314e-07)
    c = c * t2 + _f32(2.4801587e-05)
    c = c * t2 + _f32(-1.3888889e-03)
    c = c * t2 + _f32(4.1666667e-02)
    c = c * t2 + _f32(-0.5)
    c = c * t2 + _f32(1.0)
    # the half circle becomes a whole one: the lowest bit is the sign of the cosine
    c = _float(np.int32(_bits(c) ^ np.int32(np.int32(b) << np.int32(31))))
    return radius * c, radius * s


@nb.njit(fastmath=FAST)
def fill_row(lanes, row):
    """Write the next `ROW` normals of the stream; `lanes` (4, _LANES) is the state and moves on."""
    s0, s1, s2, s3 = lanes[0], lanes[1], lanes[2], lanes[3]
    cosines, sines = row[:_LANES], row[_LANES:]
    for j in range(_LANES):
        a, b, c, d = s0[j], s1[j], s2[j], s3[j]
        first = _u32(_rotate(_u32(a + d), 7) + a)
        t = _u32(b << _u32(9))
        c = _u32(c ^ a)
        d = _u32(d ^ b)
        b = _u32(b ^ c)
        a = _u32(a ^ d)
        c = _u32(c ^ t)
        d = _rotate(d, 11)
        second = _u32(_rotate(_u32(a + d), 7) + a)
        t = _u32(b << _u32(9))
        c = _u32(c ^ a)
        d = _u32(d ^ b)
        b = _u32(b ^ c)
        a = _u32(a ^ d)
        c = _u32(c ^ t)
        d = _rotate(d, 11)
        s0[j], s1[j], s2[j], s3[j] = a, b, c, d
        cosines[j], sines[j] = _two_normals(first, second)


@compiled
def fill_normals(lanes, z):
    """Write the stream of standard normals (float32) that belongs to `lanes` into `z`, 1-D."""
    row = np.empty(ROW, np.float32)
    for start in range(0, z.size, ROW):
        fill_row(lanes, row)
        stop = min(start + ROW, z.size)
        z[start:stop] = row[: stop - start]


def normals_of_trial(given, replay, buffer):
    """Return the array of a trial's normals, 1-D: `given` (steps, n) if `replay`, else `buffer`."""


@overload(normals_of_trial)
def _normals_of_trial(given, replay, buffer):
    if given.dtype == types.float64:  # explicit draws, never generated
        return lambda given, replay, buffer: given.reshape(given.size)

    def either(given, replay, buffer):
        if replay:
            return given.reshape(given.size)
        return buffer

    return either
