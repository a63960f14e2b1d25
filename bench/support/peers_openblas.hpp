// SPDX-License-Identifier: MIT
/// @file
/// The product by OpenBLAS (or any CBLAS): everything at once, by blocks of rows, and with the bias as a line of B.
#pragma once

#if defined(BENCH_OPENBLAS)
#include <cblas.h>

#include <memory>
#include <string>

#include "support/interleave.hpp"
#include "support/product.hpp"

namespace bench::openblas {

/// "0.3.21 SkylakeX": the version and whose kernels it runs.
inline std::string version() {
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 ..."
  const std::size_t start = config.find(' ') + 1;
  return config.substr(start, config.find(' ', start) - start) + " " + openblas_get_corename();
}

template <class T>
void gemm(const Product<T>& p) {
  T beta{0};
  if (p.bias != nullptr) {
    fill_with_bias(p);
    beta = T{1};
  }
  const auto rows = static_cast<blasint>(p.rows);
  const auto cols = static_cast<blasint>(p.cols);
  const auto depth = static_cast<blasint>(p.depth);
  const CBLAS_TRANSPOSE a = p.a_transposed ? CblasTrans : CblasNoTrans;
  const CBLAS_TRANSPOSE b = p.b_transposed ? CblasTrans : CblasNoTrans;
  const blasint a_row = p.a_transposed ? rows : depth;
  const blasint b_row = p.b_transposed ? depth : cols;
  if constexpr (std::is_same_v<T, float>) {
    cblas_sgemm(CblasRowMajor, a, b, rows, cols, depth, T{1}, p.a, a_row, p.b, b_row, beta, p.c, cols);
  } else {
    cblas_dgemm(CblasRowMajor, a, b, rows, cols, depth, T{1}, p.a, a_row, p.b, b_row, beta, p.c, cols);
  }
}

template <class T>
void add_contenders(const Product<T>& p, std::vector<Contender>& to) {
  to.push_back({"OpenBLAS", "whole", [p] { gemm(p); }});
  if (p.a_transposed) {
    return;
  }
  for (const Index block : {64, 256}) {
    to.push_back({"OpenBLAS", "blocks of " + std::to_string(block) + " rows", [p, block] {
                    in_blocks(p.rows, block, [&](Index first, Index count) { gemm(p.part(first, count)); });
                  }});
  }
  if (p.bias != nullptr && !p.b_transposed) {
    const auto augmented = std::make_shared<Augmented<T>>();
    to.push_back({"OpenBLAS", "bias as a line of B", [p, augmented] { gemm(augmented->of(p)); }});
  }
}

inline void add_rounded_contenders(const Product<float>& p, ampsft::BFloat16* out, std::vector<Contender>& to) {
  to.push_back({"OpenBLAS", "rounded blocks",
                [p, out] { in_rounded_blocks(p, out, [](const Product<float>& part) { gemm(part); }); }});
}

}  // namespace bench::openblas
#endif
