# SPDX-License-Identifier: MIT
"""`tools/compare kernels`: reconstruct, project and extract beside torch, MKL, OpenBLAS and numpy, in one process.

Each contender first has to be right (checked in double), then shows its ways to do the task, of which the fastest is
kept; then all take turns, the machine's limits among them. A ratio is a peer's median time over ours.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import sys

import numpy as np  # before the others, as everybody does

import machine
import peers
import timing
from cases import Case, all_cases, name_of
from ours import Ours

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(2, f"tools/compare kernels: {message}; see tools/compare kernels -h\n")


def say(text):
    print("compare: " + text, file=sys.stderr, flush=True)


def choose(case, contender, operands, evict):
    """The fastest of a contender's ways that are right: its call, and what is known of it for the report."""
    ways = dict(contender.ways(operands))
    errors = {way: case.error(call) for way, call in ways.items()}
    for way, error in errors.items():
        if not error <= 1:
            if contender.name == "ours":
                raise SystemExit(f"compare: {case}: our result is wrong, {error:.3g} times what rounding allows")
            say(f"{case}: {contender.name}, {way} is wrong and left out")
            del ways[way]
    if not ways:
        return None
    medians = timing.quick_medians(ways, evict)
    way = min(medians, key=medians.get)
    return ways[way], {"way": way, "error": errors[way], "ways_ms": medians}


def limits_of(case, medians, operations):
    """Milliseconds below which the task cannot be done, by what would stop it, and which of them stops it."""
    limits = {name: 1e3 * seconds for name, seconds in medians.items()}
    limits["FMA"] *= case.flops / operations
    memory = min((name for name in limits if name != "FMA"), key=limits.get)  # the faster way to fill
    return limits, max(memory, "FMA", key=limits.get)


def run(case, threads, ours, contenders, seconds):
    evict = {False: ours.evict(case.weights), True: ours.evict(case.twin)} if case.state == "memory" else None
    chosen = {}
    for contender in (ours, *contenders):
        found = choose(case, contender, case if contender is ours else case.product, evict and evict[False])
        if found:
            chosen[contender.name] = found
    calls = {name: call for name, (call, _) in chosen.items()}
    limit_calls = {("limit", name): call for name, call in ours.limits(case)}
    calls.update(limit_calls)
    times = timing.measure(calls, seconds, 7, evict and {name: evict[name in limit_calls] for name in calls})
    medians = {name: statistics.median(times[name]) for name in times}
    operations = ours.library.compare_multiply_add()
    cores = timing.cores_used(ours.library.compare_multiply_add)
    disturbed = cores < 0.9 * threads
    limits, binding = limits_of(case, {name[1]: medians[name] for name in limit_calls}, operations)
    mine = medians["ours"]
    ratios = {name: medians[name] / mine for name in chosen if name != "ours"}
    best = min(ratios, key=ratios.get)
    return {
        "operation": case.operation, "rows": case.rows, "cols": case.cols, "rank": case.rank, "state": case.state,
        "dtype": "float32", "threads": threads, "cores_used": cores, "disturbed": disturbed,
        "contenders": {name: {**timing.summary(times[name]), **known} for name, (_, known) in chosen.items()},
        "ratios": ratios, "best_peer": best, "ratio_to_best": ratios[best],
        "gigabytes_per_second": case.bytes / mine / 1e9, "gflops": case.flops / mine / 1e9,
        "peak_gflops": operations / medians["limit", "FMA"] / 1e9,
        "limits_ms": limits, "shares": {name: limit / (1e3 * mine) for name, limit in limits.items()},
        "limit": binding, "share_of_limit": limits[binding] / (1e3 * mine),
    }


def table(results, names):
    head = ["operation", "shape", "K", "matrix in", "threads", "ours ms", *names, "best peer", "limit",
            "share of it"]
    rows = [[r["operation"], f"{r['rows']}x{r['cols']}", str(r["rank"]), r["state"],
             str(r["threads"]) + "!" * r["disturbed"],
             f"{r['contenders']['ours']['median_ms']:.3f}",
             *(f"{r['ratios'][name]:.2f}x" if name in r["ratios"] else "-" for name in names),
             f"{r['ratio_to_best']:.2f}x {r['best_peer']}", r["limit"], f"{100 * r['share_of_limit']:.0f} %"]
            for r in results]
    widths = [max(map(len, column)) for column in zip(head, *rows)]
    left = {0, len(head) - 3, len(head) - 2}
    return "\n".join("  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))) for row in [head, *rows])


def main():
    parser = Parser(prog="tools/compare kernels", description=__doc__.split("\n")[0].split(": ")[1], allow_abbrev=False)
    parser.add_argument("library", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="thread counts (1 2)")
    parser.add_argument("--seconds", type=float, default=3, help="time for each case and thread count (3)")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help='only cases whose name has it, as "project 3072x256 K=8 cache"')
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "out" / "compare" / "kernels.json", metavar="FILE",
                        help="where the figures go (out/compare/kernels.json)")
    options = parser.parse_args()
    if min(options.threads) < 1:
        parser.error("thread counts are at least 1")
    ours, mkl, open_blas = Ours(options.library), peers.Mkl(), peers.open_blas()
    cases = [parts for parts in all_cases(ours.can_stream) if options.only in name_of(*parts)]
    if not cases:
        parser.error(f"no case has '{options.only}' in its name")
    contenders = [peers.Torch(), mkl, open_blas, peers.Numpy()]
    report = {"machine": machine.machine(),
              "versions": {**{c.name: c.version for c in contenders}, "python": platform.python_version()},
              "environment": {key: value for key, value in sorted(os.environ.items())
                              if key.startswith(("OMP_", "MKL_", "KMP_", "OPENBLAS_", "AMPSFT_"))}}
    say("{processor}, {cores} cores, load {load_at_start:.2f}".format(**report["machine"]))
    say(", ".join(f"{name} {version}" for name, version in report["versions"].items()) + f"; ours: {ours.level()}")
    say(mkl.kernel)
    report["kernels"] = {"ours": ours.level(), "MKL": mkl.kernel}
    results = report["cases"] = []
    for threads in options.threads:
        pools = report["pools"] = machine.set_threads(threads, ours, mkl)
        for pool in pools:
            say("{library} {version}: {architecture}, {threading_layer}; ".format(**pool) + f"threads: {threads}")
        for number, parts in enumerate(cases, 1):
            case = Case(*parts)
            results.append(run(case, threads, ours, contenders, options.seconds))
            r = results[-1]
            say(f"{number}/{len(cases)} {case}, threads: {threads}: "
                + ", ".join(f"{name} {c['median_ms']:.3f} ms" for name, c in r["contenders"].items())
                + f"; {100 * r['share_of_limit']:.0f} % of {r['limit']}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print("A peer's time over ours (above 1: we are faster), and our share of the machine's limit; float32.\n")
    print(table(results, [c.name for c in contenders]))
    if any(r["disturbed"] for r in results):
        print("\n! Others were at work: the process got fewer cores than threads. These figures do not count.")
    say(f"figures in {options.json}")


if __name__ == "__main__":
    main()
