// SPDX-License-Identifier: MIT
#include "decompose/score_parts.hpp"

#include <ampsft/basis/files/join_files.hpp>

#include <utility>

namespace decompose {

void ScoreParts::add(ampsft::StoredScores<float> scores) {
  constexpr std::size_t most = std::size_t{16} << 20U;  // numbers
  waiting_numbers_ += scores.matrix.scores.size() + scores.matrix.residuals.size();
  waiting_.scores.push_back(std::move(scores));
  if (waiting_numbers_ >= most) {
    flush();
  }
}

void ScoreParts::join(const std::filesystem::path& path, const std::string& source) {
  flush();
  ampsft::join_scores(path, parts_, source);
}

void ScoreParts::flush() {
  if (!waiting_.scores.empty()) {
    parts_.push_back(outputs_->scratch(ampsft::concat("scores.", parts_.size())));
    ampsft::save_scores(parts_.back(), waiting_, dtype_);
    waiting_.scores.clear();
    waiting_numbers_ = 0;
  }
}

}  // namespace decompose
