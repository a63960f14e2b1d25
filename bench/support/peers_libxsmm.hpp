// SPDX-License-Identifier: MIT
/// @file
/// The product by libxsmm: kernels compiled at run time for blocks of rows, in a loop over the blocks.
#pragma once

#if defined(BENCH_LIBXSMM)
#include <libxsmm.h>

#include <memory>
#include <string>

#include "support/interleave.hpp"
#include "support/product.hpp"

namespace bench::libxsmm {

inline std::string version() {
  return std::string(LIBXSMM_VERSION) + " " + libxsmm_get_target_arch();
}

enum class Bias {
  none,
  filled,    ///< the block becomes the bias, the product is added
  as_line,   ///< `[A 1] [B; bias]`
  streamed,  ///< the same, stored past the cache
};

/// In libxsmm's column-major eyes C' = op(B)' A': B' is its left operand and has to lie `depth` lines of `cols`.
template <class T>
class Blocks {
 public:
  Blocks(const Product<T>& p, Index block, Bias bias) : p_(p), block_(block), bias_(bias) {
    depth_ = p.depth + (augments() ? 1 : 0);
    whole_ = dispatch(block);
    rest_ = p.rows % block != 0 ? dispatch(p.rows % block) : whole_;
  }

  [[nodiscard]] bool works() const noexcept { return whole_ != nullptr && rest_ != nullptr; }

  void run() {
    prepare();
    in_blocks(p_.rows, block_, [&](Index first, Index count) { serial(p_.part(first, count)); });
  }

  void run_rounded(ampsft::BFloat16* to) {
    prepare();
    in_rounded_blocks(p_, to, [&](const Product<T>& part) { serial(part); });
  }

 private:
  using Function = std::conditional_t<std::is_same_v<T, float>, libxsmm_smmfunction, libxsmm_dmmfunction>;

  [[nodiscard]] bool augments() const noexcept { return bias_ == Bias::as_line || bias_ == Bias::streamed; }

  [[nodiscard]] Function dispatch(Index count) const {
    const auto m = static_cast<libxsmm_blasint>(p_.cols);
    const auto k = static_cast<libxsmm_blasint>(depth_);
    const T alpha{1};
    const T beta = bias_ == Bias::filled ? T{1} : T{0};
    const int flags = bias_ == Bias::streamed ? LIBXSMM_GEMM_FLAG_ALIGN_C_NTS_HINT : LIBXSMM_GEMM_FLAG_NONE;
    const auto n = static_cast<libxsmm_blasint>(count);
    if constexpr (std::is_same_v<T, float>) {
      return libxsmm_smmdispatch(m, n, k, &m, &k, &m, &alpha, &beta, &flags, nullptr);
    } else {
      return libxsmm_dmmdispatch(m, n, k, &m, &k, &m, &alpha, &beta, &flags, nullptr);
    }
  }

  /// B is what changes, so its copies belong to the call.
  void prepare() {
    b_ = p_.b;
    if (p_.b_transposed || augments()) {
      copy_.resize(static_cast<std::size_t>(depth_ * p_.cols));
      if (p_.b_transposed) {
        for (Index j = 0; j < p_.cols; ++j) {
          for (Index k = 0; k < p_.depth; ++k) {
            copy_[static_cast<std::size_t>(k * p_.cols + j)] = p_.b[j * p_.depth + k];
          }
        }
      } else {
        std::copy_n(p_.b, p_.depth * p_.cols, copy_.data());
      }
      if (augments()) {
        std::copy_n(p_.bias, p_.cols, copy_.data() + p_.depth * p_.cols);
      }
      b_ = copy_.data();
    }
  }

  void serial(const Product<T>& part) const {
    const Function kernel = part.rows == block_ ? whole_ : rest_;
    if (bias_ == Bias::filled) {
      fill_with_bias(part);
    }
    const T* a = part.a;
    if (augments()) {
      static thread_local std::vector<T> lines;
      lines.resize(static_cast<std::size_t>(block_ * depth_));
      for (Index row = 0; row < part.rows; ++row) {
        std::copy_n(part.a + row * part.depth, part.depth, lines.data() + row * depth_);
        lines[static_cast<std::size_t>(row * depth_ + part.depth)] = T{1};
      }
      a = lines.data();
    }
    kernel(b_, a, part.c);
  }

  Product<T> p_;
  Index block_;
  Bias bias_;
  Index depth_ = 0;
  Function whole_ = nullptr;
  Function rest_ = nullptr;
  const T* b_ = nullptr;
  std::vector<T> copy_;
};

template <class T>
void add_contenders(const Product<T>& p, std::vector<Contender>& to) {
  if (p.a_transposed) {
    return;
  }
  const auto add = [&](Index block, Bias bias, const std::string& how) {
    const auto blocks = std::make_shared<Blocks<T>>(p, block, bias);
    if (blocks->works()) {
      to.push_back({"libxsmm", "blocks of " + std::to_string(block) + " rows" + how, [blocks] { blocks->run(); }});
    }
  };
  for (const Index block : {12, 48}) {
    if (p.bias == nullptr) {
      add(block, Bias::none, "");
      continue;
    }
    add(block, Bias::filled, "");
    add(block, Bias::as_line, ", bias as a line of B");
    if (p.cols * static_cast<Index>(sizeof(T)) % 64 == 0) {
      add(block, Bias::streamed, ", bias as a line of B, stores past the cache");
    }
  }
}

inline void add_rounded_contenders(const Product<float>& p, ampsft::BFloat16* out, std::vector<Contender>& to) {
  const auto blocks = std::make_shared<Blocks<float>>(p, 32, p.bias != nullptr ? Bias::as_line : Bias::none);
  if (blocks->works()) {
    to.push_back({"libxsmm", "rounded blocks", [blocks, out] { blocks->run_rounded(out); }});
  }
}

}  // namespace bench::libxsmm
#endif
