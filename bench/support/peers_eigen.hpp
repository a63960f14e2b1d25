// SPDX-License-Identifier: MIT
/// @file
/// The product by Eigen: its GEMM over everything or over blocks of rows, and its lazy product for few columns.
#pragma once

#include <ampsft/core/tensor.hpp>

#include <string>

#include "support/interleave.hpp"
#include "support/product.hpp"

namespace bench::eigen {

inline std::string version() {
  return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION);
}

/// Calls `body(op(A), op(B), C)`.
template <class T, class Body>
void with_operands(const Product<T>& p, Body&& body) {
  using Map = ampsft::ConstMatrixMap<T>;
  const ampsft::MatrixMap<T> c(p.c, p.rows, p.cols);
  if (p.a_transposed) {
    body(Map(p.a, p.depth, p.rows).transpose(), Map(p.b, p.depth, p.cols), c);
  } else if (p.b_transposed) {
    body(Map(p.a, p.rows, p.depth), Map(p.b, p.cols, p.depth).transpose(), c);
  } else {
    body(Map(p.a, p.rows, p.depth), Map(p.b, p.depth, p.cols), c);
  }
}

template <class T>
void gemm(const Product<T>& p) {
  with_operands(p, [&](const auto& a, const auto& b, auto c) {
    if (p.bias != nullptr) {
      c.rowwise() = ampsft::ConstMatrixMap<T>(p.bias, 1, p.cols).row(0);
      c.noalias() += a * b;
    } else {
      c.noalias() = a * b;
    }
  });
}

/// Products of single coefficients, vectorised over the columns; without transposed operands.
template <class T, class W>
void lazy(const Product<T>& p, W* to) {
  const ampsft::ConstMatrixMap<T> a(p.a, p.rows, p.depth);
  const ampsft::ConstMatrixMap<T> b(p.b, p.depth, p.cols);
  ampsft::MatrixMap<W> c(to, p.rows, p.cols);
  if (p.bias != nullptr) {
    const ampsft::ConstMatrixMap<T> bias(p.bias, 1, p.cols);
    c.noalias() = (a.lazyProduct(b) + bias.replicate(p.rows, 1)).template cast<W>();
  } else {
    c.noalias() = a.lazyProduct(b).template cast<W>();
  }
}

template <class T>
void add_contenders(const Product<T>& p, std::vector<Contender>& to) {
  to.push_back({"Eigen", "whole", [p] { gemm(p); }});
  if (p.a_transposed) {
    return;
  }
  for (const Index block : {64, 256}) {
    to.push_back({"Eigen", "blocks of " + std::to_string(block) + " rows", [p, block] {
                    in_blocks(p.rows, block, [&](Index first, Index count) { gemm(p.part(first, count)); });
                  }});
  }
  if (!p.b_transposed && p.depth <= 16) {
    to.push_back({"Eigen", "lazy product", [p] {
                    in_blocks(p.rows, 256,
                              [&](Index first, Index count) { lazy(p.part(first, count), p.c + first * p.cols); });
                  }});
  }
}

inline void add_rounded_contenders(const Product<float>& p, ampsft::BFloat16* out, std::vector<Contender>& to) {
  to.push_back({"Eigen", "rounded blocks",
                [p, out] { in_rounded_blocks(p, out, [](const Product<float>& part) { gemm(part); }); }});
  to.push_back({"Eigen", "lazy product, cast", [p, out] {
                  in_blocks(p.rows, 256,
                            [&](Index first, Index count) { lazy(p.part(first, count), out + first * p.cols); });
                }});
}

}  // namespace bench::eigen
