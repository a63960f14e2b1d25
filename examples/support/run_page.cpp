// SPDX-License-Identifier: MIT
#include "support/run_page.hpp"

#include <ampsft/core/compat/json.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "support/html.hpp"
#include "support/page_style.hpp"
#include "support/svg_plot.hpp"

namespace example {
namespace {

std::string chart(const ampsft::FinetuneResult& run) {
  Series training{"training, each update", {}, Series::Look::line, 2};
  for (std::size_t i = 0; i < run.losses.size(); ++i) {
    training.points.emplace_back(static_cast<double>(i + 1), run.losses[i]);
  }
  Series validation{"validation", {}, Series::Look::both, 1};
  if (!run.validation.empty()) {
    validation.points.emplace_back(0.0, run.validation_before.value_or(0.0));
    for (const auto& point : run.validation) {
      validation.points.emplace_back(static_cast<double>(point.step), point.loss);
    }
  }
  std::vector<Series> series{std::move(training)};
  if (!validation.points.empty()) {
    series.push_back(std::move(validation));
  }
  return svg_line_plot({.title = "Loss", .x_label = "update", .y_label = "nats a token"}, series);
}

std::string shown(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_number_float() ? brief(value) : value.dump();
}

}  // namespace

std::string run_page(const ampsft::FinetuneResult& run, const std::string& summary) {
  Table table({{"", false}, {"", false}});
  const nlohmann::json members = nlohmann::json::parse(summary);
  for (const auto& [key, value] : members.items()) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    table.row({name, shown(value)});
  }
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Fine-tuning</title>\n"
         "<style>" +
         std::string(page_style) + "</style>\n</head>\n<body>\n<h1>Fine-tuning</h1>\n<figure><div class=\"wide\">" +
         chart(run) + "</div></figure>\n<h2>The run</h2>\n" + table.html() + "</body>\n</html>\n";
}

}  // namespace example
