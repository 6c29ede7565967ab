"""The fast kernel: one trial, compiled by Numba, with the same spikes as `reference.py`.

Between spikes the synapses are linear. So their state is kept as it was at the start of a block of steps
(the base), and read `b` steps later from tables:

    IPSC[b] = IPSC[0] decay[b] + h[0] rise[b]        decay[b] = e^(-b dt/td)
    h[b]    = h[0] fade[b]                           fade[b]  = e^(-b dt/tr)
    rise[b] = dt (decay[b - 1] + decay[b - 2] fade[1] + ... + fade[b - 1])

Only the membrane is stepped. `rise` is a sum of positive terms, so td near or equal to tr needs no care.
A spike that adds x to h at step b adds to the state at the base what is x at step b: `x unfade[b]` to h, and
to IPSC what cancels its effect until then, `x lift[b]`. The single exponential adds to IPSC instead: there
`rise` and `unfade` are 0 and `lift[b]` is 1/decay[b]. The filtered rates r, hr are carried in the same way.

Everything compiled is in this one file because Numba's cache on disk notices changes of this file only.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# Sums may be reordered and fused: it moves a voltage by 1e-14 mV. NaN and infinity keep their meaning.
_FAST = {"reassoc", "contract", "nsz"}
_CHUNK = 256  # neurons counted together; only a chunk with a spike is searched for it
_LANES = 256  # parallel generators of a trial's noise
_ROW = 2 * _LANES  # normals that one turn of all generators gives
_VANISHED = 1e-200  # a synaptic state below this is zero: denormal numbers are slow

_u32 = np.uint32
_f32 = np.float32


class Constants(NamedTuple):
    """Constants of a trial, in s and mV: scalars, but `bias` (N,)."""

    n_steps: int
    dt: float
    tm: float
    tref: float
    reset: float
    threshold: float
    column_steps: int
    bias: np.ndarray
    peak: float
    noise: float
    quadratic: bool
    sparse: bool
    replay: bool


class Synapses(NamedTuple):
    """Weights by presynaptic neuron, dense (rows) or sparse (pointers, indices, values), and tables.

    The tables `decay`, `rise` and `lift` have shape (block + 1, N), `fade` and `unfade` (block + 1,).
    """

    rows: np.ndarray
    pointers: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    trace_jump: np.ndarray
    decay: np.ndarray
    rise: np.ndarray
    lift: np.ndarray
    fade: np.ndarray
    unfade: np.ndarray


class Actions(NamedTuple):
    """Stimulations and currents: action a adds to the voltages after the steps first[a] < i <= last[a].

    It adds ``amounts[base[a] + i] weights[a]``: coins are in the amounts, and so is dt/tm where `on_current`,
    which spares refractory neurons. Where ``hits_base[a] >= 0`` each neuron has a coin of its own instead:
    of 0 and 1, one row of `hits` for each of its steps.
    """

    first: np.ndarray
    last: np.ndarray
    base: np.ndarray
    amounts: np.ndarray
    weights: np.ndarray
    on_current: np.ndarray
    hits_base: np.ndarray
    hits: np.ndarray


class Recording(NamedTuple):
    """What is kept: every so many steps (0: nothing), of which units, and where it goes, (samples, units)."""

    every: int
    units: np.ndarray
    samples: np.ndarray


# ---- noise: xoshiro128++ in parallel lanes, Box-Muller in single precision ---------------------------------


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


@nb.njit(inline="always", fastmath=_FAST)
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


@nb.njit(fastmath=_FAST)
def _fill_row(lanes, row):
    """Write the next `_ROW` normals of the stream; `lanes` (4, _LANES) is the state and moves on."""
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


@nb.njit(nogil=True, cache=True)
def fill_normals(lanes, z):
    """Write the stream of standard normals (float32) that belongs to `lanes` into `z`, 1-D."""
    row = np.empty(_ROW, np.float32)
    for start in range(0, z.size, _ROW):
        _fill_row(lanes, row)
        stop = min(start + _ROW, z.size)
        z[start:stop] = row[: stop - start]


# ---- the trial ---------------------------------------------------------------------------------------------


@nb.njit
def _release_step(t_last, i, dt, tref):
    """First step after i at which `dt i > t_last + tref`: the published comparison, never with fastmath."""
    step = max(i + 1, i + int(tref / dt) - 2)
    while not dt * step > t_last + tref:
        step += 1
    return step


@nb.njit(fastmath=_FAST)
def _drive(w_in, u, bias, drive):
    drive[:] = bias
    for k in range(u.size):
        for j in range(drive.size):
            drive[j] += w_in[k, j] * u[k]


@nb.njit(fastmath=_FAST)
def _step_leaky(v, ipsc, h, decay, rise, drive, release, now, gain, sigma, noise, threshold):
    """One Euler step of all voltages; how many neurons are at threshold (sums vectorise, tests do not)."""
    fired = np.int32(0)
    for j in range(v.size):
        current = ipsc[j] * decay[j] + h[j] * rise[j] + drive[j]
        free = gain if release[j] <= now else 0.0
        v[j] = v[j] + free * (current - v[j]) + sigma * np.float64(noise[j])
        fired = np.int32(fired + np.int32(v[j] >= threshold))
    return fired


@nb.njit(fastmath=_FAST)
def _step_quadratic(v, ipsc, h, decay, rise, drive, release, now, gain, sigma, noise, threshold):
    """Do the same for the quadratic neuron; as one function with a flag, both would be slower."""
    fired = np.int32(0)
    for j in range(v.size):
        current = ipsc[j] * decay[j] + h[j] * rise[j] + drive[j]
        free = gain if release[j] <= now else 0.0
        v[j] = v[j] + free * (current + v[j] * v[j]) + sigma * np.float64(noise[j])
        fired = np.int32(fired + np.int32(v[j] >= threshold))
    return fired


@nb.njit(fastmath=_FAST)
def _push(v, amount, weights, release, latest, threshold):
    """Add to all voltages but those released after `latest`; how many neurons are at threshold."""
    fired = np.int32(0)
    for j in range(v.size):
        v[j] += amount * weights[j] if release[j] <= latest else 0.0
        fired = np.int32(fired + np.int32(v[j] >= threshold))
    return fired


@nb.njit(fastmath=_FAST)
def _push_some(v, amount, weights, hits, release, latest, threshold):
    """Do the same where each neuron has a coin of its own."""
    fired = np.int32(0)
    for j in range(v.size):
        free = amount * weights[j] if release[j] <= latest else 0.0
        v[j] += free * np.float64(hits[j])
        fired = np.int32(fired + np.int32(v[j] >= threshold))
    return fired


@nb.njit(fastmath=_FAST)
def _read_out(weights, r, hr, decay, rise, block):
    """Write the output of a block without spikes into `block` (block + 1,); two steps share their loads."""
    last = decay.shape[0] - 1
    for b in range(1, last + 1, 2):
        c = min(b + 1, last)
        decay0, rise0, decay1, rise1 = decay[b], rise[b], decay[c], rise[c]
        total0 = total1 = 0.0
        for j in range(r.size):
            level, slope = weights[j] * r[j], weights[j] * hr[j]
            total0 += level * decay0[j] + slope * rise0[j]
            total1 += level * decay1[j] + slope * rise1[j]
        block[b], block[c] = total0, total1


@nb.njit(fastmath=_FAST)
def _move_base(level, slope, decay, rise, fade):
    for j in range(level.size):
        x = level[j] * decay[j] + slope[j] * rise[j]
        y = slope[j] * fade
        level[j] = x if abs(x) > _VANISHED else 0.0
        slope[j] = y if abs(y) > _VANISHED else 0.0


@nb.njit(fastmath=_FAST)
def _add_row(row, ipsc, h, lift, unfade):
    for j in range(row.size):
        ipsc[j] += row[j] * lift[j]
        h[j] += row[j] * unfade


@nb.njit(fastmath=_FAST)
def _count(v, threshold):
    fired = np.int32(0)
    for j in range(v.size):
        fired = np.int32(fired + np.int32(v[j] >= threshold))
    return fired


@nb.njit
def _find(v, threshold, fired):
    """Write the neurons at or above threshold into `fired`; return how many."""
    found = 0
    for first in range(0, v.size, _CHUNK):
        part = v[first : first + _CHUNK]
        if _count(part, threshold) > 0:
            for j in range(part.size):
                if part[j] >= threshold:
                    fired[found] = first + j
                    found += 1
    return found


@nb.njit
def _sample(recording, i, level, slope, decay, rise):
    for q in range(recording.units.size):
        j = recording.units[q]
        recording.samples[i // recording.every - 1, q] = level[j] * decay[j] + slope[j] * rise[j]


@nb.njit
def _grown(x):
    larger = np.empty(2 * x.size, x.dtype)
    larger[: x.size] = x
    return larger


@nb.njit(nogil=True, cache=True)
def run_trial(
    constants,
    synapses,
    w_in,
    u,
    readout,
    v,
    lanes,
    given_noise,
    actions,
    output,
    voltages,
    currents,
    rates,
    stop,
):
    """Simulate one trial; return the steps (0-based) and the neurons of all spikes.

    `w_in` is (n_inputs, N), `u` (columns, n_inputs), `v` (N,) the initial voltage (changed), `lanes` the
    noise state (changed); `given_noise` (steps, N) replaces the noise if `constants.replay`. A non-zero
    `stop[0]` ends the trial early: the caller then discards it.
    """
    c = constants
    n = v.size
    decay, rise, lift = synapses.decay, synapses.rise, synapses.lift
    fade, unfade = synapses.fade, synapses.unfade
    block = fade.size - 1
    gain = c.dt / c.tm
    ipsc, h, r, hr = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    out = np.zeros((readout.shape[0], block + 1))
    drive, column = np.empty(n), 0
    _drive(w_in, u[0], c.bias, drive)
    change = c.column_steps - c.column_steps // 2  # step at which the next column begins
    t_last = np.zeros(n)
    release = np.full(n, float(_release_step(0.0, 0, c.dt, c.tref)))

    noise = np.empty(0 if c.replay else n + 4 * _ROW, np.float32)
    position = filled = 0
    fired = np.empty(n, np.int64)
    steps, neurons, n_spikes = np.empty(4096, np.int32), np.empty(4096, np.int32), 0

    for base in range(0, c.n_steps, block):
        if stop[0]:
            break
        if base > 0:
            _move_base(ipsc, h, decay[block], rise[block], fade[block])
            _move_base(r, hr, decay[block], rise[block], fade[block])
        if output.every:
            for o in range(readout.shape[0]):
                _read_out(readout[o], r, hr, decay, rise, out[o])

        for b in range(min(block, c.n_steps - base)):
            i = base + b + 1
            if i == change:
                column += 1
                change += c.column_steps
                _drive(w_in, u[column], c.bias, drive)
            if currents.every and i % currents.every == 0:
                _sample(currents, i, ipsc, h, decay[b], rise[b])

            now = float(i)
            if c.replay:
                z = given_noise[i - 1]
                if c.quadratic:
                    count = _step_quadratic(
                        v, ipsc, h, decay[b], rise[b], drive, release, now, gain, c.noise, z, c.threshold
                    )  # fmt: skip
                else:
                    count = _step_leaky(
                        v, ipsc, h, decay[b], rise[b], drive, release, now, gain, c.noise, z, c.threshold
                    )  # fmt: skip
            else:
                if position + n > filled:
                    filled -= position
                    for q in range(filled):
                        noise[q] = noise[position + q]
                    position = 0
                    while filled + _ROW <= noise.size:
                        _fill_row(lanes, noise[filled : filled + _ROW])
                        filled += _ROW
                zz = noise[position : position + n]
                position += n
                if c.quadratic:
                    count = _step_quadratic(
                        v, ipsc, h, decay[b], rise[b], drive, release, now, gain, c.noise, zz, c.threshold
                    )  # fmt: skip
                else:
                    count = _step_leaky(
                        v, ipsc, h, decay[b], rise[b], drive, release, now, gain, c.noise, zz, c.threshold
                    )  # fmt: skip
            for a in range(actions.first.size):
                if not actions.first[a] < i <= actions.last[a]:
                    continue
                amount = actions.amounts[actions.base[a] + i]
                if amount == 0.0:
                    continue
                latest = now if actions.on_current[a] else np.inf
                if actions.hits_base[a] < 0:
                    count = _push(v, amount, actions.weights[a], release, latest, c.threshold)
                else:
                    hits = actions.hits[actions.hits_base[a] + i - 1 - actions.first[a]]
                    count = _push_some(v, amount, actions.weights[a], hits, release, latest, c.threshold)
            n_fired = _find(v, c.threshold, fired) if count > 0 else 0

            for q in range(n_fired):
                j = fired[q]
                v[j] = c.peak
                t_last[j] = t_last[j] + (c.dt * i - t_last[j])
                release[j] = float(_release_step(t_last[j], i, c.dt, c.tref))
                if c.sparse:
                    for k in range(synapses.pointers[j], synapses.pointers[j + 1]):
                        target, x = synapses.indices[k], synapses.values[k]
                        ipsc[target] += x * lift[b + 1, target]
                        h[target] += x * unfade[b + 1]
                else:
                    _add_row(synapses.rows[j], ipsc, h, lift[b + 1], unfade[b + 1])
                level, slope = synapses.trace_jump[j] * lift[b + 1, j], synapses.trace_jump[j] * unfade[b + 1]
                r[j] += level
                hr[j] += slope
                for o in range(readout.shape[0]):
                    for later in range(b + 1, block + 1):
                        out[o, later] += readout[o, j] * (level * decay[later, j] + slope * rise[later, j])
                if n_spikes == steps.size:
                    steps, neurons = _grown(steps), _grown(neurons)
                steps[n_spikes], neurons[n_spikes] = i - 1, j
                n_spikes += 1

            if voltages.every and i % voltages.every == 0:
                for q in range(voltages.units.size):
                    voltages.samples[i // voltages.every - 1, q] = v[voltages.units[q]]
            for q in range(n_fired):
                v[fired[q]] = c.reset
            if rates.every and i % rates.every == 0:
                _sample(rates, i, r, hr, decay[b + 1], rise[b + 1])
            if output.every and i % output.every == 0:
                for o in range(readout.shape[0]):
                    output.samples[i // output.every - 1, o] = out[o, b + 1]
    return steps[:n_spikes].copy(), neurons[:n_spikes].copy()
