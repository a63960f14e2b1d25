// SPDX-License-Identifier: MIT
/// @file
/// Typed metadata of a GGUF file's architecture, and those that nobody read.
#pragma once

#include <ampsft/core/glob.hpp>
#include <ampsft/io/gguf.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft::detail {

/// Metadata whose keys begin with the architecture, which is left out here; and the tensors beside them.
class GgufFields {
 public:
  /// The file must outlive it.
  explicit GgufFields(const GgufFile& file)
      : file_(&file),
        architecture_(file.value("general.architecture").text()),
        read_(std::make_shared<std::set<std::string>>()) {}

  [[nodiscard]] const GgufFile& file() const noexcept { return *file_; }
  [[nodiscard]] std::string source() const { return concat(file_->path()); }
  [[nodiscard]] const std::string& architecture() const noexcept { return architecture_; }

  /// Null for a key that is missing.
  [[nodiscard]] const GgufValue* find(std::string_view key) const {
    return file_->find(*read_->insert(full(key)).first);
  }

  [[nodiscard]] Index integer(std::string_view key, std::optional<Index> otherwise = std::nullopt) const {
    const GgufValue* const value = find(key);
    return value != nullptr || !otherwise ? found(key, value).integer(0) : *otherwise;
  }

  [[nodiscard]] double number(std::string_view key, std::optional<double> otherwise = std::nullopt) const {
    const GgufValue* const value = find(key);
    return value != nullptr || !otherwise ? found(key, value).number() : *otherwise;
  }

  [[nodiscard]] std::string_view text(std::string_view key, std::string_view otherwise) const {
    const GgufValue* const value = find(key);
    return value != nullptr ? value->text() : otherwise;
  }

  /// The numbers of a vector; none where the tensor is missing.
  [[nodiscard]] std::vector<double> vector(const std::string& tensor) const {
    if (!file_->contains(tensor)) {
      return {};
    }
    const Matrix<double> stored = file_->read_matrix<double>(tensor);
    return {stored.data(), stored.data() + stored.size()};
  }

  /// Throws `Error` that names the first key of the architecture which nobody asked for, unless it matches one of the
  /// patterns of what changes nothing.
  void refuse_unread(std::span<const std::string_view> harmless) const {
    const std::string prefix = architecture_ + ".";
    for (const std::string_view key : file_->keys()) {
      if (!key.starts_with(prefix) || read_->contains(std::string(key))) {
        continue;
      }
      const std::string_view name = key.substr(prefix.size());
      require(std::any_of(harmless.begin(), harmless.end(), [&](auto pattern) { return matches_glob(pattern, name); }),
              file_->path(), ": the key ", key, " is not understood; a model that needs it would be computed wrongly");
    }
  }

 private:
  [[nodiscard]] std::string full(std::string_view key) const { return concat(architecture_, '.', key); }

  [[nodiscard]] const GgufValue& found(std::string_view key, const GgufValue* value) const {
    return value != nullptr ? *value : file_->value(full(key));  // which throws
  }

  const GgufFile* file_;
  std::string architecture_;
  std::shared_ptr<std::set<std::string>> read_;
};

}  // namespace ampsft::detail
