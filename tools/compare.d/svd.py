# SPDX-License-Identifier: MIT
"""`tools/compare svd`: the leading directions of a tall stack, less its mean, beside LAPACK, MKL, torch and scikit-learn.

All contenders take turns in one process, in float32; each gets its input as it likes it. A ratio is a peer's median time
over ours. Beside it stands the sine of the largest angle between the peer's directions and those of a Gram matrix in
double of the same numbers. The limit is the symmetric Gram matrix at the measured multiply-add peak, and our own
eigensolver.
"""
import argparse
import ctypes
import json
import pathlib
import platform
import random
import statistics
import time

import numpy as np
import scipy
import scipy.linalg
import sklearn
import sklearn.decomposition
import torch

import machine
import peers
import timing
from kernels import ROOT, Parser, say
from ours import SIZE, Ours
from peers import pointer


def make_rows(rows, cols, offset):
    """Random rows whose variances fall like k^-0.7 (8 of 256 hold 30 %, as in the paper's model), plus an offset."""
    source = np.random.default_rng(72)
    turn = np.linalg.qr(source.standard_normal((cols, cols)))[0]
    sizes = np.arange(1, cols + 1) ** -0.35
    sizes *= np.sqrt(cols) / np.linalg.norm(sizes)  # elements of standard deviation 1
    return (source.standard_normal((rows, cols)) @ (sizes[:, None] * turn) + offset).astype(np.float32)


class Task:
    def __init__(self, rows, cols, rank, offset):
        self.rows, self.cols, self.rank, self.offset = rows, cols, rank, offset
        self.data = make_rows(rows, cols, offset)
        wide = self.data.astype(np.float64)
        wide -= wide.mean(axis=0)
        self.gram = wide.T @ wide
        self.reference = np.linalg.eigh(self.gram)[1][:, ::-1][:, :rank].T

    def __str__(self):
        return f"{self.rows}x{self.cols} K={self.rank}" + (f", mean {self.offset:g} deviations" if self.offset else "")

    def error(self, components):
        b = np.asarray(components, np.float64)
        q = np.linalg.qr(b.T)[0].T
        return float(np.linalg.norm(q - q @ self.reference.T @ self.reference, 2))


def ours_call(ours, task, method):
    components = np.empty((task.rank, task.cols), np.float32)
    values, error = np.empty(task.rank), ctypes.c_double()
    ours.library.compare_svd.restype = ctypes.c_char_p

    def call():
        failure = ours.library.compare_svd(SIZE(task.rows), SIZE(task.cols), SIZE(task.rank), pointer(task.data),
                                        method.encode(), pointer(components), pointer(values), ctypes.byref(error))
        if failure:
            raise SystemExit("compare: " + failure.decode())
        return components

    return call


def contenders(ours, mkl, task):
    data, rank = task.data, task.rank
    tensor = torch.from_numpy(data)

    def lapack():
        return scipy.linalg.svd(data - data.mean(axis=0), full_matrices=False, check_finite=False)[2][:rank]

    def numpy_gram():
        centred = data - data.mean(axis=0)
        return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :rank].T

    def mkl_svd():
        # Column-major, rows lie side by side: the left vectors are ours.
        centred = data - data.mean(axis=0)
        few = min(task.rows, task.cols)
        left, right = np.empty((few, task.cols), np.float32), np.empty((task.rows, few), np.float32)
        values, i = np.empty(few, np.float32), ctypes.c_int
        mkl.library.LAPACKE_sgesdd(i(102), ctypes.c_char(b"S"), i(task.cols), i(task.rows), pointer(centred),
                                   i(task.cols), pointer(values), pointer(left), i(task.cols), pointer(right), i(few))
        return left[:rank]

    def torch_svd():
        return torch.linalg.svd(tensor - tensor.mean(dim=0), full_matrices=False)[2][:rank].numpy()

    def torch_lowrank():
        return torch.pca_lowrank(tensor, q=rank)[2].T.numpy()  # svd_lowrank of the centred matrix, two iterations

    def torch_gram():
        centred = tensor - tensor.mean(dim=0)
        return torch.linalg.eigh(centred.T @ centred)[1].flip(1)[:, :rank].T.numpy()

    def pca(solver):
        return lambda: sklearn.decomposition.PCA(rank, svd_solver=solver, random_state=0).fit(data).components_

    return {
        "ours": ours_call(ours, task, "automatic"),
        "torch.linalg.svd": torch_svd,
        "torch pca_lowrank": torch_lowrank,
        "torch Gram, eigh": torch_gram,
        "scipy svd (OpenBLAS)": lapack,
        "MKL sgesdd": mkl_svd,
        "numpy Gram, eigh": numpy_gram,
        "sklearn covariance_eigh": pca("covariance_eigh"),
        "sklearn randomized": pca("randomized"),
    }


