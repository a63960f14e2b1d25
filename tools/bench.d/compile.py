# SPDX-License-Identifier: MIT
"""What compiling costs: user seconds and peak memory of the compiler for programs that use the library, header-only and
with ampsft::instances, each also as a multiple of `#include <Eigen/Dense>` in the same run."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = "#include <Eigen/Dense>\n"
KERNEL = """#include <ampsft/simd/reconstruct.hpp>

void rebuild(const ampsft::Matrix<float>& scores, const ampsft::Matrix<float>& basis, ampsft::Matrix<float>& weights) {
  ampsft::reconstruct<float>(ampsft::map(scores), ampsft::map(basis), ampsft::ConstMatrixMap<float>(nullptr, 0, 0),
                             ampsft::map(weights));
}
"""
# The header of each module that its users name first.
HEADERS = [
    "core/tensor.hpp",
    "simd/reconstruct.hpp",
    "linalg/truncated_svd.hpp",
    "io/safetensors.hpp",
    "basis/universal_basis.hpp",
    "autograd/tape.hpp",
    "parameterization/attach.hpp",
    "text/pretrained_tokenizer.hpp",
    "data/packed_dataset.hpp",
    "model/transformer.hpp",
    "train/trainer.hpp",
    "generate/generate_text.hpp",
    "adapter/score_adapter.hpp",
]


def readme_program() -> str:
    found = re.search(r"```cpp\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    if found is None:
        sys.exit("tools/bench: README.md has no C++ program")
    return found.group(1)


def programs() -> dict[str, str]:
    texts = {"ampsft.hpp, empty main": "#include <ampsft/ampsft.hpp>\n\nint main() {}\n"}
    for header in HEADERS:
        if not (ROOT / "include/ampsft" / header).exists():
            sys.exit(f"tools/bench: there is no header {header}; mend the list in {Path(__file__).relative_to(ROOT)}")
        texts[header] = f"#include <ampsft/{header}>\n\nint main() {{}}\n"
    texts["program of simd/reconstruct.hpp"] = KERNEL
    texts["program of the README"] = readme_program()
    texts["examples/hello"] = (ROOT / "examples/hello/main.cpp").read_text()
    return texts


def eigen_flags() -> list[str]:
    for folder in ("/usr/include/eigen3", "/usr/local/include/eigen3"):
        if Path(folder).is_dir():
            return ["-isystem", folder]
    return []


def compile_once(compiler: str, flags: list[str], source: Path) -> tuple[float, float]:
    """User seconds and peak MiB of one run of the compiler."""
    command = [compiler, "-std=c++20", *flags, *eigen_flags(), "-I", str(ROOT / "include"), "-I", str(ROOT / "examples"),
               "-c", str(source), "-o", os.devnull]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"tools/bench: {compiler} cannot compile {source.name}:\n{output.decode(errors='replace')}")
    return usage.ru_utime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/bench compile", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "out/bench", help="the folder of compile.json")
    parser.add_argument("--compilers", default="g++,clang++", help="separated by commas; those not installed are named")
    parser.add_argument("--flags", default="-O2 -fopenmp", help="of every program (default: %(default)s)")
    parser.add_argument("--only", default="", help="programs whose names hold this text")
    arguments = parser.parse_args()

    rows = []
    texts = {name: text for name, text in programs().items() if arguments.only in name}
    if not texts:
        sys.exit(f"tools/bench: no program's name holds '{arguments.only}'")
    flags = arguments.flags.split()
    print(f"{'':34}{'header-only':>28}{'ampsft::instances':>28}")
    print(f"{'program':34}" + f"{'seconds':>9}{'x Eigen':>9}{'MiB':>10}" * 2)
    with tempfile.TemporaryDirectory() as folder:
        unit_source = Path(folder) / "unit.cpp"
        unit_source.write_text(UNIT)
        for compiler in arguments.compilers.split(","):
            if shutil.which(compiler) is None:
                print(f"{compiler}: not installed")
                continue
            # The least of three: what disturbs a run only ever makes it longer.
            unit, memory = min(compile_once(compiler, flags, unit_source) for _ in range(3))
            print(f"{compiler}: #include <Eigen/Dense> {unit:.2f} s, {memory:.0f} MiB")
            for name, text in texts.items():
                source = Path(folder) / "program.cpp"
                source.write_text(text)
                line = f"{name:34}"
                for instances in (False, True):
                    extra = ["-DAMPSFT_INSTANCES"] if instances else []
                    seconds, memory = compile_once(compiler, flags + extra, source)
                    line += f"{seconds:9.2f}{seconds / unit:9.1f}{memory:10.0f}"
                    rows.append({"compiler": compiler, "program": name, "instances": instances, "seconds": seconds,
                                 "eigen_dense_seconds": unit, "ratio": seconds / unit, "peak_mib": memory})
                print(line, flush=True)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "compile.json").write_text(json.dumps({"flags": flags, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
