"""The loop of training: updates, evaluations, and the decision whether to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from spiking.errors import announced
from spiking.random_streams import TRAINING_STREAM
from spiking.rate_model.model import RateModel
from spiking.tasks import Task, Trials
from spiking.training.conversion_test import Outcome, converts, spiking_outcome
from spiking.training.initial_weights import draw_weights, named_activation, weights_of
from spiking.training.model_file import variables
from spiking.training.options import TrainingOptions
from spiking.training.scoring import accuracy, other_accuracies
from spiking.training.state import TrainingState
from spiking.training.stopping import ends_hardening, is_faithful, is_good, is_hardened, unmet, why_stopped
from spiking.training.updates import EARLY_NOISE, advance, evaluate, split, start
from spiking.typing import Mask

_NEVER = 2**30  # an update that never comes
_EVERY = 100  # updates between evaluations, and trials in one
_compiled: set[tuple[Any, ...]] = set()  # what JAX has compiled in this process


def training_steps(
    task: Task,
    n_units: int,
    seed: int,
    options: TrainingOptions,
    origin: dict[str, Any],
    begin: RateModel | None = None,
    connectivity: Mask | None = None,
) -> Iterator[TrainingState]:
    """Train a model and yield its state after each evaluation; `origin` is what its file records.

    `begin` is the model to go on from, whose properties are in `options` already.
    """
    draw_seed, trial_seed, test_seed, key_seed = (
        int(word) for word in np.random.SeedSequence(seed, spawn_key=(TRAINING_STREAM,)).generate_state(4)
    )
    if begin is None:
        initial, fixed = draw_weights(task, n_units, options, np.random.default_rng(draw_seed), connectivity)
    else:
        initial, fixed = weights_of(begin, connectivity)
    state = start(initial, key_seed, options.optimizer)
    structure, numbers = split(options, None if begin is None else named_activation(begin))
    test_key = jax.random.key(test_seed)
    losses: list[float] = []
    tests: list[tuple[float, float]] = []
    best: tuple[Outcome, Callable[[dict[str, Any]], dict[str, Any]], tuple[float, float]] | None = None
    updates, stopped, hardened_from = 0, "", _NEVER
    batch = options.batch_size or len(task.conditions)
    balanced = batch % len(task.conditions) == 0
    while not stopped:
        began = time.perf_counter()
        count = min(_EVERY, options.max_updates - updates)
        trials = task.trials(count * batch, seed=trial_seed, first=updates * batch, balanced=balanced)
        inputs, targets = _batches(trials, count)
        stage = numbers | {"hardened_from": hardened_from}
        compilation = structure, n_units, inputs.shape
        with announced("" if compilation in _compiled else "compiling the training"):
            state, latest = advance(state, fixed, inputs, targets, stage, structure=structure)
            losses += np.asarray(latest).tolist()
        _compiled.add(compilation)
        updates += count
        weights = state.average if options.averaging else state.weights
        early = options.hardening > 0 and hardened_from == _NEVER
        level = {"noise": options.noise * (EARLY_NOISE if early else 1)}
        trials = task.trials(_EVERY, seed=test_seed, first=updates)
        inputs, targets = _batches(trials, 1)
        test_losses, outputs = evaluate(
            weights,
            fixed,
            inputs[0],
            targets[0],
            jax.random.fold_in(test_key, updates),
            numbers | level,
            structure=structure,
        )
        loss = float(np.mean(test_losses))
        tested = np.asarray(outputs, dtype=float)
        correct = accuracy(task, tested, trials, options)
        others = other_accuracies(task, tested, trials, options)
        tests.append((loss, correct))
        good = is_good(loss, correct, options)
        if good and hardened_from == _NEVER:
            hardened_from = updates
        contents: Callable[[dict[str, Any]], dict[str, Any]] = partial(
            variables,
            weights,
            initial,
            fixed,
            options,
            {
                **origin,
                "updates": updates,
                "losses": np.array(losses, dtype=np.float32),
                "eval_loss_mean": loss,  # of the last test, as in the original trainer's files
                "eval_perf_mean": correct,
                **{f"eval_{name}": value for name, value in others.items()},
                "eval_losses": np.array([test[0] for test in tests]),
                "eval_accuracies": np.array([test[1] for test in tests]),
            },
            start=begin,
        )
        converted, spiking = None, None
        outcome: dict[str, Any] = {"converts": False} if options.hardening else {}
        if options.hardening:
            hardened = updates - hardened_from
            good = good and is_hardened(hardened, options)
            if good:
                model, limit = RateModel.load(contents({})), options.resolved("stop_spiking_accuracy")
                with announced("spiking test"):
                    if options.lif is None:
                        converted = converts(model, task, seed=test_seed + updates, accuracy=limit)
                    else:
                        spiking = spiking_outcome(model, task, seed=test_seed + updates)
                        converted = is_faithful(spiking.accuracy, spiking.r2, options)
                        if best is None or spiking[:2] > best[0][:2]:
                            best = spiking, contents, (loss, correct)
                outcome["converts"] = converted
                good = ends_hardening(converted, hardened, options)
        stopped = why_stopped(task, updates, loss, good, options)
        kept = loss, correct
        if best is not None and not converted:
            if hardened >= options.hardening:
                stopped = stopped or "limit"
            if stopped:
                spiking, contents, kept = best  # not a network that has just come apart
        outcome |= {"converged": stopped == "converged", "stopped": stopped or "interrupted"}
        if stopped in ("limit", "diverged"):
            outcome["unmet"] = unmet(*kept, spiking and spiking[:2], options)
        if spiking is not None:
            measured = {f"spiking_{name}": value for name, value in spiking._asdict().items()}
            outcome |= {name: value for name, value in measured.items() if value is not None}
        speed = count / (time.perf_counter() - began)
        yield TrainingState(
            updates,
            loss,
            correct,
            speed,
            "hardening" if options.hardening and hardened_from != _NEVER else "learning",
            stopped,
            converted,
            spiking_accuracy=None if spiking is None else spiking.accuracy,
            spiking_r2=None if spiking is None else spiking.r2,
            contents=partial(contents, outcome),
            spiking_strict=None if spiking is None else spiking.strict,
            spiking_sustained=None if spiking is None else spiking.sustained,
        )


def _batches(trials: Trials, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return inputs and targets of trials as (count, batch, channels, steps)."""
    n_steps = trials.inputs.shape[-1]
    inputs = trials.inputs.astype(np.float32)
    targets = trials.targets.astype(np.float32).reshape(len(trials), -1, n_steps)
    return (inputs.reshape(count, -1, *inputs.shape[1:]), targets.reshape(count, -1, *targets.shape[1:]))