def measure(calls, rounds):
    """Seconds of each call, all in turn; a quick one several times a turn, so that its median is of as many."""
    times = {name: [] for name in calls}
    for name, call in calls.items():  # not counted
        call()
    order, shuffle = list(calls), random.Random(72).shuffle
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            for _ in range(5):
                start = time.perf_counter()
                calls[name]()
                times[name].append(time.perf_counter() - start)
                if times[name][-1] > 0.1:
                    break
    return times


def run(task, ours, mkl, rounds):
    calls = contenders(ours, mkl, task)
    errors = {name: task.error(call()) for name, call in calls.items()}
    gram = np.asfortranarray(task.gram)
    ours.library.compare_eigensolver.restype = ctypes.c_double
    limits = {
        ("limit", "FMA"): ours.library.compare_multiply_add,
        ("limit", "eigensolver"): lambda: ours.library.compare_eigensolver(pointer(gram), SIZE(task.cols),
                                                                        SIZE(task.rank)),
    }
    operations = ours.library.compare_multiply_add()
    times = measure({**calls, **limits}, rounds)
    medians = {name: 1e3 * statistics.median(times[name]) for name in times}
    flops = task.rows * task.cols * (task.cols + 1)
    peak = operations / medians["limit", "FMA"] * 1e3
    limit = 1e3 * flops / peak + medians["limit", "eigensolver"]
    return {
        "task": str(task), "limit_ms": limit, "peak_gflops": peak / 1e9, "over_limit": medians["ours"] / limit,
        "eigensolver_ms": medians["limit", "eigensolver"],
        "contenders": {name: {**timing.summary(times[name]), "ratio": medians[name] / medians["ours"],
                              "subspace_error": errors[name], "error_over_ours": errors[name] / errors["ours"]}
                       for name in calls},
    }


def table(result):
    lines = [f"{result['task']}: limit {result['limit_ms']:.1f} ms (Gram at {result['peak_gflops']:.0f} GF/s, "
             f"eigensolver {result['eigensolver_ms']:.1f} ms), ours is {result['over_limit']:.2f} times that",
             f"{'':26}{'median ms':>10}{'over ours':>11}{'subspace error':>16}{'over ours':>13}"]
    for name, c in sorted(result["contenders"].items(), key=lambda item: item[1]["median_ms"]):
        lines.append(f"{name:26}{c['median_ms']:10.1f}{c['ratio']:10.1f}x{c['subspace_error']:16.1e}"
                     f"{c['error_over_ours']:12.3g}x")
    return "\n".join(lines)


def main():
    parser = Parser(prog="tools/compare svd", description=__doc__.split("\n")[0].split(": ")[1], allow_abbrev=False)
    parser.add_argument("library", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="threads of every library (1)")
    parser.add_argument("--rows", type=int, default=46398, metavar="N", help="rows of the stack (46398)")
    parser.add_argument("--cols", type=int, default=256, metavar="N", help="their width (256)")
    parser.add_argument("--rank", type=int, default=8, metavar="K", help="directions (8)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of turns (5)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "out" / "compare" / "svd.json", metavar="FILE",
                        help="where the figures go (out/compare/svd.json)")
    options = parser.parse_args()
    if min(options.threads, options.rows, options.cols, options.rank, options.rounds) < 1:
        parser.error("all numbers are at least 1")
    if options.rank > options.cols or options.cols > options.rows:
        parser.error("the rank is at most the width, and the width at most the rows")
    ours, mkl = Ours(options.library), peers.Mkl()
    report = {"machine": machine.machine(), "threads": options.threads,
              "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__,
                           "torch": torch.__version__, "MKL": mkl.version, "python": platform.python_version()}}
    say("{processor}, {cores} cores, load {load_at_start:.2f}".format(**report["machine"]))
    say(", ".join(f"{name} {version}" for name, version in report["versions"].items()) + f"; ours: {ours.level()}")
    report["pools"] = machine.set_threads(options.threads, ours, mkl)
    results = report["tasks"] = []
    for offset in (0, 1e4):
        task = Task(options.rows, options.cols, options.rank, offset)
        say(f"{task}, threads: {options.threads}")
        results.append(run(task, ours, mkl, options.rounds))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print("\n\n".join(table(result) for result in results))
    say(f"figures in {options.json}")


if __name__ == "__main__":
    main()
