// SPDX-License-Identifier: MIT
/// @file
/// How the LM head's loss cuts its logits, so that they take little memory and the weight is not read too often.
#pragma once

#include <ampsft/autograd/product.hpp>

#include <algorithm>

namespace ampsft::detail {

/// Bytes of logits at once: what is aimed at, and what is never passed. Where chunks must each add to a gradient as
/// large as the weight, few of them are best.
inline constexpr Index logit_bytes = Index{16} << 20;
inline constexpr Index most_logit_bytes = Index{32} << 20;

/// What the cut depends on.
struct LogitShape {
  Index tokens = 0;
  Index vocabulary = 0;
  Index element = 0;          ///< bytes of a logit
  bool thin = true;           ///< scores alone: no weight of full width has to be packed for each chunk
  bool full_trained = false;  ///< a weight of full width is trained
  bool asked = false;         ///< gradients are
  bool asked_fixed = false;   ///< those of weights or of the bias are
};

template <Scalar T>
[[nodiscard]] LogitShape logit_shape(const ProductSum<T>& products, Variable<T> bias) {
  LogitShape shape{products[0].x.rows(), products[0].outputs(), static_cast<Index>(sizeof(T))};
  shape.asked_fixed = bias.requires_grad();
  for (const auto& product : products) {
    const bool full = product && product.width() > narrow;
    shape.thin = shape.thin && !full;
    shape.full_trained = shape.full_trained || (full && product.w.requires_grad());
    shape.asked_fixed = shape.asked_fixed || product.w.requires_grad();
    shape.asked = shape.asked || product.x.requires_grad();
  }
  shape.asked = shape.asked || shape.asked_fixed;
  return shape;
}

/// Tokens, and columns of the vocabulary, whose logits exist at once.
struct LogitParts {
  Index tokens;
  Index columns;
};

/// The parts that are as equal as can be, of at most `limit` each.
inline Index equal_part_of(Index count, Index limit) noexcept {
  const Index parts = (count + limit - 1) / limit;
  return (count + parts - 1) / parts;
}

/// All columns for chunks of tokens where these are long enough, else blocks of columns for many tokens. Where weights
/// are trained, blocks take a second pass over the weight.
///
/// Measured with a frozen head of 262,144 x 640 and 512 tokens, as multiples of chunks of 256 tokens (268 MB of
/// logits): chunks of 29 tokens, in as much memory as blocks, 1.6 in bfloat16 and 2.1 in Q8_0; blocks of columns in two
/// passes 1.2 and 1.3, in one pass 0.8 and 0.9.
inline LogitParts logit_parts(const LogitShape& s) noexcept {
  const Index row = s.vocabulary * s.element;  // bytes
  // With fewer tokens, packing a weight takes long beside the products; scores are not packed.
  const Index fewest = s.thin ? 16 : 256;
  const Index aimed = std::max((s.full_trained ? most_logit_bytes : logit_bytes) / row, fewest);
  const Index tokens = equal_part_of(s.tokens, aimed);
  if (tokens * row <= most_logit_bytes) {
    return {tokens, s.vocabulary};
  }
  constexpr Index enough = 128;  // tokens a chunk, from which on a second pass costs more than packing
  if (s.asked_fixed && most_logit_bytes / row >= enough) {
    return {equal_part_of(s.tokens, most_logit_bytes / row), s.vocabulary};
  }
  constexpr Index many = 1024;  // tokens, beside which packing costs nothing
  constexpr Index multiple = 64;
  const Index height = equal_part_of(s.tokens, many);
  const Index width = logit_bytes / (height * s.element) / multiple * multiple;
  const Index equal = equal_part_of(s.vocabulary, width);
  return {height, std::min((equal + multiple - 1) / multiple * multiple, s.vocabulary)};
}

}  // namespace ampsft::detail
