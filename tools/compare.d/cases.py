# SPDX-License-Identifier: MIT
"""What is measured: operation, rows n, width d, rank K; its operands, and the check of a result in double."""
import numpy as np

from peers import Product

# Operation, n, d, K.
SHAPES = (
    [("reconstruct", n, d, 8) for n, d in ((46398, 256), (20000, 2048), (3072, 256))]
    + [("reconstruct", n, 256, rank) for rank in (32, 64) for n in (3072, 46398)]
    + [("project", n, 256, rank) for rank in (8, 32, 64) for n in (46398, 3072)]
    + [("extract", n, 256, 8) for n in (46398, 3072)]
)
# Where the large matrix lies before each call: where earlier calls left it ("cache", if there is one as large), or in
# memory, which is measured for matrices that are larger than a core's own caches.
STATES = ("cache", "memory")
LARGE = 16 << 20
ROUNDING = 2.0**-24


def aligned(*shape):
    """Uninitialised float32 from a cache line's start, as torch allocates; the same memory for all contenders."""
    count = int(np.prod(shape))
    raw = np.empty(4 * count + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + 4 * count].view(np.float32).reshape(shape)


def name_of(operation, rows, cols, rank, state):
    return f"{operation} {rows}x{cols} K={rank} {state}"


def all_cases(can_evict):
    """What `Case` is made of, for each case."""
    return [(*shape, state) for shape in SHAPES for state in STATES
            if state == "cache" or (can_evict and 4 * shape[1] * shape[2] >= LARGE)]


class Case:
    def __init__(self, operation, rows, cols, rank, state):
        self.operation, self.rows, self.cols, self.rank, self.state = operation, rows, cols, rank, state
        self.flops = 2.0 * rows * cols * rank
        self.bytes = 4.0 * rows * cols
        random = np.random.default_rng(72)

        def normal(*shape):
            array = aligned(*shape)
            random.standard_normal(out=array, dtype=np.float32)
            return array

        self.basis, self.mean = normal(rank, cols), normal(cols)
        self.weights, self.scores = normal(rows, cols), normal(rows, rank)
        self.twin = aligned(rows, cols)  # as large as the weights, for the limits
        self.twin.fill(1)
        if operation == "reconstruct":
            self.product = Product(self.scores, self.basis, False, self.mean, self.weights)
        else:
            # A BLAS cannot take the mean away first; it adds -mu B', which is less exact when the mean is large.
            shift = None if operation == "project" else (-self.basis.astype(float) @ self.mean).astype(np.float32)
            self.product = Product(self.weights, self.basis, True, shift, self.scores)

    def __str__(self):
        return name_of(self.operation, self.rows, self.cols, self.rank, self.state)

    def error(self, call):
        """Runs `call`; the worst error of its result, in units of what rounding may cause: at most 1 is right."""
        p = self.product
        p.c.fill(np.nan)  # whatever is not written stays wrong
        answer = call()
        if isinstance(answer, bytes):
            raise SystemExit(f"compare: {self}: {answer.decode()}")
        right = (p.b.T if p.transposed else p.b).astype(float)
        mean = self.mean.astype(float) if self.operation != "project" else np.zeros(self.cols)
        allowed = (len(right) + 4) * ROUNDING
        worst = 0.0
        for first in range(0, self.rows, 4096):
            a, c = p.a[first : first + 4096].astype(float), p.c[first : first + 4096]
            if p.transposed:
                exact, scale = (a - mean) @ right, (abs(a) + abs(mean)) @ abs(right)
            else:
                exact, scale = a @ right + mean, abs(a) @ abs(right) + abs(mean)
            worst = np.maximum(worst, np.max(abs(c - exact) / scale))  # keeps a NaN
        return float(worst / allowed)
