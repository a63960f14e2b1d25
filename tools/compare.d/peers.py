# SPDX-License-Identifier: MIT
"""The contenders: each offers ways to compute one product into a preallocated array.

A product is C = A op(B) + row, row-major, float32; `op(B)` is B or its transpose, and the row may be missing. A way is
a name and a function without arguments; whatever does not depend on A is prepared beforehand, for all alike.
"""
import ctypes
import functools
import importlib.metadata
import pathlib
import sys

import numpy as np
import torch

ROW_MAJOR, NO_TRANS, TRANS, PACKED, B_MATRIX = 101, 111, 112, 151, 162
SITE = pathlib.Path(np.__file__).parents[1]


def pointer(array, offset=0):
    return ctypes.c_void_p(array.ctypes.data + offset)


class Product:
    """Operands in the forms that the ways want; all are kept alive here."""

    def __init__(self, a, b, transposed, row, c):
        self.a, self.b, self.transposed, self.row, self.c = a, b, transposed, row, c
        self.right = np.ascontiguousarray(b.T) if transposed else b  # K x N, lines contiguous
        self.kept = []
        if row is not None and not transposed:  # [A 1] [B; row] needs no second operation
            self.a_ones = np.hstack([a, np.ones((len(a), 1), np.float32)])
            self.right_row = np.vstack([b, row])

    def has_ones(self):
        return hasattr(self, "a_ones")


class Torch:
    name = "torch"
    version = torch.__version__

    def ways(self, p):
        a, right, c = (torch.from_numpy(x) for x in (p.a, p.right, p.c))
        rights = {"contiguous": right}
        if p.transposed:
            rights["transposed"] = torch.from_numpy(p.b).t()
        for form, operand in rights.items():
            if p.row is None:
                yield f"mm, {form}", functools.partial(torch.mm, a, operand, out=c)
            else:
                row = torch.from_numpy(p.row)
                yield f"addmm, {form}", functools.partial(torch.addmm, row, a, operand, out=c)
        if p.has_ones():
            ones = (torch.from_numpy(p.a_ones), torch.from_numpy(p.right_row))
            yield "mm, ones", functools.partial(torch.mm, *ones, out=c)


class Numpy:
    name = "numpy"
    version = np.__version__

    def ways(self, p):
        def then_add(right):
            np.matmul(p.a, right, out=p.c)
            np.add(p.c, p.row, out=p.c)

        for form, right in (("contiguous", p.right), ("transposed", p.b.T))[: 1 + p.transposed]:
            if p.row is None:
                yield f"matmul, {form}", functools.partial(np.matmul, p.a, right, out=p.c)
            else:
                yield f"matmul and add, {form}", functools.partial(then_add, right)
        if p.has_ones():
            yield "matmul, ones", functools.partial(np.matmul, p.a_ones, p.right_row, out=p.c)


class Blas:
    """A library with cblas_sgemm, 32-bit integers."""

    def __init__(self, name, package, library, prefix):
        self.name = name
        self.version = importlib.metadata.version(package)
        self.library = ctypes.CDLL(str(library))
        self.gemm = getattr(self.library, prefix + "cblas_sgemm")
        self.gemm.restype = None

    def call(self, a, b, transposed, beta, c):
        i, f = ctypes.c_int, ctypes.c_float
        (m, k), n = a.shape, c.shape[1]
        return functools.partial(self.gemm, i(ROW_MAJOR), i(NO_TRANS), i(TRANS if transposed else NO_TRANS), i(m), i(n),
                                 i(k), f(1), pointer(a), i(k), pointer(b), i(b.shape[1]), f(beta), pointer(c), i(n))

    def operands(self, p):
        """Names and functions `beta -> call` for A op(B)."""
        yield "contiguous", lambda beta: self.call(p.a, p.right, False, beta, p.c)
        if p.transposed:
            yield "transposed", lambda beta: self.call(p.a, p.b, True, beta, p.c)

    def ways(self, p):
        # torch's copy: with several threads, this fill has them as well.
        fill = None if p.row is None else functools.partial(torch.from_numpy(p.c).copy_, torch.from_numpy(p.row))

        def fill_and_add(product):
            fill()
            product()

        for form, make in self.operands(p):
            if p.row is None:
                yield f"beta=0, {form}", make(0)
            else:
                yield f"fill and beta=1, {form}", functools.partial(fill_and_add, make(1))
        if p.has_ones():
            yield "beta=0, ones", self.call(p.a_ones, p.right_row, False, 0, p.c)


class Mkl(Blas):
    """MKL, which can also be given its own packed form of B beforehand."""

    def __init__(self):
        library = next(pathlib.Path(sys.prefix, "lib").glob("libmkl_rt.so.*"))
        super().__init__("MKL", "mkl", library, "")
        text = ctypes.create_string_buffer(200)
        self.library.MKL_Get_Version_String(text, 200)
        self.kernel = text.value.decode().strip()
        self.library.cblas_sgemm_pack_get_size.restype = ctypes.c_size_t

    def set_threads(self, count):
        self.library.MKL_Set_Num_Threads(ctypes.c_int(count))

    def packed(self, p, a, b, beta):
        i, f = ctypes.c_int, ctypes.c_float
        (m, k), n = a.shape, b.shape[1]
        size = self.library.cblas_sgemm_pack_get_size(i(B_MATRIX), i(m), i(n), i(k))
        store = np.zeros(size + 64, np.uint8)
        p.kept.append(store)
        packed = pointer(store, -store.ctypes.data % 64)
        self.library.cblas_sgemm_pack(i(ROW_MAJOR), i(B_MATRIX), i(NO_TRANS), i(m), i(n), i(k), f(1), pointer(b), i(n),
                                      packed)
        return functools.partial(self.library.cblas_sgemm_compute, i(ROW_MAJOR), i(NO_TRANS), i(PACKED), i(m), i(n),
                                 i(k), pointer(a), i(k), packed, i(n), f(beta), pointer(p.c), i(n))

    def operands(self, p):
        yield from super().operands(p)
        yield "packed", lambda beta: self.packed(p, p.a, p.right, beta)

    def ways(self, p):
        yield from super().ways(p)
        if p.has_ones():
            yield "packed, ones", self.packed(p, p.a_ones, p.right_row, 0)


def open_blas():
    library = next((SITE / "scipy_openblas32" / "lib").glob("libscipy_openblas*.so*"))
    return Blas("OpenBLAS", "scipy-openblas32", library, "scipy_")
