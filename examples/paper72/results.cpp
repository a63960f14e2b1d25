// SPDX-License-Identifier: MIT
#include "results.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace paper72 {
namespace {

double quotient(double a, double b) {
  return b != 0.0 ? a / b : std::numeric_limits<double>::quiet_NaN();
}

/// Spread of `measure(end, full_end)` over the seeds.
template <class Measure>
double spread_over_seeds(const MethodResult& method, const MethodResult& full, Measure&& measure) {
  std::vector<double> values;
  for (std::size_t i = 0; i < std::min(method.end_losses.size(), full.end_losses.size()); ++i) {
    values.push_back(measure(method.end_losses[i], full.end_losses[i]));
  }
  return MethodResult::spread(values);
}

}  // namespace

double MethodResult::mean(const std::vector<double>& values) {
  return quotient(std::accumulate(values.begin(), values.end(), 0.0), static_cast<double>(values.size()));
}

double MethodResult::spread(const std::vector<double>& values) {
  if (values.size() < 2) {
    return 0.0;
  }
  const double centre = mean(values);
  double sum = 0.0;
  for (const double value : values) {
    sum += (value - centre) * (value - centre);
  }
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double efficiency(const MethodResult& method, const MethodResult& full) {
  return quotient(method.start_loss - method.end_loss(), full.start_loss - full.end_loss());
}

double recovery(const MethodResult& method, const MethodResult& full, double base_loss) {
  return quotient(base_loss - method.end_loss(), base_loss - full.end_loss());
}

double efficiency_spread(const MethodResult& method, const MethodResult& full) {
  return spread_over_seeds(method, full, [&](double end, double full_end) {
    return quotient(method.start_loss - end, full.start_loss - full_end);
  });
}

double recovery_spread(const MethodResult& method, const MethodResult& full, double base_loss) {
  return spread_over_seeds(
      method, full, [&](double end, double full_end) { return quotient(base_loss - end, base_loss - full_end); });
}

nlohmann::json to_json(const MethodResult& result) {
  nlohmann::json grid = nlohmann::json::array();
  for (const auto& point : result.grid) {
    grid.push_back({{"learning_rate", point.learning_rate},
                    {"validation_loss",
                     std::isfinite(point.validation_loss) ? nlohmann::json(point.validation_loss) : nlohmann::json()}});
  }
  nlohmann::json validation = nlohmann::json::array();
  for (const auto& point : result.validation) {
    validation.push_back({point.step, point.loss});
  }
  return {{"key", result.key},
          {"name", result.name},
          {"rank", result.rank > 0 ? nlohmann::json(result.rank) : nlohmann::json()},
          {"trainable", result.trainable},
          {"start_loss", result.start_loss},
          {"end_loss", result.end_loss()},
          {"end_losses", result.end_losses},
          {"learning_rate", result.learning_rate},
          {"grid", grid},
          {"losses", result.losses},
          {"validation", validation},
          {"seconds", result.seconds},
          {"tokens_per_second", result.tokens_per_second},
          {"adapter_bytes", result.adapter_bytes},
          {"basis_bytes", result.basis_bytes},
          {"sample", result.sample}};
}

MethodResult method_result(const nlohmann::json& json) {
  MethodResult result;
  json.at("key").get_to(result.key);
  json.at("name").get_to(result.name);
  result.rank = json.at("rank").is_null() ? 0 : json.at("rank").get<Index>();
  json.at("trainable").get_to(result.trainable);
  json.at("start_loss").get_to(result.start_loss);
  json.at("end_losses").get_to(result.end_losses);
  json.at("learning_rate").get_to(result.learning_rate);
  for (const auto& point : json.at("grid")) {
    const auto& loss = point.at("validation_loss");
    result.grid.push_back(
        {point.at("learning_rate"), loss.is_null() ? std::numeric_limits<double>::infinity() : loss.get<double>()});
  }
  json.at("losses").get_to(result.losses);
  for (const auto& point : json.at("validation")) {
    result.validation.push_back({point.at(0), point.at(1)});
  }
  json.at("seconds").get_to(result.seconds);
  json.at("tokens_per_second").get_to(result.tokens_per_second);
  json.at("adapter_bytes").get_to(result.adapter_bytes);
  json.at("basis_bytes").get_to(result.basis_bytes);
  json.at("sample").get_to(result.sample);
  return result;
}

}  // namespace paper72
