// SPDX-License-Identifier: MIT
/// @file
/// A text with the cache of its keys and values.
#pragma once

#include <ampsft/autograd/tape.hpp>
#include <ampsft/model/key_value_cache.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ampsft {

/// A text whose keys and values are cached, so that only added tokens are computed.
///
/// The model must outlive it. Call `forget` after a change of its weights. `Model` is a `Transformer`, or has the same
/// `hidden` with a cache, `logits` and `config().context`. Where
/// layers with a window have dropped what a text that was cut would see, the next pass reads all of the text again.
template <class Model>
class CachedText {
 public:
  using scalar = typename Model::scalar;

  explicit CachedText(Model& model) : model_(&model), tape_(TapeMode::inference) {}

  [[nodiscard]] const std::vector<std::int32_t>& tokens() const noexcept { return tokens_; }
  [[nodiscard]] Index length() const noexcept { return static_cast<Index>(tokens_.size()); }

  /// How many tokens still fit the context.
  [[nodiscard]] Index room() const { return model_->config().context - length(); }

  /// How many tokens the last `append` or `become` computed.
  [[nodiscard]] Index computed() const noexcept { return computed_; }

  /// Adds tokens in one pass; the logits of what follows them, valid until the next call. Throws `Error`, and adds
  /// nothing, if there are none, they do not fit the context, or an id is outside of the vocabulary.
  std::span<const scalar> append(std::span<const std::int32_t> added) {
    require(!added.empty(), "there are no tokens to go on with");
    std::vector<std::int32_t> next;
    next.reserve(tokens_.size() + added.size());
    next.insert(next.end(), tokens_.begin(), tokens_.end());
    next.insert(next.end(), added.begin(), added.end());
    return read(std::move(next));
  }

  /// Makes `text` the text and returns the logits of what follows it. The tokens that both begin with are not computed
  /// again, but for the last. Throws `Error` as `append` does, and then keeps those that both begin with.
  std::span<const scalar> become(std::span<const std::int32_t> text) {
    require(!text.empty(), "there are no tokens to go on with");
    std::vector<std::int32_t> next(text.begin(), text.end());
    const auto same = std::mismatch(tokens_.begin(), tokens_.end(), next.begin(), next.end()).first - tokens_.begin();
    cut(std::min(static_cast<Index>(same), static_cast<Index>(next.size()) - 1));
    return read(std::move(next));
  }

  /// Keeps the first `length` tokens. Throws `Error` for more than there are.
  void cut(Index length) {
    require(length >= 0 && length <= this->length(), "a text of ", this->length(), " tokens cannot be cut to ", length);
    cache_.truncate(cache_.kept(std::min(length, cache_.length())));
    tokens_.resize(static_cast<std::size_t>(length));
  }

  /// Forgets everything: after a change of the model's weights, the keys are not theirs.
  void forget() { cut(0); }

 private:
  /// Computes the tokens of `next`, which begins with the text, that the cache does not hold.
  std::span<const scalar> read(std::vector<std::int32_t> next) {
    cut(length());  // after a pass that threw, layers may have dropped what it would have gone past
    const auto longer = static_cast<Index>(next.size());
    if constexpr (requires { model_->continues(longer, longer); }) {
      if (!model_->continues(cache_.longest(), longer)) {
        cache_.truncate(0);  // the keys of a text of that length are others
      }
    }
    const auto missing = std::span<const std::int32_t>(next).subspan(static_cast<std::size_t>(cache_.length()));
    tape_.clear();
    const Variable<scalar> hidden = model_->hidden(tape_, missing, cache_);
    const Variable<scalar> last = tape_.constant(make_matrix(hidden.map().bottomRows(1)));
    logits_ = model_->logits(last).value();
    tape_.clear();
    computed_ = static_cast<Index>(missing.size());
    tokens_ = std::move(next);
    return {logits_.data(), logits_.size()};
  }

  Model* model_;
  Tape<scalar> tape_;
  KeyValueCache<scalar> cache_;  // of the first tokens, maybe not of all
  std::vector<std::int32_t> tokens_;
  Matrix<scalar> logits_ = make_matrix<scalar>(0, 0);
  Index computed_ = 0;
};

}  // namespace ampsft
