// SPDX-License-Identifier: MIT
/// @file
/// The product by oneDNN: its matmul primitive, made beforehand, with the bias in the same pass; and its sgemm.
#pragma once

#if defined(BENCH_ONEDNN)
#include <oneapi/dnnl/dnnl.hpp>

#include <memory>
#include <string>
#include <unordered_map>

#include "support/interleave.hpp"
#include "support/product.hpp"

namespace bench::onednn {

inline std::string version() {
  const dnnl_version_t* const v = dnnl_version();
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

/// A matmul for one product; `any_layout`: B is first put into the layout that the primitive prefers, in each call,
/// because B is what changes.
class Matmul {
 public:
  using Memory = dnnl::memory;

  Matmul(const Product<float>& p, void* to, Memory::data_type to_type, bool any_layout)
      : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    const auto f32 = Memory::data_type::f32;
    const Memory::dims a_size{p.rows, p.depth};
    const Memory::dims b_size{p.depth, p.cols};
    const Memory::desc a(a_size, f32, p.a_transposed ? Memory::dims{1, p.rows} : Memory::dims{p.depth, 1});
    const Memory::desc b(b_size, f32, p.b_transposed ? Memory::dims{1, p.depth} : Memory::dims{p.cols, 1});
    const Memory::desc any(b_size, f32, Memory::format_tag::any);
    const Memory::desc bias(Memory::dims{1, p.cols}, f32, Memory::dims{p.cols, 1});
    const Memory::desc c(Memory::dims{p.rows, p.cols}, to_type, Memory::dims{p.cols, 1});
    const Memory::desc& weights = any_layout ? any : b;
#if DNNL_VERSION_MAJOR >= 3
    const auto made = p.bias != nullptr ? dnnl::matmul::primitive_desc(engine_, a, weights, bias, c)
                                        : dnnl::matmul::primitive_desc(engine_, a, weights, c);
#else
    const auto described =
        p.bias != nullptr ? dnnl::matmul::desc(a, weights, bias, c) : dnnl::matmul::desc(a, weights, c);
    const dnnl::matmul::primitive_desc made(described, engine_);
#endif
    matmul_ = dnnl::matmul(made);
    const Memory plain = memory(b, p.b);
    Memory best = plain;
    if (made.weights_desc() != b) {
      best = Memory(made.weights_desc(), engine_);
      reorder_ = dnnl::reorder(plain, best);
      reorder_arguments_ = {{DNNL_ARG_FROM, plain}, {DNNL_ARG_TO, best}};
    }
    arguments_ = {{DNNL_ARG_SRC, memory(a, p.a)}, {DNNL_ARG_WEIGHTS, best}, {DNNL_ARG_DST, Memory(c, engine_, to)}};
    if (p.bias != nullptr) {
      arguments_.emplace(DNNL_ARG_BIAS, memory(bias, p.bias));
    }
  }

  /// Whether the primitive prefers another layout of B.
  [[nodiscard]] bool reorders() const noexcept {
    return !reorder_arguments_.empty();
  }

  void run() {
    if (reorders()) {
      reorder_.execute(stream_, reorder_arguments_);
    }
    matmul_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  Memory memory(const Memory::desc& desc, const float* data) const {
    return {desc, engine_, const_cast<float*>(data)};  // the interface knows no const
  }

  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::matmul matmul_;
  dnnl::reorder reorder_;
  std::unordered_map<int, Memory> arguments_;
  std::unordered_map<int, Memory> reorder_arguments_;
};

/// Adds the matmul in both layouts of B, those that this oneDNN has.
inline void add_matmul(const Product<float>& p, void* out, dnnl::memory::data_type type, std::vector<Contender>& to) {
  for (const bool any_layout : {false, true}) {
    try {
      const auto matmul = std::make_shared<Matmul>(p, out, type, any_layout);
      if (!any_layout || matmul->reorders()) {
        to.push_back({"oneDNN", any_layout ? "matmul, B reordered" : "matmul", [matmul] { matmul->run(); }});
      }
    } catch (const dnnl::error&) {  // not implemented for these types
    }
  }
}

template <class T>
void add_contenders(const Product<T>& p, std::vector<Contender>& to) {
  if constexpr (std::is_same_v<T, float>) {  // it has no doubles
    add_matmul(p, p.c, dnnl::memory::data_type::f32, to);
    to.push_back({"oneDNN", "sgemm", [p] {
                    if (p.bias != nullptr) {
                      fill_with_bias(p);
                    }
                    dnnl_sgemm(p.a_transposed ? 'T' : 'N', p.b_transposed ? 'T' : 'N', p.rows, p.cols, p.depth, 1.0F,
                               p.a, p.a_transposed ? p.rows : p.depth, p.b, p.b_transposed ? p.depth : p.cols,
                               p.bias != nullptr ? 1.0F : 0.0F, p.c, p.cols);
                  }});
  }
}

inline void add_rounded_contenders(const Product<float>& p, ampsft::BFloat16* out, std::vector<Contender>& to) {
  add_matmul(p, out, dnnl::memory::data_type::bf16, to);
}

}  // namespace bench::onednn
#endif
