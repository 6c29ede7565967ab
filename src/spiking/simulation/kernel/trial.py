"""One trial: the loop over blocks and steps, compiled by Numba."""

from __future__ import annotations

import numpy as np

from spiking.neuron.equations import at
from spiking.simulation.kernel.adaptation import VANISHED, acting_threshold, adaptation_jumps, state_of
from spiking.simulation.kernel.arguments import CHANGE, COLUMN, FILLED, POSITION, STEP
from spiking.simulation.kernel.compiler import nb
from spiking.simulation.kernel.disk_cache import compiled
from spiking.simulation.kernel.membrane import find_spikes, push, push_some, step
from spiking.simulation.kernel.pathways import add_row, arrive, factors_of, send, sends_later
from spiking.simulation.kernel.standard_normals import FAST, ROW, fill_row, normals_of_trial


@nb.njit
def _release_step(t_last, i, dt, tref):
    """First step after i at which `dt i > t_last + tref`: the published comparison, never with fastmath."""
    step = max(i + 1, i + int(tref / dt) - 2)
    while not dt * step > t_last + tref:
        step += 1
    return step


@nb.njit(fastmath=FAST)
def _drive(w_in, u, bias, drive):
    drive[:] = bias
    for k in range(u.size):
        for j in range(drive.size):
            drive[j] += w_in[k, j] * u[k]


@nb.njit(fastmath=FAST)
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


@nb.njit(fastmath=FAST)
def _move_base(level, slope, decay, rise, fade):
    for j in range(level.size):
        x = level[j] * decay[j] + slope[j] * rise[j]
        y = slope[j] * at(fade, j)
        level[j] = x if abs(x) > VANISHED else 0.0
        slope[j] = y if abs(y) > VANISHED else 0.0


@nb.njit
def _sample(recording, i, level, slope, decay, rise):
    for q in range(recording.units.size):
        j = recording.units[q]
        recording.samples[i // recording.every - 1 - recording.first, q] = (
            level[j] * decay[j] + slope[j] * rise[j]
        )


@nb.njit
def _grown(x):
    larger = np.empty(2 * x.size, x.dtype)
    larger[: x.size] = x
    return larger


