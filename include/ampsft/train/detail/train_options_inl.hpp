// SPDX-License-Identifier: MIT
/// @file
/// Bodies of train_options.hpp.
#pragma once

#include <ampsft/core/error.hpp>
#include <ampsft/core/instances.hpp>
#include <ampsft/core/tensor.hpp>
#include <ampsft/train/checkpoint.hpp>
#include <ampsft/train/evaluate.hpp>
#include <ampsft/train/schedule.hpp>
#include <ampsft/train/train_options.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ampsft {

AMPSFT_HEADER_INLINE double TrainReport::tokens_per_second() const {
  return seconds > 0.0 ? static_cast<double>(tokens) / seconds : 0.0;
}

AMPSFT_HEADER_INLINE Diverged::Diverged(const std::string& reason, const std::string& advice, TrainReport report,
                                        std::optional<ValidationPoint> restored)
    : Error(concat("training diverged: ", reason, "; ", advice)),
      told_(std::make_shared<const Told>(Told{reason, std::move(report), restored})) {}

}  // namespace ampsft
