"""
What ``lambdify`` makes, beside jitted JAX and NumPy written by hand, as ratios in one process.

Run with

    python -m pytest tests/benchmarks/test_generated_code.py --benchmark-only -s

and draw the figure of the documentation with ``python tests/benchmarks/test_generated_code.py
docs/_static/speed.svg``.  One thread each; ``known`` are the problems of Laue, Mitterreiter and
Giesen and others that the compiler was tuned on, ``held`` those it was not.
"""

import os
import sys
import time

MEASURES = "--benchmark-only" in sys.argv or __name__ == "__main__"  # not when collected
if MEASURES:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false "
                          "intra_op_parallelism_threads=1")

import tracemalloc
from statistics import geometric_mean

import numpy as np
import pytest

from sympy_matlayout import gradient, hessian, lambdify

jax = pytest.importorskip("jax")
if MEASURES:
    jax.config.update("jax_enable_x64", True)
sys.path.insert(0, os.path.dirname(__file__))
from problems import PROBLEMS

if MEASURES and hasattr(os, "sched_setaffinity"):  # XLA runs independent operations beside one another
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

LOOP, ROUNDS = 0.03, 3  # seconds of a timed loop; the best counts
LARGEST = 2000  # rows of a Hessian


def flat(found):
    parts = found if isinstance(found, (list, tuple)) else [found]
    return [np.asarray(part) for p in parts for part in (
        p if isinstance(p, (list, tuple)) else [p])]


def seconds(calls):
    """The best time of one call of each, the loops interleaved."""
    number = {}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        number[name] = max(1, int(LOOP/max(time.perf_counter() - start, 1e-6)))
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(number[name]):
                call()
            best[name] = min(best[name], (time.perf_counter() - start)/number[name])
    return best


def value_and_gradients(problem, scale):
    found = gradient(problem.f, *problem.variables, assumptions=problem.assumptions)
    slopes = list(found) if isinstance(found, (list, tuple)) else [found]
    places = tuple(map(problem.args.index, problem.variables))
    by_jax = jax.jit(jax.value_and_grad(problem.jax_f, argnums=places))
    return (problem.sizes(scale), lambdify(problem.args, [problem.f, *slopes]), by_jax,
            problem.numpy_vg)


def hessians(problem, scale):
    H = hessian(problem.f, problem.hessian_of, assumptions=problem.assumptions)
    by_jax = jax.jit(jax.hessian(problem.jax_f, problem.args.index(problem.hessian_of)))
    return problem.hess_sizes(scale), lambdify(problem.args, H), by_jax, problem.numpy_hess


def measured(problem, scale, made):
    """Seconds of ours, of JAX, and by hand, once they agree."""
    data, ours, by_jax, by_hand = made(problem, scale)
    if made is hessians and data[str(problem.hessian_of)].size > LARGEST:
        return None
    arrays = [data[str(a)] for a in problem.args]
    on_jax = [jax.numpy.asarray(a) for a in arrays]
    for one, other in zip(flat(ours(*arrays)), flat(by_hand(*arrays)), strict=True):
        assert np.allclose(one.ravel(), other.ravel(), rtol=1e-8, atol=1e-8*np.abs(other).max())
    return seconds({"ours": lambda: ours(*arrays), "hand": lambda: by_hand(*arrays),
                    "jax": lambda: jax.block_until_ready(by_jax(*on_jax))})


@pytest.mark.parametrize("made", [value_and_gradients, hessians])
@pytest.mark.parametrize("group", ["known", "held"])
def test_ratios_to_jax_and_to_code_by_hand(benchmark, group, made):
    ratios = {"jax": [], "hand": []}
    for problem in PROBLEMS:
        if problem.group != group or made is hessians and problem.hessian_of is None:
            continue
        for scale in (3, 30, 300):
            took = measured(problem, scale, made)
            for other in ratios if took else ():
                ratios[other].append(took[other]/took["ours"])
            if took:
                print(f"{problem.name:34}{scale:5}{1e6*took['ours']:11.1f} µs"
                      f"{took['jax']/took['ours']:8.2f}{took['hand']/took['ours']:8.2f}")
    for other, values in ratios.items():
        benchmark.extra_info[other] = geometric_mean(values)
        print(f"{made.__name__}, {group}: as fast as {other} times {geometric_mean(values):.2f}, "
              f"the worst {min(values):.2f}")
    benchmark(lambda: None)


@pytest.mark.parametrize("name", ["two-layer tanh net", "factor analysis", "multinomial"])
def test_memory(benchmark, name):
    (problem,) = [p for p in PROBLEMS if p.name == name]
    data, ours, _, by_hand = value_and_gradients(problem, 300)
    arrays = [data[str(a)] for a in problem.args]
    peaks = {}
    for which, call in (("ours", ours), ("hand", by_hand)):
        call(*arrays)
        tracemalloc.start()
        call(*arrays)
        peaks[which] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    benchmark.extra_info["peak beside code by hand"] = peaks["ours"]/peaks["hand"]
    print(f"{name}: peak {peaks['ours']/2**20:.1f} MB, by hand {peaks['hand']/2**20:.1f} MB")
    benchmark(lambda: None)


def drawn(path):
    """Speed over size, a line for each of some problems."""
    import matplotlib.pyplot as plt

    scales = [3, 10, 30, 100, 300, 1000]
    chosen = ["quadratic", "logistic", "matrix factorisation", "two-layer tanh net", "Gaussian",
              "multinomial", "Gaussian process", "log-sum-exp"]
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for problem in PROBLEMS:
        if problem.name not in chosen:
            continue
        took = [measured(problem, k, value_and_gradients) for k in scales]
        for place, other in enumerate(("jax", "hand")):
            axes[place].plot(scales, [t[other]/t["ours"] for t in took], marker="o", ms=3,
                             label=problem.name)
    for place, title in enumerate(("beside jitted JAX", "beside NumPy by hand")):
        axes[place].set(xscale="log", yscale="log", xlabel="size", title=title)
        axes[place].axhline(1, color="black", lw=0.8)
        axes[place].set_yticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
        axes[place].minorticks_off()
    axes[0].set_ylabel("times as fast")
    axes[1].legend(fontsize=7, loc="upper right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    drawn(sys.argv[1])
