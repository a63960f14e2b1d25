# SPDX-License-Identifier: MIT
"""`tools/compare train`: whole training steps beside current PyTorch, and its LoRA by PEFT, on the same threads.

Each contender is a process of its own that waits while the others run; they take turns, in a new order each round, so
that what disturbs the machine disturbs all. Tokens a second are medians over rounds. Memory is the peak resident size
above that of the process before it made its model; what exceeds weights, gradients and the optimiser's state is called
activations.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# vocabulary, context, width, layers, heads, MLP width, sequences, heads of keys (0: the GPT-2 family, else Llama's)
CASES = {
    "paper72": (15007, 512, 256, 8, 8, 1024, 4, 0),
    "gpt2": (50257, 256, 768, 12, 12, 3072, 2, 0),
    "smollm2-135m": (49152, 256, 576, 30, 9, 1536, 2, 3),
}
OURS = ("dense", "exact", "exact-bf16", "truncated")
TORCH = ("full", "full-compiled", "lora", "lora-compiled")


class Contender:
    def __init__(self, name, command, environment):
        self.name, self.times = name, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"compare: {self.name} ended early")
        return json.loads(line)

    def ask(self, what):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.memory = self.ask("end")
        self.process.wait()


def measure(program, case, methods, threads, rounds):
    sizes = [str(size) for size in CASES[case]]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    contenders = []
    for method in methods:
        side = [program] if method in OURS else [sys.executable, str(ROOT / "tools/compare.d/train/torch_side.py")]
        contenders.append(Contender(method, [*side, *sizes, method, str(threads)], environment))
        first = contenders[-1].ask(2)  # warm up; torch.compile compiles
        print(f"  {case}, {method}: ready, loss {first['loss']:.3f}", file=sys.stderr, flush=True)
    shuffle = random.Random(72).shuffle
    for _ in range(rounds):
        shuffle(contenders)
        for contender in contenders:
            contender.times.append(contender.ask(1)["seconds"])
    tokens = CASES[case][1] * CASES[case][6]
    results = {}
    for contender in contenders:
        contender.end()
        memory = contender.memory
        above = memory["peak"] - memory["idle"]
        results[contender.name] = {
            "tokens_per_second": tokens / statistics.median(contender.times),
            "step_ms": [1e3 * time for time in sorted(contender.times)], "above_idle": above,
            "above_weights": above - memory["weights"],
            "activations": above - memory["weights"] - memory["state"], **memory}
    return results


def table(case, results):
    lines = [f"{case}: {'tokens/s':>20}{'above idle':>13}{'weights':>10}{'above them':>12}{'activations':>13}"]
    for name, r in results.items():
        mib = [r[key] / 2**20 for key in ("above_idle", "weights", "above_weights", "activations")]
        lines.append(f"  {name:16}{r['tokens_per_second']:10.0f}" +
                     "{:9.0f} MiB{:6.0f} MiB{:8.0f} MiB{:9.0f} MiB".format(*mib) +
                     (f"  (planned {r['planned_activations'] / 2**20:.0f})" if "planned_activations" in r else ""))
    best = lambda *names: max((n for n in names if n in results), key=lambda n: results[n]["tokens_per_second"])
    full = [n for n in ("full", "full-compiled") if n in results]
    lora = [n for n in ("lora", "lora-compiled") if n in results]
    for ours, theirs, memory in (("dense", full, "activations"), ("truncated", full, "above_weights"),
                                 ("exact", lora, "above_weights")):
        if ours in results and theirs:
            peer = best(*theirs)
            speed = results[ours]["tokens_per_second"] / results[peer]["tokens_per_second"]
            share = results[ours][memory] / min(results[n][memory] for n in theirs)
            lines.append(f"  {ours} / {peer}: {speed:.2f} times the tokens a second, {share:.2f} times the memory "
                         f"({memory.replace('_', ' ')}, the smaller of the peer's)")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="tools/compare train", description=__doc__.split("\n")[0].split(": ")[1])
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--methods", nargs="+", choices=OURS + TORCH, default=list(OURS + TORCH))
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="threads of every contender (2)")
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="steps of each contender (7)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "out" / "compare" / "train.json", metavar="FILE",
                        help="where the figures go (out/compare/train.json)")
    options = parser.parse_args()
    report = {case: measure(options.program, case, options.methods, options.threads, options.rounds)
              for case in options.cases}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1) + "\n")
    print("\n".join(table(case, results) for case, results in report.items()))


if __name__ == "__main__":
    main()
