# SPDX-License-Identifier: MIT
"""The library's own kernels and the machine's limits, by the C interface of compare_kernels.cpp and compare_limits.cpp."""
import ctypes
import functools

from peers import pointer

SIZE = ctypes.c_ssize_t


class Ours:
    name = "ours"

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        for function in ("level", "set_threads", "reconstruct", "project", "extract"):
            getattr(self.library, "compare_" + function).restype = ctypes.c_char_p
        self.library.compare_multiply_add.restype = ctypes.c_double
        self.can_stream = self.library.compare_can_stream() != 0

    def level(self):
        return self.library.compare_level().decode()

    def set_threads(self, count):
        self.library.compare_set_threads(ctypes.c_int(count))

    def ways(self, case):
        """The case's one call; its answer is null, or what went wrong."""
        sizes = [SIZE(x) for x in (case.rows, case.cols, case.rank)]
        wide, narrow = SIZE(case.cols), SIZE(case.rank)
        weights, scores, basis, mean = (pointer(x) for x in (case.weights, case.scores, case.basis, case.mean))
        arguments = {
            "reconstruct": (scores, narrow, basis, wide, mean, weights, wide),
            "project": (weights, wide, basis, wide, scores, narrow),
            "extract": (weights, wide, basis, wide, mean, scores, narrow, None),
        }[case.operation]
        yield "C interface", functools.partial(getattr(self.library, "compare_" + case.operation), *sizes, *arguments)

    def on(self, function, array):
        return functools.partial(getattr(self.library, "compare_" + function), pointer(array), SIZE(array.nbytes))

    def limits(self, case):
        """Calls that do what cannot be avoided: move as much as the large matrix once, multiply and add in registers.

        In memory of their own: a fill past the cache must not leave the contenders' output there."""
        if case.operation == "reconstruct":
            yield "fill", self.on("fill", case.twin)
            if self.can_stream:
                yield "stream", self.on("stream", case.twin)
        else:
            yield "read", self.on("read", case.twin)
        yield "FMA", self.library.compare_multiply_add

    def evict(self, array):
        """A call that leaves `array`, overwritten, in memory and not in a cache."""
        return self.on("stream", array)
