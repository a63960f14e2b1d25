# SPDX-License-Identifier: MIT
"""Interleaved timing: all contenders in turn, many rounds, so that what disturbs the machine disturbs them alike.

The order is drawn anew for each round. What a call finds in the caches is made the same for all: either what a few of
its own calls leave there (a large matrix comes back into a large cache only after several), or nothing of the large
matrix, which is moved out before each call.
"""
import gc
import random
import statistics
import time

UNTIMED, TIMED = 4, 3  # calls of a turn
MOST_ROUNDS = 300


def cores_used(call, seconds=0.1):
    """How many cores this process gets while it repeats `call`: fewer than its threads where others are at work."""
    start, used = time.perf_counter(), time.process_time()
    while time.perf_counter() < start + seconds:
        call()
    return (time.process_time() - used) / (time.perf_counter() - start)


def measure(calls, seconds, least_rounds, evict=None):
    """Seconds of each call of `calls` (name: function), at least `least_rounds`, until `seconds` are over.

    `evict` (name: function), if given, is called before each call, and nothing else is left untimed but one call.
    """
    clock = time.perf_counter
    order = list(calls)
    shuffle = random.Random(72).shuffle
    times = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        end = clock() + seconds
        rounds = 0
        while rounds < least_rounds or (clock() < end and rounds < MOST_ROUNDS):
            shuffle(order)
            for name in order:
                call = calls[name]
                for _ in range(1 if evict else UNTIMED):
                    call()
                for _ in range(TIMED):
                    if evict:
                        evict[name]()
                    start = clock()
                    call()
                    times[name].append(clock() - start)
            rounds += 1
    finally:
        gc.enable()
    return times


def quick_medians(ways, evict):
    """Median milliseconds of one contender's ways (name: function) in a few calls; `evict` is None or a function."""
    times = measure(ways, 0, 3, dict.fromkeys(ways, evict) if evict else None)
    return {name: 1e3 * statistics.median(samples) for name, samples in times.items()}


def summary(times):
    tenths = statistics.quantiles(times, n=10, method="inclusive")
    return {
        "median_ms": 1e3 * statistics.median(times),
        "p10_ms": 1e3 * tenths[0],
        "p90_ms": 1e3 * tenths[-1],
        "least_ms": 1e3 * min(times),
        "calls": len(times),
    }
