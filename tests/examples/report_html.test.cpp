// SPDX-License-Identifier: MIT
/// @file
/// The page is well-formed, whole without other files, safe against hostile texts, and says what the numbers say.
#include "paper72/report_html.hpp"

#include <nlohmann/json.hpp>

#include <string>

#include "examples/well_formed.hpp"
#include "support/catch.hpp"

using nlohmann::json;
using paper72::report_html;

namespace {

json method(const std::string& key, double start, double end, double efficiency, double recovery) {
  return {{"key", key},
          {"name", "method " + key},
          {"trainable", 371184},
          {"trainable_share", 0.0361},
          {"start_loss", start},
          {"end_loss", end},
          {"improvement", start - end},
          {"efficiency", efficiency},
          {"recovery", recovery},
          {"parameter_efficiency", 25.4},
          {"learning_rate", 0.02},
          {"grid",
           {{{"learning_rate", 0.01}, {"validation_loss", 6.5}},
            {{"learning_rate", 0.02}, {"validation_loss", 6.25}},
            {{"learning_rate", 0.05}, {"validation_loss", nullptr}}}},
          {"tokens_per_second", 2345.6},
          {"seconds", 11.3},
          {"adapter_bytes", 1484736},
          {"losses", {7.3, 7.0, nullptr, 6.5}},
          {"validation", {{0, start}, {4, end}}},
          {"end_losses", {end}}};
}

/// All that a report must have; the paper's own losses.
json minimal() {
  return json{{"mode", "quick"},
              {"seeds", 1},
              {"machine", {{"cpu", "a cpu"}, {"threads", 2}}},
              {"version", "0.1.0"},
              {"model",
               {{"vocabulary", 15007},
                {"context", 512},
                {"width", 256},
                {"layers", 8},
                {"heads", 8},
                {"intermediate_size", 1024}}},
              {"rank", 8},
              {"texts",
               {{"pretrain", {{"name", "King James Bible"}, {"bytes", 4432120}, {"tokens", 1020311}}},
                {"sft", {{"name", "headers"}, {"bytes", 8712345}, {"tokens", 2910221}}}}},
              {"settings", {{"batch", "2 x 128 tokens"}, {"steps", 60}, {"decay", 0.01}, {"none", nullptr}}},
              {"pretraining",
               {{"losses", {9.6, 8.0, 7.5}},
                {"validation", {{0, 9.6}, {3, 7.5}}},
                {"seconds", 181.0},
                {"tokens", 409600},
                {"tokens_per_second", 2263}}},
              {"accounting",
               {{"score_coefficients", 371184},
                {"basis", 2048},
                {"non_weight", 4352512},
                {"weight_structure", 11504656},
                {"total", 16230400},
                {"unique_parameters", 10291456},
                {"stacked_rows", 46398}}},
              {"r2_by_rank", {{"1", 0.216}, {"16", 0.374}, {"2", 0.238}, {"8", 0.319}}},
              {"variance_by_rank", {{"1", 0.19}, {"16", 0.35}, {"2", 0.21}, {"8", 0.293}}},
              {"rank_for_95_percent", 233},
              {"participation_ratio", 25.7},
              {"spectrum", {0.5, 0.3, 0.15, 0.05, 0.0}},
              {"base_loss", 7.324},
              {"methods",
               {method("full", 7.324, 6.128, 1.0, 1.0), method("truncated", 7.595, 6.497, 0.918, 0.691),
                method("exact_all", 7.324, 6.195, 0.944, 0.944), method("lora_all", 7.324, 6.180, 0.957, 0.957)}},
              {"stored", {{"full_bytes", 41165824}, {"score_and_basis_bytes", 1493952}, {"ratio", 27.56}}},
              {"effective_parameters", "887,628 x 1.2"},
              {"samples", {{{"name", "base"}, {"prompt", "In the"}, {"text", "In the beginning"}}}}};
}

/// Whether the needles occur one after the other.
bool in_order(const std::string& text, std::initializer_list<const char*> needles) {
  std::size_t at = 0;
  for (const char* needle : needles) {
    at = text.find(needle, at);
    if (at == std::string::npos) {
      UNSCOPED_INFO("missing or out of order: " << needle);
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("the page of a minimal report is well-formed, whole and in order") {
  const std::string html = report_html(minimal());
  CHECK(markup_error(html) == "");
  CHECK(html.rfind("<!doctype html>", 0) == 0);
  CHECK(occurrences(html, "<svg") == 4);
  for (const char* outside : {"http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link"}) {
    CHECK_THAT(html, !ContainsSubstring(outside));
  }
  CHECK(in_order(
      html, {"<h1>", "Fine-tuning compared", "<table>", "<svg", "Decomposition", "What the basis explains", "<svg",
             "Spectrum", "Comparison to LoRA", "887,628 x 1.2", "Stored sizes", "Learning rates", "Pretraining", "<svg",
             "Samples", "<footer>", "a cpu, 2 threads", "King James Bible", "2 x 128 tokens"}));
  CHECK_THAT(html, !ContainsSubstring("Recovery by rank"));
  CHECK_THAT(html, !ContainsSubstring(">nan") && !ContainsSubstring("null"));
}

TEST_CASE("the figures are there") {
  const std::string html = report_html(minimal());
  for (const char* figure :
       {"371,184",      "2,048",        "4,352,512", "11,504,656",  "16,230,400",     "10,291,456",
        "46,398",       "2.29\u202F%",  "7.595",     "6.497",       "1.098",          "91.8\u202F%",
        "69.1\u202F%",  "2,346",        "0.319",     "29.3\u202F%", "25.7",           "233",
        "41.2\u00A0MB", "1.49\u00A0MB", "27.6",      "0.02: 6.250", "0.05: diverged", "25.4×"}) {
    CHECK_THAT(html, ContainsSubstring(figure));
  }
  CHECK(in_order(html, {"<thead><tr><th scope=\"col\">K</th>", ">1<", ">2<", ">8<", ">16<"}));  // not as strings
  CHECK_THAT(html, !ContainsSubstring("†"));
}

TEST_CASE("optional parts appear when they are there") {
  json report = minimal();
  report["recovery_by_rank"] = {{"4", {{"recovery", 0.901}, {"end_loss", 6.25}, {"learning_rate", 0.028}}},
                                {"16", {{"recovery", 0.955}, {"end_loss", 6.18}, {"learning_rate", 0.014}}}};
  report["seeds"] = 3;
  report["methods"][1]["end_loss_spread"] = 0.012;
  report["methods"][1]["recovery_spread"] = 0.01;
  report["methods"][1]["basis_bytes"] = 9216;
  report["methods"][1]["learning_rate"] = 0.05;
  report["methods"][3]["rank"] = 5;
  const std::string html = report_html(report);
  CHECK(markup_error(html) == "");
  CHECK(occurrences(html, "<svg") == 5);
  CHECK(in_order(html, {"6.497 ± 0.012", "69.1\u202F% ± 1.0\u202F%", ">5<", "9.22\u00A0kB", "truncated †",
                        "edge of its grid", "Recovery by rank", "90.1\u202F%", "95.5\u202F%"}));
}

TEST_CASE("hostile texts stay texts") {
  const std::string hostile = "</pre></style><script>alert('1')</script> & \"q\" <img src=x onerror=y>\r";
  json report = minimal();
  report["mode"] = report["version"] = report["machine"]["cpu"] = report["effective_parameters"] = hostile;
  report["texts"]["sft"]["name"] = report["settings"]["batch"] = report["settings"][hostile] = hostile;
  report["methods"][0]["name"] = report["methods"][1]["key"] = hostile;
  report["samples"] = {{{"name", hostile}, {"prompt", hostile}, {"text", hostile + hostile}}};
  report["r2_by_rank"][hostile] = 0.5;
  const std::string html = report_html(report);
  CHECK(markup_error(html) == "");
  CHECK_THAT(html, !ContainsSubstring("<script") && !ContainsSubstring("<img"));
  CHECK_THAT(html, ContainsSubstring("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;q&quot;"));
}

TEST_CASE("a sample's prompt is shown once") {
  json report = minimal();
  CHECK_THAT(report_html(report), ContainsSubstring("<strong>In the</strong> beginning</pre>"));
  report["samples"][0]["text"] = " end";
  CHECK_THAT(report_html(report), ContainsSubstring("<strong>In the</strong> end</pre>"));
}

TEST_CASE("the summary says what the numbers say") {
  json report = minimal();
  json& truncated = report["methods"][1];
  CHECK_THAT(report_html(report),
             ContainsSubstring("holds in this run only by its own measure") &&
                 ContainsSubstring("from a loss of 7.324 to 7.595") &&
                 ContainsSubstring("trains 371,184 scores beside its 10,291,456 frozen parameters, "
                                   "recovers 94.4\u202F% of what full fine-tuning gains"));
  truncated["recovery"] = 0.95;
  CHECK_THAT(report_html(report), ContainsSubstring("claim holds in this run:"));
  truncated["efficiency"] = 0.5;
  CHECK_THAT(report_html(report), ContainsSubstring("by what a user gets, not by its own measure:"));
  truncated["recovery"] = 0.8;
  CHECK_THAT(report_html(report), ContainsSubstring("claim does not hold in this run:"));
  truncated["recovery"] = -0.2;
  CHECK_THAT(report_html(report),
             ContainsSubstring("\u221220.0\u202F%, which means that it ends worse than the model before"));
  CHECK_THAT(report_html(report), !ContainsSubstring("Share is the paper’s"));  // here it is of all parameters
  truncated["trainable_share"] = 371184.0 / 16230400.0;
  CHECK_THAT(report_html(report), ContainsSubstring("Share is the paper’s: of 16,230,400 stored numbers"));
  report["methods"][0]["end_loss"] = 7.4;
  CHECK_THAT(report_html(report), ContainsSubstring("mean nothing here") && !ContainsSubstring("claim"));
}

TEST_CASE("whatever part is missing or of another kind, there is a page") {
  const json whole = minimal();
  for (const auto& [key, value] : whole.items()) {
    for (const json& other : {json(), json(1.5), json("text"), json::array(), json::object(), json{1, "a", nullptr}}) {
      json report = whole;
      report[key] = other;
      INFO(key << " = " << other);
      CHECK(markup_error(report_html(report)) == "");
    }
  }
  CHECK(markup_error(report_html(json())) == "");
  CHECK(markup_error(report_html(json::array({1, 2}))) == "");
}

TEST_CASE("long runs are thinned out to what a screen shows") {
  json report = minimal();
  report["methods"][0]["losses"] = json::array();
  for (int i = 0; i < 50000; ++i) {
    report["methods"][0]["losses"].push_back(6.0 + 1.0 / (1.0 + i));
  }
  CHECK(report_html(report).size() < 100000);
}
