#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the polynomials of include/ampsft/simd/detail/polynomials.hpp with their errors. Needs mpmath.

Each interpolates its function at the zeros of a Chebyshev polynomial, in 60 digits; that is within a small factor of
the best polynomial of the degree.
"""
from mpmath import cos, erfc, exp, expm1, linspace, lu_solve, log, matrix, mp, mpf, pi, polyval, sqrt

mp.dps = 60


def interpolate(function, low, high, degree):
    """Coefficients, the lowest first."""
    points = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * degree + 2)) for i in range(degree + 1)]
    powers = matrix([[x**j for j in range(degree + 1)] for x in points])
    return list(lu_solve(powers, matrix([function(x) for x in points])))


def exponential(x):
    """(exp(x) - 1 - x) / x^2"""
    if abs(x) < mpf(10) ** -15:
        return mpf(1) / 2
    return (expm1(x) - x) / x**2


def show(name, coefficients, error):
    print(f"{name}: error {float(error):.1e}")
    print(", ".join(mp.nstr(c, 18) for c in coefficients))


for name, degree in (("exponential, float", 4), ("exponential, double", 9)):
    edge = log(2) / 2 * mpf("1.0001")
    c = interpolate(exponential, -edge, edge, degree)
    show(name, c, max(abs(x**2 * polyval(c[::-1], x) - (expm1(x) - x)) / exp(x) for x in linspace(-edge, edge, 2001)))

for name, degree, last, k in (("tail, float", 9, mpf("14.6"), mpf(4)), ("tail, double", 22, mpf("38.7"), mpf(4))):
    # exp(z^2 / 2) Q(z) (z + k) as a polynomial in t = 1 - 2 k / (z + k)
    def tail(t):
        z = 2 * k / (1 - t) - k
        return exp(z**2 / 2) * erfc(z / sqrt(mpf(2))) / 2 * (z + k)

    high = 1 - 2 * k / (last + k)
    c = interpolate(tail, mpf(-1), high, degree)
    show(name, c, max(abs(polyval(c[::-1], t) / tail(t) - 1) for t in linspace(-1, high, 2001)))
