// SPDX-License-Identifier: MIT
/// @file
/// A text with the cache of its keys and values.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/model/key_value_cache.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace ampsft {

/// A text whose keys and values are cached, so that only added tokens are computed.
///
/// The model must outlive it. Call `forget` after a change of its weights. `Model` is a `Transformer`, or has the same
/// `hidden` with a cache, `logits` and `config().context`.
template <class Model>
class CachedText {
 public:
  using scalar = typename Model::scalar;

  explicit CachedText(Model& model) : model_(&model), tape_(TapeMode::inference) {}

  [[nodiscard]] const std::vector<std::int32_t>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] Index length() const noexcept { return cache_.length(); }

  /// How many tokens still fit the context.
  [[nodiscard]] Index room() const { return model_->config().context - length(); }

  /// Adds tokens in one pass; the logits of what follows them, valid until the next call. Throws `Error`, and adds
  /// nothing, if there are none, they do not fit the context, or an id is outside of the vocabulary.
  std::span<const scalar> append(std::span<const std::int32_t> added) {
    tape_.clear();
    const Variable<scalar> hidden = model_->hidden(tape_, added, cache_);
    tokens_.insert(tokens_.end(), added.begin(), added.end());
    const Variable<scalar> last = tape_.constant(make_matrix(hidden.map().bottomRows(1)));
    logits_ = model_->logits(last).value();
    tape_.clear();
    return {logits_.data(), logits_.size()};
  }

  /// Makes `text` the text and returns the logits of what follows it. The tokens that both begin with are not computed
  /// again, but for the last. Throws `Error` as `append` does.
  std::span<const scalar> become(std::span<const std::int32_t> text) {
    const auto same = std::mismatch(tokens_.begin(), tokens_.end(), text.begin(), text.end()).first - tokens_.begin();
    cut(std::min(static_cast<Index>(same), std::max<Index>(0, static_cast<Index>(text.size()) - 1)));
    return append(text.subspan(tokens_.size()));
  }

  /// Keeps the first `length` tokens. Throws `Error` for more than there are.
  void cut(Index length) {
    cache_.truncate(length);
    tokens_.resize(static_cast<std::size_t>(length));
  }

  /// Forgets everything: after a change of the model's weights, the keys are not theirs.
  void forget() { cut(0); }

 private:
  Model* model_;
  Tape<scalar> tape_;
  KeyValueCache<scalar> cache_;
  std::vector<std::int32_t> tokens_;
  Matrix<scalar> logits_ = make_matrix<scalar>(0, 0);
};

}  // namespace ampsft
