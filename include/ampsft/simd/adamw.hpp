// SPDX-License-Identifier: MIT
/// @file
/// One step of AdamW over one parameter.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/parallel_for.hpp>
#include <ampsft/simd/detail/with_level.hpp>

#include <span>

namespace ampsft {

/// The numbers of one step of AdamW; `train/adamw.hpp` says what they are made of.
template <Scalar T>
struct AdamWRates {
  T beta1;
  T beta2;
  T step_size;  ///< the learning rate, divided by what corrects `m` for its start at zero
  T v_scale;    ///< what corrects `v`
  T epsilon;
  T keep;  ///< what weight decay leaves of the parameter
};

/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = keep p - step_size m / (sqrt(v_scale v) + epsilon)`: one
/// pass over the four arrays. Throws `Error` if their lengths differ.
template <Scalar T>
void adamw_step(std::span<const T> g, std::span<T> m, std::span<T> v, std::span<T> p, const AdamWRates<T>& rates) {
  require(g.size() == p.size() && m.size() == p.size() && v.size() == p.size(), "adamw: ", p.size(),
          " parameters, but ", g.size(), " gradients and moments of ", m.size(), " and ", v.size());
  simd::detail::with_level([&](auto code) {
    parallel_for(static_cast<Index>(p.size()), Index{1} << 13, [&](Index begin, Index end) {
      decltype(code)::adamw(simd::detail::AdamWStep<T>{end - begin, g.data() + begin, m.data() + begin,
                                                       v.data() + begin, p.data() + begin, rates.beta1, rates.beta2,
                                                       rates.step_size, rates.v_scale, rates.epsilon, rates.keep});
    });
  });
}

AMPSFT_INSTANCE(void adamw_step(std::span<const float>, std::span<float>, std::span<float>, std::span<float>,
                                const AdamWRates<float>&));
AMPSFT_INSTANCE(void adamw_step(std::span<const double>, std::span<double>, std::span<double>, std::span<double>,
                                const AdamWRates<double>&));

}  // namespace ampsft
