// SPDX-License-Identifier: MIT
/// @file
/// Samples the next token from a row of logits.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace ampsft {

/// Settings for sampling the next token.
struct SamplingOptions {
  double temperature = 1.0;  ///< 0: always the most likely token
  Index top_k = 0;           ///< only the `top_k` most likely tokens; 0: all
  double top_p = 1.0;        ///< only the most likely tokens that together reach this probability
  std::uint64_t seed = 0;
  double repetition_penalty = 1.0;  ///< above 1, tokens that are already in the text become less likely

  /// Throws `Error` unless temperature and top_k are at least 0, top_p in (0, 1] and the penalty positive.
  void validate() const;
};

/// Divides positive logits of the tokens in `text` by `penalty` and multiplies negative ones by it, once for each
/// distinct token (Keskar et al. 2019, as in transformers). Throws `Error` for an id without a logit.
template <Scalar T>
void penalize_repetition(std::span<T> logits, std::span<const std::int32_t> text, double penalty);

namespace detail {

/// Tokens by descending logit, ties by ascending id. Sorts only as far as needed.
template <Scalar T>
class LikeliestTokens {
 public:
  /// The `count` most likely ones.
  LikeliestTokens(std::span<const T> logits, std::size_t count);

  [[nodiscard]] std::int32_t operator[](std::size_t i) {
    while (taken_.size() <= i) {
      std::pop_heap(rest_.begin(), rest_.end(), less());
      taken_.push_back(rest_.back());
      rest_.pop_back();
    }
    return taken_[i];
  }

  /// Calls `visit` with all, in any order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    std::for_each(taken_.begin(), taken_.end(), visit);
    std::for_each(rest_.begin(), rest_.end(), visit);
  }

 private:
  [[nodiscard]] bool is_less_likely(std::int32_t a, std::int32_t b) const;
  [[nodiscard]] auto less() const {
    return [this](auto a, auto b) { return is_less_likely(a, b); };
  }

  std::span<const T> logits_;
  std::vector<std::int32_t> rest_;  // a heap
  std::vector<std::int32_t> taken_;
};

}  // namespace detail

/// Samples one token from a row of logits; ties go to the lower id. Does not apply the repetition penalty.
///
/// Order of the filters: temperature, top-k, top-p (Holtzman et al. 2020). Throws `Error` for no logits, a NaN among
/// them, and invalid options.
template <Scalar T>
[[nodiscard]] std::int32_t sample_token(std::span<const T> logits, const SamplingOptions& options, Random& random);

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/generate/detail/sampling_inl.hpp>
#endif
