// SPDX-License-Identifier: MIT
#include "page.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "support/html.hpp"
#include "support/page_style.hpp"
#include "support/svg_plot.hpp"

namespace finetune {
namespace {

std::string chart(const ampsft::TrainReport& report, double loss_before) {
  example::Series training{"training, each update", {}, example::Series::Look::line, 2};
  for (std::size_t i = 0; i < report.losses.size(); ++i) {
    training.points.emplace_back(static_cast<double>(i + 1), report.losses[i]);
  }
  example::Series validation{"validation", {}, example::Series::Look::both, 1};
  if (!report.validation.empty()) {
    validation.points.emplace_back(0.0, loss_before);
    for (const auto& point : report.validation) {
      validation.points.emplace_back(static_cast<double>(point.step), point.loss);
    }
  }
  std::vector<example::Series> series{std::move(training)};
  if (!validation.points.empty()) {
    series.push_back(std::move(validation));
  }
  return example::svg_line_plot({.title = "Loss", .x_label = "update", .y_label = "nats a token"}, series);
}

std::string shown(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_number_float() ? example::brief(value) : value.dump();
}

}  // namespace

std::string run_page(const ampsft::TrainReport& report, double loss_before, const nlohmann::json& summary) {
  example::Table table({{"", false}, {"", false}});
  for (const auto& [key, value] : summary.items()) {
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    table.row({name, shown(value)});
  }
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Fine-tuning</title>\n"
         "<style>" +
         std::string(example::page_style) +
         "</style>\n</head>\n<body>\n<h1>Fine-tuning</h1>\n<figure><div class=\"wide\">" + chart(report, loss_before) +
         "</div></figure>\n<h2>The run</h2>\n" + table.html() + "</body>\n</html>\n";
}

}  // namespace finetune
