// SPDX-License-Identifier: MIT
#include "decompose/output.hpp"

#include <ampsft/basis/score_file.hpp>
#include <ampsft/io/atomic_file.hpp>

#include <system_error>
#include <utility>

namespace decompose {

namespace fs = std::filesystem;

Outputs::~Outputs() {
  std::error_code ignored;  // nothing can be done about it here
  for (auto file = made_.rbegin(); !keep_ && file != made_.rend(); ++file) {
    fs::remove(*file, ignored);  // a folder only if it is empty
  }
}

void Outputs::make_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (fs::path part = folder; !part.empty() && !fs::exists(part, error); part = part.parent_path()) {
    missing.push_back(part);
  }
  fs::create_directories(folder, error);
  made_.insert(made_.end(), missing.rbegin(), missing.rend());
  ampsft::require(!error, "cannot make the output folder ", folder, ": ", error.message());
  ampsft::write_text(folder / ".writable", "");
  fs::remove(folder / ".writable", error);
}

const fs::path& Outputs::announce(const fs::path& file) {
  if (!fs::exists(file)) {  // what was there before is not this run's to remove
    made_.push_back(file);
  }
  return file;
}

void write_tensors(const Options& options, Result& result, Outputs& outputs) {
  ampsft::BasisFile<float> bases{.bases = {}, .source = result.source};
  ampsft::ScoreFile<float> scores{.scores = {}, .source = result.source};
  for (auto& group : result.groups) {
    if (!group.basis) {
      continue;
    }
    ampsft::NamedBasis<float> basis{group.name, *group.basis};
    for (auto& matrix : group.matrices) {
      basis.matrices.push_back(source_of(matrix, group.width));
      Scores kept{
          .name = matrix.name, .scores = {}, .residuals = {}, .explained = matrix.explained, .hash = matrix.hash};
      scores.scores.push_back({std::exchange(matrix, std::move(kept)), group.name, ampsft::basis_hash(*group.basis)});
    }
    bases.bases.push_back(std::move(basis));
  }
  ampsft::save_bases(outputs.announce(options.output / "basis.safetensors"), bases);
  if (!scores.scores.empty()) {
    ampsft::save_scores(outputs.announce(options.output / "scores.safetensors"), scores, options.score_dtype);
  }
}

}  // namespace decompose
