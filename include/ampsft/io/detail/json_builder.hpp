// SPDX-License-Identifier: MIT
/// @file
/// Builds a JSON document from a parser's events, within bounds that a hostile text cannot pass.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/json_filter.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ampsft::detail {

/// Receiver of nlohmann's SAX parser. (Its own builder with a callback searches the whole parent after each object.)
///
/// Every event throws `Error`, beginning with `source`, for an object that has a name twice, for arrays and objects
/// nested deeper than `max_depth`, and for so many values that memory would exceed four times the text and 48 MiB.
class JsonBuilder {
 public:
  JsonBuilder(std::size_t text_size, std::string source, int max_depth, const JsonFilter& filter)
      : budget_(4 * text_size + (std::size_t{48} << 20U)),
        source_(std::move(source)),
        max_depth_(static_cast<std::size_t>(max_depth)),
        filter_(&filter) {}

  [[nodiscard]] nlohmann::json& root() noexcept { return root_; }
  /// Why the parser gave up.
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& /*text*/) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // not in text
  bool start_object(std::size_t /*size*/) { return open(nlohmann::json::object()); }
  bool start_array(std::size_t /*size*/) { return open(nlohmann::json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    path_.back() = std::move(name);
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const nlohmann::json::exception& error) {
    reason_ = error.what();
    return false;
  }

 private:
  // A value takes 16 bytes in a vector that doubles; a name stands in a node of its object.
  static constexpr std::size_t value_bytes = 48;
  static constexpr std::size_t name_bytes = 96;

  struct Container {
    nlohmann::json* value;
    std::size_t spent_before;
  };

  bool add(nlohmann::json value) {
    if (!*filter_ || !(*filter_)(path_, value)) {
      place(std::move(value));
    }
    return true;
  }

  bool open(nlohmann::json value) {
    require(open_.size() < max_depth_, source_, ": its JSON is nested deeper than ", max_depth_, " levels");
    const std::size_t spent_before = spent_;
    nlohmann::json& placed = place(std::move(value));
    open_.push_back({&placed, spent_before});
    path_.emplace_back();
    return true;
  }

  bool close() {
    const Container done = open_.back();
    open_.pop_back();
    path_.pop_back();
    if (!open_.empty() && *filter_ && (*filter_)(path_, *done.value)) {
      nlohmann::json& parent = *open_.back().value;
      if (parent.is_array()) {
        parent.erase(parent.size() - 1);
      } else {
        parent.erase(path_.back());
      }
      spent_ = done.spent_before;
    }
    return true;
  }

  /// Puts a value where the next one belongs.
  nlohmann::json& place(nlohmann::json&& value) {
    spent_ += value_bytes + (value.is_string() ? 2 * value.get_ref<const std::string&>().size() : 0);
    if (open_.empty()) {
      root_ = std::move(value);
      return root_;
    }
    nlohmann::json& parent = *open_.back().value;
    spent_ += parent.is_object() ? name_bytes + 2 * path_.back().size() : 0;
    require(spent_ <= budget_, source_, ": its JSON has more values than a file of its size should");
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return parent.back();
    }
    const auto [found, is_new] = parent.emplace(path_.back(), std::move(value));
    require(is_new, source_, ": the name ", quoted(path_.back()), " appears twice");
    return *found;
  }

  std::size_t budget_;
  std::size_t spent_ = 0;
  std::string source_;
  std::size_t max_depth_;
  const JsonFilter* filter_;
  nlohmann::json root_;
  std::vector<Container> open_;
  std::vector<std::string> path_;  // one name for each open container
  std::string reason_;
};

}  // namespace ampsft::detail
