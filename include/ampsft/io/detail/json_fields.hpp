// SPDX-License-Identifier: MIT
/// @file
/// Typed members of a JSON object, with errors that name file and member, and those that nobody read.
#pragma once

#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/io/json_text.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// A view of an object that outlives it. A member that is null counts as missing. Copies share the list of what was
/// read.
class JsonFields {
 public:
  JsonFields(const nlohmann::json& object, std::string source);

  [[nodiscard]] const std::string& source() const noexcept { return source_; }

  /// Null for a member that is missing.
  [[nodiscard]] const nlohmann::json* find(const char* key) const;

  [[nodiscard]] bool contains(const char* key) const { return find(key) != nullptr; }

  /// Whether the member is there and null.
  [[nodiscard]] bool is_null(const char* key) const;

  [[nodiscard]] Index integer(const char* key, std::optional<Index> otherwise = std::nullopt) const;

  [[nodiscard]] double number(const char* key, std::optional<double> otherwise = std::nullopt) const;

  /// An array of numbers; none if the member is missing.
  [[nodiscard]] std::vector<double> numbers(const char* key) const;

  [[nodiscard]] bool flag(const char* key, std::optional<bool> otherwise = std::nullopt) const;

  [[nodiscard]] std::string text(const char* key, std::optional<std::string> otherwise = std::nullopt) const;

  /// One token id or an array of them; none if the member is missing.
  [[nodiscard]] std::vector<std::int32_t> ids(const char* key) const;

  /// An object inside of this one.
  [[nodiscard]] JsonFields object(const char* key) const;

  /// An array of at most `most` objects.
  [[nodiscard]] std::vector<JsonFields> objects(const char* key, Index most) const;

  /// Throws `Error` that names the first member which nobody asked for and whose value is not null, unless it matches
  /// one of the patterns of what changes nothing.
  void refuse_unread(std::span<const std::string_view> harmless = {}) const;

 private:
  template <class T>
  [[nodiscard]] T fallback(const char* key, std::optional<T> otherwise) const;

  [[nodiscard]] double finite(const nlohmann::json& value, const char* key) const;

  const nlohmann::json* object_;
  std::string source_;
  std::shared_ptr<std::set<std::string>> read_;
};

}  // namespace ampsft::detail

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/io/detail/json_fields_inl.hpp>
#endif
