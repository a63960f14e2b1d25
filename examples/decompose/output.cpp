// SPDX-License-Identifier: MIT
#include "decompose/output.hpp"

#include <ampsft/core/error.hpp>

#include <system_error>
#include <utility>

namespace decompose {

namespace fs = std::filesystem;

Outputs::Outputs(fs::path folder, const std::string& hidden) : folder_(std::move(folder)), hidden_(folder_ / hidden) {
  std::error_code error;
  for (fs::path part = folder_; !part.empty() && !fs::exists(part, error); part = part.parent_path()) {
    made_.insert(made_.begin(), part);
  }
  try {
    fs::create_directories(hidden_, error);
    ampsft::require(!error, "cannot make the output folder ", folder_, ": ", error.message());
    lock_.emplace(hidden_ / "lock");
    for (const auto& left : fs::directory_iterator(hidden_)) {  // by a run that was killed
      if (left.path().filename() != ".lock.tmp") {
        fs::remove_all(left.path(), error);
      }
    }
  } catch (...) {
    fs::remove(hidden_, error);  // only if it is empty
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
      fs::remove(*made, error);
    }
    throw;
  }
}

Outputs::~Outputs() {
  std::error_code ignored;  // nothing can be done about it here
  fs::remove_all(hidden_, ignored);
  lock_.reset();
  for (auto made = made_.rbegin(); !kept_ && made != made_.rend(); ++made) {
    fs::remove(*made, ignored);  // only if it is empty
  }
}

fs::path Outputs::stage(const std::string& name) {
  std::error_code error;
  const fs::path place = folder_ / name;
  ampsft::require(!fs::exists(place, error) || fs::is_regular_file(place, error), "cannot write ", place,
                  ": what lies there is not a regular file");
  staged_.push_back(name);
  return hidden_ / name;
}

void Outputs::keep() {
  kept_ = true;
  for (const auto& name : staged_) {
    std::error_code error;
    fs::rename(hidden_ / name, folder_ / name, error);
    ampsft::require(!error, "cannot write ", folder_ / name, ": ", error.message());
  }
}

}  // namespace decompose
