// SPDX-License-Identifier: MIT
/// @file
/// JSON in the metadata of files of bases and scores.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/error.hpp>
#include <ampsft/io/detail/names.hpp>
#include <ampsft/io/json_text.hpp>
#include <ampsft/io/safetensors.hpp>

#include <string>
#include <utility>

namespace ampsft::detail {

/// What `read(json)` makes of the JSON text under a key of a file's metadata. Throws `Error` that names the file if the
/// key is missing (`what` says what the file is not) or the text is not what it should be.
template <class Read>
auto read_metadata(const SafetensorsFile& file, const std::string& key, const std::string& what, Read&& read) {
  const auto text = file.metadata().find(key);
  require(text != file.metadata().end(), file.path(), " is no file of ", what, ": its metadata holds no ", quoted(key));
  const nlohmann::json json = parse_json(text->second, concat(file.path(), ": its metadata ", quoted(key)), 16);
  try {
    require(integer_at(json, "version") == 1, file.path(), " is a file of ", what,
            " of another version than 1; write it anew with this version of ampsft");
    return read(json);
  } catch (const nlohmann::json::exception& error) {
    fail(file.path(), ": its metadata ", quoted(key), " is not what it should be (", one_line(error.what()), ")");
  }
}

}  // namespace ampsft::detail
