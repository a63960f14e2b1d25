# SPDX-License-Identifier: MIT
"""The program decompose on a model of TinyLlama-1.1B's shapes: peak memory, time beside reading the files once, and
beside scikit-learn's IncrementalPCA on the same rows.

IncrementalPCA would take many minutes, so it is timed on batches of the same rows after its first one and scaled to
all rows; the conversion of its rows to float is not timed. Two of its batch sizes count: the fastest, and its own
default of five times the width, or the largest that is timed where that takes too long. What a small batch loses is
shown too: the share of the variance that IncrementalPCA holds of the stack with the fewest numbers, run over all of it.
Everything runs with a warm file cache. Usage: stream_svd.py DECOMPOSE FOLDER [--rank K] [--threads N] [--json FILE]
"""
import argparse
import json
import mmap
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy
import sklearn
import threadpoolctl
from sklearn.decomposition import IncrementalPCA

import tinyllama

SECONDS_A_CASE = 4.0
LONGEST_BATCH = 15.0


def read_once(files):
    """Seconds to read all files into one buffer: the least of three."""
    buffer, times = bytearray(1 << 23), []
    for _ in range(3):
        start = time.perf_counter()
        for path in files:
            with open(path, "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass
        times.append(time.perf_counter() - start)
    return min(times)


def watch(command):
    """Runs a program; seconds, and its largest anonymous and file-backed memory in bytes, looked at every 10 ms."""
    start, peak = time.perf_counter(), {"RssAnon": 0, "RssFile": 0}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
                key, _, value = line.partition(":")
                if key in peak:
                    peak[key] = max(peak[key], 1024 * int(value.split()[0]))
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.01)
    if process.returncode != 0:
        raise SystemExit(f"stream_svd: {command[0]} ended with {process.returncode}")
    return time.perf_counter() - start, peak


