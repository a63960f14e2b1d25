// SPDX-License-Identifier: MIT
/// @file
/// One tag for each architecture, and the choice among them at run time.
#pragma once

#include <ampsft/simd/detail/avx2.hpp>
#include <ampsft/simd/detail/avx512.hpp>
#include <ampsft/simd/detail/drop_elements.hpp>
#include <ampsft/simd/detail/neon.hpp>
#include <ampsft/simd/detail/scalar.hpp>
#include <ampsft/simd/detail/scalar_attention.hpp>
#include <ampsft/simd/detail/scalar_math.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <limits>

namespace ampsft::simd::detail {

/// `lanes`: of a register; `panel`: columns of `Expand` that a tile takes; `packs`: whether it wants them packed;
/// `few_limit`: depth of `Expand` up to which it wants P in place; `dot_limit`: scores up to which `dot` is faster than
/// `contract`; `gram_panel`: columns of a panel of `Gram`.
struct ScalarCode {
  static constexpr bool packs = false;
  static constexpr Index few_limit = 0;
  template <class T>
  static constexpr Index lanes = 1;
  template <class T>
  static constexpr Index panel = 1;
  template <class Arguments>
  static void expand(const Arguments& e) noexcept {
    scalar::expand(e);
  }
  template <class Arguments>
  static void expand_onto(const Arguments& e) noexcept {
    scalar::expand(e);
  }
  template <class T>
  static constexpr Index dot_limit = std::numeric_limits<Index>::max();
  template <class Arguments>
  static void dot(const Arguments& c) noexcept {
    scalar::dot(c);
  }
  template <class Arguments>
  static void contract(const Arguments&) noexcept {}
  template <class Arguments>
  static void residual(const Arguments& e) noexcept {
    scalar::residual(e);
  }
  template <class Arguments>
  static void stage(const Arguments& g) noexcept {
    scalar::stage(g);
  }
  template <class T>
  static constexpr Index gram_panel = scalar::gram_panel;
  template <class Arguments>
  static void panels(const Arguments& p) noexcept {
    scalar::panels(p);
  }
  template <class Arguments>
  static void gram(const Arguments& g) noexcept {
    scalar::gram(g);
  }
  static constexpr Index gemm_rows = scalar::gemm_rows;
  template <class T>
  static constexpr Index gemm_panel = scalar::gemm_panel;
  template <class Arguments>
  static void gemm(const Arguments& g) noexcept {
    scalar::gemm(g);
  }
  static constexpr bool has_pairs = false;
  template <Map M, class Arguments>
  static void elementwise(const Arguments& e) noexcept {
    scalar::elementwise<M>(e);
  }
  template <class Arguments>
  static void adamw(const Arguments& s) noexcept {
    scalar::adamw(s);
  }
  template <class Arguments>
  static void drop(const Arguments& d) noexcept {
    drop_elements(d);
  }
  template <class Arguments>
  static void norm(const Arguments& n) noexcept {
    scalar::norm(n);
  }
  template <class Arguments>
  static void norm_gradient(const Arguments& n) noexcept {
    scalar::norm_gradient(n);
  }
  template <class Arguments>
  static void log_sum(const Arguments& l) noexcept {
    scalar::log_sum(l);
  }
  template <class Arguments>
  static void softmax_gradient(const Arguments& s) noexcept {
    scalar::softmax_gradient(s);
  }
  template <class Arguments>
  static void attention_forward(const Arguments& a) noexcept {
    scalar::attention_forward(a);
  }
  template <class Arguments>
  static void attention_backward(const Arguments& a) noexcept {
    scalar::attention_backward(a);
  }
};

#define AMPSFT_ARCHITECTURE(Name, space)                                             \
  struct Name {                                                                      \
    static constexpr bool packs = true;                                              \
    static constexpr Index few_limit = space::few_limit;                             \
    template <class T>                                                               \
    static constexpr Index lanes = space::Vec<T>::lanes;                             \
    template <class T>                                                               \
    static constexpr Index panel = space::tile_registers* space::Vec<T>::lanes;      \
    template <class T>                                                               \
    static constexpr Index dot_limit = 3 * space::dot_ranks_at_once;                 \
    template <class Arguments>                                                       \
    static void expand(const Arguments& e) noexcept {                                \
      space::expand(e);                                                              \
    }                                                                                \
    /* With a base, which most others are without: half of the code. */              \
    template <class Arguments>                                                       \
    static void expand_onto(const Arguments& e) noexcept {                           \
      space::expand_all<true>(e);                                                    \
    }                                                                                \
    template <class Arguments>                                                       \
    static void dot(const Arguments& c) noexcept {                                   \
      space::dot(c);                                                                 \
    }                                                                                \
    template <class Arguments>                                                       \
    static void contract(const Arguments& c) noexcept {                              \
      space::contract(c);                                                            \
    }                                                                                \
    template <class Arguments>                                                       \
    static void residual(const Arguments& e) noexcept {                              \
      space::residual(e);                                                            \
    }                                                                                \
    template <class Arguments>                                                       \
    static void stage(const Arguments& g) noexcept {                                 \
      space::stage(g);                                                               \
    }                                                                                \
    template <class T>                                                               \
    static constexpr Index gram_panel = space::gram_registers* space::Vec<T>::lanes; \
    template <class Arguments>                                                       \
    static void panels(const Arguments& p) noexcept {                                \
      space::panels(p);                                                              \
    }                                                                                \
    template <class Arguments>                                                       \
    static void gram(const Arguments& g) noexcept {                                  \
      space::gram(g);                                                                \
    }                                                                                \
    static constexpr Index gemm_rows = space::gemm_rows;                             \
    template <class T>                                                               \
    static constexpr Index gemm_panel = space::gemm_registers* space::Vec<T>::lanes; \
    template <class Arguments>                                                       \
    static void gemm(const Arguments& g) noexcept {                                  \
      space::gemm(g);                                                                \
    }                                                                                \
    static constexpr bool has_pairs = space::has_pairs;                              \
    template <class Arguments>                                                       \
    static void gemm_pairs(const Arguments& g) noexcept {                            \
      space::gemm<true>(g);                                                          \
    }                                                                                \
    template <Map M, class Arguments>                                                \
    static void elementwise(const Arguments& e) noexcept {                           \
      space::elementwise<M>(e);                                                      \
    }                                                                                \
    template <class Arguments>                                                       \
    static void adamw(const Arguments& s) noexcept {                                 \
      space::adamw(s);                                                               \
    }                                                                                \
    template <class Arguments>                                                       \
    static void drop(const Arguments& d) noexcept {                                  \
      space::drop(d);                                                                \
    }                                                                                \
    template <class Arguments>                                                       \
    static void norm(const Arguments& n) noexcept {                                  \
      space::norm(n);                                                                \
    }                                                                                \
    template <class Arguments>                                                       \
    static void norm_gradient(const Arguments& n) noexcept {                         \
      space::norm_gradient(n);                                                       \
    }                                                                                \
    template <class Arguments>                                                       \
    static void log_sum(const Arguments& l) noexcept {                               \
      space::log_sum(l);                                                             \
    }                                                                                \
    template <class Arguments>                                                       \
    static void softmax_gradient(const Arguments& s) noexcept {                      \
      space::softmax_gradient(s);                                                    \
    }                                                                                \
    template <class Arguments>                                                       \
    static void attention_forward(const Arguments& a) noexcept {                     \
      space::attention_forward(a);                                                   \
    }                                                                                \
    template <class Arguments>                                                       \
    static void attention_backward(const Arguments& a) noexcept {                    \
      space::attention_backward(a);                                                  \
    }                                                                                \
  }

#if defined(AMPSFT_SIMD_X86)
AMPSFT_ARCHITECTURE(Avx2Code, avx2);
AMPSFT_ARCHITECTURE(Avx512Code, avx512);
#elif defined(AMPSFT_SIMD_NEON)
AMPSFT_ARCHITECTURE(NeonCode, neon);
#endif
#undef AMPSFT_ARCHITECTURE

template <class Body>
void with_level(Body&& body) {
  switch (level()) {
#if defined(AMPSFT_SIMD_X86)
    case Level::avx512:
      return body(Avx512Code{});
    case Level::avx2:
      if constexpr (least_level <= Level::avx2) {
        return body(Avx2Code{});
      }
      break;
#elif defined(AMPSFT_SIMD_NEON)
    case Level::neon:
      return body(NeonCode{});
#endif
    default:
      if constexpr (least_level == Level::scalar) {
        return body(ScalarCode{});
      }
  }
}

}  // namespace ampsft::simd::detail
