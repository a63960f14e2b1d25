// SPDX-License-Identifier: MIT
/// @file
/// Typed members of a JSON object, with errors that name file and member.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/json_text.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// A view of an object that outlives it. A member that is null counts as missing.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string source) : object_(&object), source_(std::move(source)) {
    require(object.is_object(), source_, ": a JSON object is expected");
  }

  [[nodiscard]] const std::string& source() const noexcept { return source_; }

  /// Null for a member that is missing.
  [[nodiscard]] const nlohmann::json* find(const char* key) const {
    const auto found = object_->find(key);
    return found == object_->end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] bool contains(const char* key) const { return find(key) != nullptr; }

  /// Whether the member is there and null.
  [[nodiscard]] bool is_null(const char* key) const {
    const auto found = object_->find(key);
    return found != object_->end() && found->is_null();
  }

  [[nodiscard]] Index integer(const char* key, std::optional<Index> otherwise = std::nullopt) const;

  [[nodiscard]] double number(const char* key, std::optional<double> otherwise = std::nullopt) const;

  [[nodiscard]] bool flag(const char* key, std::optional<bool> otherwise = std::nullopt) const;

  [[nodiscard]] std::string text(const char* key, std::optional<std::string> otherwise = std::nullopt) const;

  /// One token id or an array of them; none if the member is missing.
  [[nodiscard]] std::vector<std::int32_t> ids(const char* key) const;

  /// An object inside of this one.
  [[nodiscard]] JsonFields object(const char* key) const;

 private:
  template <class T>
  [[nodiscard]] T fallback(const char* key, std::optional<T> otherwise) const {
    require(otherwise.has_value(), source_, ": ", quoted(key), " is missing");
    return *std::move(otherwise);
  }

  const nlohmann::json* object_;
  std::string source_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/json_fields_inl.hpp>
#endif
