"""Updates a second of training, against an eager PyTorch loop of the same computation.

python benchmarks/training_speed.py jax       N = 200, 200 steps, one trial an update, without evaluations
python benchmarks/training_speed.py torch     the same in PyTorch (from an environment with torch)
python benchmarks/training_speed.py vmap      default recipe, several networks in one vectorised computation

Use one quiet core: taskset -c 0 env OMP_NUM_THREADS=1 XLA_FLAGS=--xla_cpu_multi_thread_eigen=false ...
"""

from __future__ import annotations

import sys
import time

import numpy as np

N_UNITS, N_STEPS, N_UPDATES, ROUNDS = 200, 200, 100, 5


def jax_rounds():
    from spiking import tasks
    from spiking.training import train as training
    from spiking.training import updates as training_updates
    from spiking.training.options import options_for

    task, options = tasks.GoNoGo(), options_for("published")
    initial, fixed = training._initial(task, N_UNITS, options, np.random.default_rng(0))
    structure, numbers = training_updates.split(options)
    numbers |= {"hardened_from": training._NEVER}
    inputs, targets = training._batches(task.trials(N_UPDATES, seed=0), N_UPDATES)
    state = training_updates.start(initial, 0)
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        state, losses = training_updates.advance(state, fixed, inputs, targets, numbers, structure=structure)
        losses.block_until_ready()
        yield time.perf_counter() - began


def torch_rounds():
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    n = N_UNITS
    signs = torch.where(torch.rand(n) < 0.2, -1.0, 1.0)
    w = (torch.randn(n, n).abs() * (torch.rand(n, n) < 0.2) * 1.5 / (0.2 * n) ** 0.5).requires_grad_()
    w_in = torch.randn(n, 1)
    w_out = (torch.randn(1, n) / 100).requires_grad_()
    b_out = torch.zeros(()).requires_grad_()
    taus_gaus = torch.randn(n, 1).requires_grad_()
    adam = torch.optim.Adam([w, w_out, b_out, taus_gaus], lr=0.01)
    u, z = torch.zeros(1, N_STEPS), torch.zeros(N_STEPS)
    u[0, 50:75] = 1
    z[75:] = 1
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        for _ in range(N_UPDATES // 5):
            effective = torch.relu(w) * signs
            rate = 1 / (torch.sigmoid(taus_gaus) * 16 + 4)
            x = torch.randn(n, 1) / 100
            r = torch.sigmoid(x)
            total = torch.zeros(())
            for t in range(1, N_STEPS):
                current = effective @ r + w_in @ u[:, t - 1 : t]
                x = (1 - rate) * x + rate * current + 0.1 * torch.randn(n, 1)
                r = torch.sigmoid(x)
                total = total + (z[t - 1] - (w_out @ r + b_out)).square().sum()
            adam.zero_grad()
            total.sqrt().backward()
            adam.step()
        yield 5 * (time.perf_counter() - began)


def vmap():
    """Print the time of an update of one network, alone and vectorised over networks."""
    import jax
    import jax.numpy as jnp

    from spiking import tasks
    from spiking.training import train as training
    from spiking.training import updates as training_updates
    from spiking.training.options import options_for

    task, options = tasks.GoNoGo(), options_for("default")
    structure, numbers = training_updates.split(options)
    numbers |= {"hardened_from": 0}
    batches = training._batches(task.trials(N_UPDATES, seed=0, balanced=True), N_UPDATES // 2)

    def start(seed):
        initial, fixed = training._initial(task, N_UNITS, options, np.random.default_rng(seed))
        return training_updates.start(initial, seed), fixed

    for count in (1, 2, 4, 8):
        several = jax.tree.map(lambda *parts: jnp.stack(parts), *map(start, range(count)))
        advance = jax.jit(
            jax.vmap(lambda s, f: training_updates.advance(s, f, *batches, numbers, structure=structure))
        )
        times = []
        for _ in range(ROUNDS + 1):
            began = time.perf_counter()
            jax.block_until_ready(advance(*several))
            times.append(1000 * (time.perf_counter() - began) / (N_UPDATES // 2) / count)
        print(f"{count} networks: {np.median(times[1:]):.2f} ms an update of one")


if __name__ == "__main__":
    if sys.argv[1] == "vmap":
        vmap()
        sys.exit()
    rounds = {"jax": jax_rounds, "torch": torch_rounds}[sys.argv[1]]()
    first = next(rounds)
    times = [1000 * seconds / N_UPDATES for seconds in rounds]
    print(
        f"{sys.argv[1]}: {np.median(times):.2f} ms an update "
        f"({min(times):.2f} to {max(times):.2f}), the first {N_UPDATES} took {first:.1f} s"
    )