def matrices(folder, width):
    """Rows of a width as float, matrix by matrix, straight from the mapped shards."""
    for path in sorted(folder.glob("*.safetensors")):
        with open(path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        (size,) = struct.unpack("<Q", mapped[:8])
        for name, tensor in json.loads(mapped[8:8 + size]).items():
            if name != "__metadata__" and len(tensor["shape"]) == 2 and tensor["shape"][1] == width:
                begin, end = tensor["data_offsets"]
                bits = numpy.frombuffer(mapped, numpy.uint16, (end - begin) // 2, 8 + size + begin)
                yield (bits.astype(numpy.uint32) << 16).view(numpy.float32).reshape(tensor["shape"])


def rows_of(folder, width, count):
    parts, have = [], 0
    for matrix in matrices(folder, width):
        parts.append(matrix[:count - have])
        have += len(parts[-1])
        if have >= count:
            break
    return numpy.concatenate(parts)


def batch_seconds(folder, width, rank, batch):
    """Median seconds of a batch after the first one, or None where one takes too long."""
    sample = rows_of(folder, width, 3 * batch)
    pca = IncrementalPCA(n_components=rank)
    start = time.perf_counter()
    pca.partial_fit(sample[:batch], check_input=False)
    first = time.perf_counter() - start
    if first > LONGEST_BATCH:
        return None
    times, end = [], time.perf_counter() + SECONDS_A_CASE
    while not times or time.perf_counter() < end:
        place = batch * (1 + len(times) % 2)
        start = time.perf_counter()
        pca.partial_fit(sample[place:place + batch], check_input=False)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def incremental(folder, groups, rank):
    """For each width the seconds that IncrementalPCA would take for all rows, by batch size."""
    found = []
    for group in groups:
        width, rows, by_batch = group["width"], group["rows"], {}
        for batch in (64, 256, 1024, 5 * width):
            if 3 * batch > rows:
                continue
            if batch > 1024 and by_batch[1024] / rows * 1024 * 25 > 2 * LONGEST_BATCH:
                continue  # five widths of rows take an SVD of some 25 times that of 1024 rows, or less
            seconds = batch_seconds(folder, width, rank, batch)
            if seconds is not None:
                by_batch[batch] = seconds / batch * rows
                print(f"  IncrementalPCA, width {width}, batches of {batch}: {by_batch[batch]:.0f} s for {rows:,} rows",
                      flush=True)
        found.append({"width": width, "rows": rows, "seconds": by_batch})
    return found


def captured(folder, group, rank, batch):
    """The share of the variance of a whole stack that IncrementalPCA's components hold."""
    rows = rows_of(folder, group["width"], group["rows"])
    pca = IncrementalPCA(n_components=rank)
    for place in range(0, len(rows), batch):
        pca.partial_fit(rows[place:place + batch], check_input=False)
    mean, components = rows.mean(axis=0, dtype=numpy.float64), pca.components_.astype(numpy.float64)
    held = whole = 0.0
    for place in range(0, len(rows), 4096):
        centred = rows[place:place + 4096] - mean
        held += numpy.square(centred @ components.T).sum()
        whole += numpy.square(centred).sum()
    return held / whole


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("decompose", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0, help="of both sides; 0: all cores")
    parser.add_argument("--layers", type=int, default=tinyllama.LAYERS, help="of the model; fewer: a quick look")
    parser.add_argument("--no-shares", action="store_true", help="leave out what small batches lose")
    parser.add_argument("--tolerance", default="0", help="of decompose, see there")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    tinyllama.write_model(arguments.folder, arguments.layers)
    files = sorted(arguments.folder.glob("*.safetensors"))
    size = sum(path.stat().st_size for path in files)
    reading = read_once(files)
    with tempfile.TemporaryDirectory() as output:
        command = [str(arguments.decompose), str(arguments.folder), "--output", output, "--rank", str(arguments.rank)]
        command += ["--tolerance", arguments.tolerance, "--threads", str(arguments.threads)]
        seconds, peak = watch(command)
        report = json.loads((pathlib.Path(output) / "report.json").read_text())
    print(f"model: {size / 1e9:.2f} GB in {len(files)} shards, read once in {reading:.2f} s (warm)")
    print(f"decompose, K = {arguments.rank}, {report['threads']} threads: {seconds:.1f} s, of which "
          f"{report['seconds']['bases']:.1f} s for the bases and {report['seconds']['scores']:.1f} s for the scores; "
          f"{seconds / reading:.0f} times the reading")
    print(f"peak memory: {peak['RssAnon'] / 2**20:.0f} MiB of its own, {peak['RssFile'] / 2**20:.0f} MiB of the files")
    with threadpoolctl.threadpool_limits(limits=report["threads"]):
        peers = incremental(arguments.folder, report["groups"], arguments.rank)
    fastest = sum(min(peer["seconds"].values()) for peer in peers)
    largest = sum(peer["seconds"][max(peer["seconds"])] for peer in peers)
    bases = report["seconds"]["bases"]
    print(f"IncrementalPCA (scikit-learn {sklearn.__version__}): {largest:.0f} s in its largest batches, "
          f"{fastest:.0f} s in its fastest; decompose's bases take {largest / bases:.1f} and {fastest / bases:.1f} times "
          f"less")
    small = min(report["groups"], key=lambda group: group["rows"] * group["width"])
    shares = {"decompose": small["by_rank"][-1]["variance_share"]}
    if not arguments.no_shares:
        for batch in (256, 1024):
            shares[f"IncrementalPCA, batches of {batch}"] = captured(arguments.folder, small, arguments.rank, batch)
    for who, share in shares.items():
        print(f"  share of the variance of width {small['width']}, {who}: {share:.5f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"bytes": size, "reading": reading, "seconds": seconds, "peak": peak, "parts": report["seconds"],
             "threads": report["threads"], "incremental": peers, "shares": shares}, indent=1) + "\n")
    if peak["RssAnon"] > 2**30:
        sys.exit("stream_svd: more than 1 GiB above the mapped files")


if __name__ == "__main__":
    main()
