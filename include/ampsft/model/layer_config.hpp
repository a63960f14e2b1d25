// SPDX-License-Identifier: MIT
/// @file
/// What one layer of a decoder does, and the list of all layers.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/rope_config.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace ampsft {

/// Where the normalisations of a residual branch stand: before attention and MLP, after them, or both.
enum class NormPlacement { before, after, both };
constexpr std::array<std::string_view, 3> names_of(NormPlacement) noexcept {
  return {"before", "after", "both"};
}

/// Of the MLP.
enum class Activation { gelu_tanh, gelu_erf, silu };
constexpr std::array<std::string_view, 3> names_of(Activation) noexcept {
  return {"gelu_tanh", "gelu_erf", "silu"};
}

/// RMS normalisation of queries and keys: none, of every head by `head_dim` gains, or of all heads together.
enum class QkNorm { none, per_head, whole };
constexpr std::array<std::string_view, 3> names_of(QkNorm) noexcept {
  return {"none", "per_head", "whole"};
}

/// One layer: causal attention and an MLP, each on a residual branch.
struct LayerConfig {
  Index window = 0;                     ///< a token sees itself and the `window - 1` before it; 0: all before it
  std::optional<RopeConfig> rope = {};  ///< rotary positions, or none
  NormPlacement norms = NormPlacement::before;
  QkNorm qk_norm = QkNorm::none;
  bool gated = false;  ///< MLP: `down(activation(gate x) * up x)`, else `down(activation(up x))`
  Activation activation = Activation::gelu_tanh;

  /// See `RopeConfig::visit_fields`.
  template <class Self, class Visit>
  static void visit_fields(Self& self, Visit&& visit) {
    visit("window", self.window, Bounds::size_or_none());
    visit("rope", self.rope, Bounds{});
    visit("norms", self.norms, Bounds{});
    visit("qk_norm", self.qk_norm, Bounds{});
    visit("gated", self.gated, Bounds{});
    visit("activation", self.activation, Bounds{});
  }

  bool operator==(const LayerConfig&) const = default;
};

/// The layers of a model, first to last. A number makes so many equal ones: `.layers = 8`.
class LayerList {
 public:
  static constexpr Index most = 4096;

  /// Throws `Error` for a count that is not in 1 to 4,096.
  LayerList(Index count, const LayerConfig& each = {})  // NOLINT(google-explicit-constructor): a count is a list
      : layers_(checked(count), each) {}
  LayerList(std::vector<LayerConfig> layers)  // NOLINT(google-explicit-constructor)
      : layers_(std::move(layers)) {
    static_cast<void>(checked(size()));
  }

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(layers_.size()); }
  [[nodiscard]] LayerConfig& operator[](Index i) { return layers_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] const LayerConfig& operator[](Index i) const { return layers_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] const LayerConfig& front() const { return layers_.front(); }
  [[nodiscard]] auto begin() noexcept { return layers_.begin(); }
  [[nodiscard]] auto end() noexcept { return layers_.end(); }
  [[nodiscard]] auto begin() const noexcept { return layers_.begin(); }
  [[nodiscard]] auto end() const noexcept { return layers_.end(); }

  bool operator==(const LayerList&) const = default;

 private:
  static std::size_t checked(Index count) {
    require(count >= 1 && count <= most, "the number of layers must lie in 1 to ", most, ", not ", count);
    return static_cast<std::size_t>(count);
  }

  std::vector<LayerConfig> layers_;
};

}  // namespace ampsft