@compiled
def run_trial(
    constants,
    synapses,
    w_in,
    u,
    readout,
    state,
    given_noise,
    stimulation,
    output,
    voltages,
    currents,
    rates,
    stop,
):
    """Simulate one trial, or go on with it; return the steps (0-based) and the neurons of the spikes.

    `w_in` is (n_inputs, N), `u` (columns, n_inputs), `state` a `TrialState` (changed); `given_noise`
    (steps, N) replaces the noise if `constants.replay`. A non-zero `stop[0]` ends the trial early: the
    caller then discards it.
    """
    c = constants
    lanes, counters = state.lanes, state.counters
    # Local copies are about a tenth faster than arrays of the caller.
    v, buffer, out, drive = state.v.copy(), state.buffer.copy(), state.out.copy(), state.drive.copy()
    ipsc, h, r, hr = state.ipsc.copy(), state.h.copy(), state.r.copy(), state.hr.copy()
    t_last, release = state.t_last.copy(), state.release.copy()
    n, pathways = v.size, synapses.pathways
    adapted = state_of(c.adaptation, state.adapted)
    pending, arriving, factors = state.pending, state.arriving, factors_of(pathways)
    threshold = acting_threshold(c.adaptation, c.threshold, n)
    decay, rise, lift = synapses.decay, synapses.rise, synapses.lift
    fade, unfade = synapses.fade, synapses.unfade
    block = decay.shape[0] - 1
    done, column, change = counters[STEP], counters[COLUMN], counters[CHANGE]
    position, filled = counters[POSITION], counters[FILLED]
    if done == 0:
        for j in range(n):
            release[j] = float(_release_step(0.0, 0, c.dt, at(c.tref, j)))
    if column < 0:
        column = 0
        _drive(w_in, u[0], c.bias, drive)
    normals = normals_of_trial(given_noise, c.replay, buffer)
    fired = np.empty(n, np.int64)
    steps, neurons, n_spikes = np.empty(4096, np.int32), np.empty(4096, np.int32), 0

    for base in range(done - done % block, c.n_steps, block):
        if stop[0]:
            break
        begun = max(0, done - base)  # steps of this block that are done
        if begun == 0:
            if base > 0:
                _move_base(ipsc, h, decay[block], rise[block], fade[block])
                _move_base(r, hr, decay[block], rise[block], fade[block])
            if output.every:
                for o in range(readout.shape[0]):
                    _read_out(readout[o], r, hr, decay, rise, out[o])

        for b in range(begun, min(block, c.n_steps - base)):
            i = base + b + 1
            if i == change:
                column += 1
                change += c.column_steps
                _drive(w_in, u[column], c.bias, drive)
            if currents.every and i % currents.every == 0:
                _sample(currents, i, ipsc, h, decay[b], rise[b])

            now = float(i)
            if c.replay:
                first = (i - 1) * n
            else:
                if position + n > filled:  # move what is left to the front, and fill the buffer up
                    filled -= position
                    for q in range(filled):
                        buffer[q] = buffer[position + q]
                    position = 0
                    while filled + ROW <= buffer.size:
                        fill_row(lanes, buffer[filled : filled + ROW])
                        filled += ROW
                first = position
                position += n
            z = normals[first : first + n]
            count = step(
                c.neuron, v, ipsc, h, decay[b], rise[b], drive, release, now, c.noise, z,
                threshold, c.adaptation, adapted, c.threshold,
            )  # fmt: skip
            for a in range(stimulation.first.size):
                if not stimulation.first[a] < i <= stimulation.last[a]:
                    continue
                amount = stimulation.amounts[stimulation.base[a] + i]
                if amount == 0.0:
                    continue
                latest = now if stimulation.on_current[a] else np.inf
                if stimulation.hits_base[a] < 0:
                    count = push(v, amount, stimulation.weights[a], release, latest, threshold)
                else:
                    hits = stimulation.hits[stimulation.hits_base[a] + i - 1 - stimulation.first[a]]
                    count = push_some(v, amount, stimulation.weights[a], hits, release, latest, threshold)
            n_fired = find_spikes(v, threshold, fired) if count > 0 else 0

            for q in range(n_fired):
                j = fired[q]
                v[j] = at(c.peak, j)
                t_last[j] = t_last[j] + (c.dt * i - t_last[j])
                release[j] = float(_release_step(t_last[j], i, c.dt, at(c.tref, j)))
                adaptation_jumps(c.adaptation, adapted, j)
                if not sends_later(pathways):
                    if c.sparse:
                        for k in range(synapses.pointers[j], synapses.pointers[j + 1]):
                            target, x = synapses.indices[k], synapses.values[k]
                            ipsc[target] += x * lift[b + 1, target]
                            h[target] += x * at(unfade[b + 1], target)
                    else:
                        add_row(synapses.rows[j], ipsc, h, lift[b + 1], unfade[b + 1])
                else:
                    send(pathways, synapses, state, factors, j, i)
                level, slope = (
                    synapses.trace_jump[j] * lift[b + 1, j],
                    synapses.trace_jump[j] * at(unfade[b + 1], j),
                )
                r[j] += level
                hr[j] += slope
                for o in range(readout.shape[0]):
                    for later in range(b + 1, block + 1):
                        out[o, later] += readout[o, j] * (level * decay[later, j] + slope * rise[later, j])
                if n_spikes == steps.size:
                    steps, neurons = _grown(steps), _grown(neurons)
                steps[n_spikes], neurons[n_spikes] = i - 1, j
                n_spikes += 1

            arrive(pathways, pending, arriving, i, ipsc, h, lift, unfade, b + 1)
            if voltages.every and i % voltages.every == 0:
                for q in range(voltages.units.size):
                    sample = i // voltages.every - 1 - voltages.first
                    voltages.samples[sample, q] = v[voltages.units[q]]
            for q in range(n_fired):
                v[fired[q]] = at(c.reset, fired[q])
            if rates.every and i % rates.every == 0:
                _sample(rates, i, r, hr, decay[b + 1], rise[b + 1])
            if output.every and i % output.every == 0:
                for o in range(readout.shape[0]):
                    output.samples[i // output.every - 1 - output.first, o] = out[o, b + 1]
    state.v[:], state.buffer[:], state.out[:], state.drive[:] = v, buffer, out, drive
    state.ipsc[:], state.h[:], state.r[:], state.hr[:] = ipsc, h, r, hr
    state.t_last[:], state.release[:] = t_last, release
    counters[STEP], counters[COLUMN], counters[CHANGE] = c.n_steps, column, change
    counters[POSITION], counters[FILLED] = position, filled
    return steps[:n_spikes].copy(), neurons[:n_spikes].copy()
