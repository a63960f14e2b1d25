// SPDX-License-Identifier: MIT
/// @file
/// Bodies of sampling.hpp.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/random.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/generate/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE void SamplingOptions::validate() const {
  require(std::isfinite(temperature) && temperature >= 0.0,
          "sampling: the temperature must be a number that is not negative, but is ", temperature);
  require(top_k >= 0, "sampling: top_k must not be negative, but is ", top_k);
  require(top_p > 0.0 && top_p <= 1.0, "sampling: top_p must be in (0, 1], not ", top_p);
  require(std::isfinite(repetition_penalty) && repetition_penalty > 0.0,
          "sampling: the repetition penalty must be positive, not ", repetition_penalty);
}

template <Scalar T>
void penalize_repetition(std::span<T> logits, std::span<const std::int32_t> text, double penalty) {
  if (penalty == 1.0) {
    return;
  }
  std::vector<bool> met(logits.size());
  for (const std::int32_t id : text) {
    const auto place = static_cast<std::size_t>(id);
    require(id >= 0 && place < logits.size(), "sampling: the token ", id, " has no logit among ", logits.size());
    if (!met[place]) {
      met[place] = true;
      const auto logit = static_cast<double>(logits[place]);
      logits[place] = static_cast<T>(logit > 0.0 ? logit / penalty : logit * penalty);
    }
  }
}

}  // namespace ampsft

namespace ampsft::detail {

template <Scalar T>
LikeliestTokens<T>::LikeliestTokens(std::span<const T> logits, std::size_t count)
    : logits_(logits), rest_(logits.size()) {
  std::iota(rest_.begin(), rest_.end(), 0);
  const auto end = rest_.begin() + static_cast<std::ptrdiff_t>(count);
  if (count < rest_.size()) {
    std::nth_element(rest_.begin(), end, rest_.end(), [this](auto a, auto b) { return is_less_likely(b, a); });
    rest_.erase(end, rest_.end());
  }
  std::make_heap(rest_.begin(), rest_.end(), less());
}

template <Scalar T>
bool LikeliestTokens<T>::is_less_likely(std::int32_t a, std::int32_t b) const {
  const T x = logits_[static_cast<std::size_t>(a)];
  const T y = logits_[static_cast<std::size_t>(b)];
  return x < y || (x == y && a > b);
}

}  // namespace ampsft::detail

namespace ampsft {

template <Scalar T>
std::int32_t sample_token(std::span<const T> logits, const SamplingOptions& options, Random& random) {
  options.validate();
  require(!logits.empty(), "sampling: there are no logits");
  for (const T logit : logits) {
    require(!std::isnan(logit), "sampling: a logit is NaN");
  }
  const auto likeliest = std::max_element(logits.begin(), logits.end());
  if (options.temperature == 0.0) {
    return static_cast<std::int32_t>(likeliest - logits.begin());
  }
  const std::size_t count =
      options.top_k > 0 ? std::min(static_cast<std::size_t>(options.top_k), logits.size()) : logits.size();
  detail::LikeliestTokens<T> tokens(logits, count);
  const auto top = static_cast<double>(*likeliest);
  const auto weight = [&](std::int32_t id) {
    const auto logit = static_cast<double>(logits[static_cast<std::size_t>(id)]);
    return logit == top ? 1.0 : std::exp((logit - top) / options.temperature);
  };
  double sum = 0.0;
  tokens.for_each([&](std::int32_t id) { sum += weight(id); });
  double kept = sum;
  std::size_t last = count;
  if (options.top_p < 1.0) {
    kept = 0.0;
    for (last = 0; last < count && kept < options.top_p * sum; ++last) {
      kept += weight(tokens[last]);
    }
  }
  double draw = random.uniform() * kept;
  for (std::size_t i = 0; i + 1 < last; ++i) {
    draw -= weight(tokens[i]);
    if (draw < 0.0) {
      return tokens[i];
    }
  }
  return tokens[last - 1];
}

}  // namespace ampsft

namespace ampsft::detail {

AMPSFT_INSTANCE(class LikeliestTokens<float>);
AMPSFT_INSTANCE(class LikeliestTokens<double>);

}  // namespace ampsft::detail

namespace ampsft {

AMPSFT_INSTANCE(void penalize_repetition(std::span<float>, std::span<const std::int32_t>, double));
AMPSFT_INSTANCE(void penalize_repetition(std::span<double>, std::span<const std::int32_t>, double));
AMPSFT_INSTANCE(std::int32_t sample_token(std::span<const float>, const SamplingOptions&, Random&));
AMPSFT_INSTANCE(std::int32_t sample_token(std::span<const double>, const SamplingOptions&, Random&));

}  // namespace ampsft
