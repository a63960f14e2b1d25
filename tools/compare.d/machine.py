# SPDX-License-Identifier: MIT
"""Names the machine and the libraries, and gives every library of this process the same number of threads."""
import os
import pathlib
import platform
import re

import threadpoolctl
import torch

KEYS = ("version", "architecture", "threading_layer")  # of a pool, where it has them


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    field = lambda name: (re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE) or [None, "unknown"])[1]
    caches = {}
    for folder in sorted(pathlib.Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        caches[f"L{level} {kind}"] = size
    return {
        "processor": field("model name"),
        "family_model_stepping": "/".join(field(name) for name in ("cpu family", "model", "stepping")),
        "cores": len(os.sched_getaffinity(0)),
        "caches": caches,
        "system": platform.platform(),
        "load_at_start": os.getloadavg()[0],
    }


def set_threads(count, ours, mkl):
    """Sets them and proves it; returns what runs in this process."""
    threadpoolctl.threadpool_limits(limits=count)
    torch.set_num_threads(count)
    mkl.set_threads(count)
    ours.set_threads(count)
    pools = []
    for pool in threadpoolctl.threadpool_info():
        name = pathlib.Path(pool["filepath"]).name
        if pool["num_threads"] != count:
            raise SystemExit(f"compare: {name} keeps {pool['num_threads']} threads, not {count}")
        pools.append({"library": name, **{key: pool.get(key) for key in KEYS}})
    if torch.get_num_threads() != count:
        raise SystemExit(f"compare: torch keeps {torch.get_num_threads()} threads, not {count}")
    return pools
