// SPDX-License-Identifier: MIT
/// @file
/// Every entry point of the module simd, for every type that it takes. `tools/check` compiles this file for AArch64,
/// since the kernels for NEON are no part of a build on x86-64; it is never run.
#include <ampsft/simd/activations.hpp>
#include <ampsft/simd/adamw.hpp>
#include <ampsft/simd/attention_gradient.hpp>
#include <ampsft/simd/elementwise.hpp>
#include <ampsft/simd/factored.hpp>
#include <ampsft/simd/gemm.hpp>
#include <ampsft/simd/gram.hpp>
#include <ampsft/simd/level.hpp>
#include <ampsft/simd/log_sum_exp.hpp>
#include <ampsft/simd/normalize.hpp>
#include <ampsft/simd/project.hpp>
#include <ampsft/simd/reconstruct.hpp>
#include <ampsft/simd/reconstruct_backward.hpp>

using namespace ampsft;

#if !defined(AMPSFT_SIMD_NEON)
#error "this file is here to compile the kernels for NEON: compile it for AArch64"
#endif

/// `Long`: what the weights and their gradients, the long rows, are stored in.
template <class T, class Long>
void long_rows(const ConstView<T>& few, const ConstView<T>& basis, const ConstView<Long>& in, View<T> scores,
               View<Long> weights) {
  const ReconstructJob<T, Long> forward{few, weights, in};
  reconstruct<T, Long>(std::span(&forward, 1), basis, basis, T{2}, Stores::streaming);
  reconstruct<T, Long>(few, basis, basis, weights);
  reconstruct_onto<T, Long>(in, T{2}, few, basis, basis, weights);

  const ProjectJob<T, Long> backward{in, scores};
  project<T, Long>(std::span(&backward, 1), basis, WriteMode::add, T{2});
  project<T, Long>(in, basis, scores);
  gemm<T, Long>(Factor<T>::plain(few), Factor<Long>::plain(in), scores);
  extract<T, Long>(in, basis, basis, scores, scores);
}

template <class T>
void of_one_type(const ConstView<T>& in, View<T> out) {
  GramSums<T>(in, T{2}).add(in);
  reconstruct_backward<T>(in, in, in, out, out, out, WriteMode::add, T{2});
  gemm<T>(Factor<T>::plain(in), Factor<T>::transposed(in), out, WriteMode::add, T{2}, in);
  factored_output<T>(in, in, out, WriteMode::add, T{2});
  factored_input_gradient<T>(in, in, out, WriteMode::add, T{2});
  factored_scores_gradient<T>(in, in, out, WriteMode::add, T{2});
  factored_basis_gradient<T>(in, in, out, WriteMode::add, T{2});
}

template <class T>
void functions(const ConstView<T>& in, View<T> out, std::span<T> numbers, std::span<const std::int32_t> targets) {
  exponential<T>(in, out);
  hyperbolic_tangent<T>(in, out);
  add<T>(in, in, out);
  accumulate<T>(in, out);
  scale<T>(in, T{2}, out);
  add_scaled<T>(in, in, T{2}, out);
  soft_cap<T>(in, T{2}, out);
  soft_cap_gradient<T>(in, in, T{2}, out);
  for (const auto form : {GeluForm::tanh, GeluForm::erf}) {
    gelu<T>(in, out, form);
    gelu_gradient<T>(in, in, out, form);
  }
  silu<T>(in, out);
  silu_gradient<T>(in, in, out);
  gated<T>(in, in, out, GatedActivation::silu);
  gated_gradient<T>(in, in, in, GatedActivation::silu, {out, WriteMode::add, out, WriteMode::add});
  normalize<T>(in, in, in, 1e-5, {numbers.data(), numbers.data()}, out);
  normalize_gradient<T>(in, in, {nullptr, numbers.data()}, in, {out});
  add_to_log_sum<T>(in, numbers, numbers, targets);
  cross_entropy_gradient<T>(in, std::span<const T>(numbers), targets, 0, T{1}, out, WriteMode::overwrite, T{2});
  attention<T>(in, in, in, {}, 1.0, targets, out, numbers);
  attention_gradient<T>(in, in, in, {}, 1.0, targets, in, numbers, in, {out, WriteMode::add, out, WriteMode::add, out});
  adamw_step<T>(numbers, numbers, numbers, numbers, {});
}

template void functions(const ConstView<float>&, View<float>, std::span<float>, std::span<const std::int32_t>);
template void functions(const ConstView<double>&, View<double>, std::span<double>, std::span<const std::int32_t>);
template void long_rows(const ConstView<float>&, const ConstView<float>&, const ConstView<float>&, View<float>,
                        View<float>);
template void long_rows(const ConstView<double>&, const ConstView<double>&, const ConstView<double>&, View<double>,
                        View<double>);
template void long_rows(const ConstView<float>&, const ConstView<float>&, const ConstView<BFloat16>&, View<float>,
                        View<BFloat16>);
template void of_one_type(const ConstView<float>&, View<float>);
template void of_one_type(const ConstView<double>&, View<double>);

void levels() {
  simd::set_level(simd::levels().front() == simd::level() ? simd::Level::neon : simd::Level::scalar);
}
