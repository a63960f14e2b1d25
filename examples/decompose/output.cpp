// SPDX-License-Identifier: MIT
#include "decompose/output.hpp"

#include <ampsft/core/error.hpp>

#include <system_error>

namespace decompose {

namespace fs = std::filesystem;

Scratch::Scratch(const fs::path& folder)
    : folder_(folder), lock_(fs::path(folder).concat(".lock"), ampsft::concat(folder)) {
  std::error_code error;
  ampsft::require(lock_.was_left() || !fs::exists(fs::symlink_status(folder_, error)), "cannot work in ", folder_,
                  ": it is there, and nothing says that it may be removed");
  fs::remove_all(folder_, error);
  fs::create_directory(folder_, error);
  ampsft::require(!error, "cannot make the folder ", folder_, ": ", error.message());
}

Scratch::~Scratch() {
  std::error_code ignored;  // nothing can be done about it here
  fs::remove_all(folder_, ignored);
}

Outputs::Outputs(const fs::path& folder) : folder_(folder), made_(folder), scratch_(made_.path() / ".scratch") {
  std::error_code error;
  fs::create_directory(scratch_, error);
  ampsft::require(!error, "cannot write to ", folder_, ": ", error.message());
}

fs::path Outputs::stage(const std::string& name) const {
  std::error_code error;
  const fs::path place = folder_ / name;
  ampsft::require(!fs::exists(place, error) || fs::is_regular_file(place, error), "cannot write ", place,
                  ": what lies there is not a regular file");
  return made_.path() / name;
}

void Outputs::keep() {
  fs::remove_all(scratch_);
  made_.commit();
}

}  // namespace decompose
