// SPDX-License-Identifier: MIT
/// @file
/// Rotary positions in config.json: read as transformers does, and written.
#pragma once

#include <ampsft/core/compat/json.hpp>
#include <ampsft/core/rope_config.hpp>
#include <ampsft/io/detail/json_fields.hpp>
#include <ampsft/io/detail/names.hpp>

#include <cmath>
#include <string>

namespace ampsft::detail {

/// The settings in one object, `rope_scaling` or `rope_parameters` or one of a layer type. Throws for members that are
/// not understood. `partial`: the family takes heads that rotate in part, and `dims` of the result are left to it.
[[nodiscard]] inline RopeConfig read_rope_object(const JsonFields& json, double theta, Index context,
                                                 bool partial = false) {
  RopeConfig rope;
  rope.theta = json.number("rope_theta", theta);
  const std::string type = json.text("type", "default");
  const std::string kind = json.text("rope_type", type);
  require(json.number("partial_rotary_factor", 1.0) == 1 || partial, json.source(),
          ": heads that rotate in part are not supported for this class");
  if (kind != "default") {
    rope.original_context = json.integer("original_max_position_embeddings", context);
  }
  if (kind == "linear") {
    rope.scaling = RopeScaling::linear;
    rope.factor = json.number("factor");
    rope.original_context = 0;
  } else if (kind == "llama3") {
    rope.scaling = RopeScaling::llama3;
    rope.factor = json.number("factor");
    rope.low_frequency_factor = json.number("low_freq_factor");
    rope.high_frequency_factor = json.number("high_freq_factor");
    require(rope.low_frequency_factor > 0 && rope.high_frequency_factor > rope.low_frequency_factor, json.source(),
            ": the frequency factors must be positive and low_freq_factor the smaller one");
  } else if (kind == "yarn") {
    rope.scaling = RopeScaling::yarn;
    rope.factor = json.number("factor");
    require(json.flag("truncate", true), json.source(), ": yarn with \"truncate\": false is not supported");
    rope.beta_fast = json.number("beta_fast", rope.beta_fast);
    rope.beta_slow = json.number("beta_slow", rope.beta_slow);
    rope.attention_factor = json.number("attention_factor", yarn_attention_factor(rope.factor));
  } else if (kind == "longrope") {
    rope.scaling = RopeScaling::longrope;
    rope.short_factors = json.numbers("short_factor");
    rope.long_factors = json.numbers("long_factor");
    require(rope.original_context > 0, json.source(), ": original_max_position_embeddings must be positive");
    rope.factor = json.number("factor", static_cast<double>(context) / static_cast<double>(rope.original_context));
    rope.attention_factor =
        json.number("attention_factor", longrope_attention_factor(rope.factor, rope.original_context));
  } else {
    require(kind == "default", json.source(), ": the rotary scaling ", quoted(kind),
            " is not supported; supported are default, linear, llama3, yarn, longrope");
  }
  json.refuse_unread();
  return rope;
}

/// The settings of all layers of a model: `rope_scaling` where it is there, else transformers 5's `rope_parameters`,
/// else `rope_theta` alone. Throws where the first two are there and differ.
[[nodiscard]] inline RopeConfig read_rope(const JsonFields& json, double theta, Index context) {
  theta = json.number("rope_theta", theta);
  require(json.number("partial_rotary_factor", 1.0) == 1, json.source(),
          ": heads that rotate in part are not supported for this class");
  const nlohmann::json* const old = json.find("rope_scaling");
  const nlohmann::json* const own = json.find("rope_parameters");
  const bool has_old = old != nullptr && !old->empty();
  if (!has_old && (own == nullptr || own->empty())) {
    return {.theta = theta};
  }
  RopeConfig rope = read_rope_object(json.object(has_old ? "rope_scaling" : "rope_parameters"), theta, context);
  if (has_old && own != nullptr && !own->empty()) {
    require(read_rope_object(json.object("rope_parameters"), theta, context) == rope, json.source(),
            ": \"rope_scaling\" and \"rope_parameters\" say different things; remove the one that is wrong");
  }
  return rope;
}

/// `partial_rotary_factor`, in the object of the settings or beside it.
[[nodiscard]] inline double read_partial_rotary_factor(const JsonFields& json) {
  double factor = json.number("partial_rotary_factor", 1.0);
  for (const char* const key : {"rope_parameters", "rope_scaling"}) {
    if (json.contains(key) && json.find(key)->is_object()) {
      factor = json.object(key).number("partial_rotary_factor", factor);
    }
  }
  require(factor > 0 && factor <= 1, json.source(), ": \"partial_rotary_factor\" must lie in (0, 1], not ", factor);
  return factor;
}

/// The object that `read_rope_object` reads; transformers 4 calls it `rope_scaling`, 5 `rope_parameters`.
[[nodiscard]] inline nlohmann::json rope_json(const RopeConfig& rope) {
  require(rope.frequency_factors.empty(), "the model's file holds frequency factors of its rotary positions ",
          "(rope_freqs.weight), which config.json has no place for; take the model's original folder instead");
  nlohmann::json json{{"rope_type", "default"}};
  if (rope.scaling != RopeScaling::none) {
    json["rope_type"] = std::string(names_of(rope.scaling)[static_cast<std::size_t>(rope.scaling)]);
    json["factor"] = rope.factor;
  }
  if (rope.scaling != RopeScaling::none && rope.scaling != RopeScaling::linear) {
    json["original_max_position_embeddings"] = rope.original_context;
  }
  if (rope.scaling == RopeScaling::llama3) {
    json["low_freq_factor"] = rope.low_frequency_factor;
    json["high_freq_factor"] = rope.high_frequency_factor;
  } else if (rope.scaling == RopeScaling::yarn) {
    json["beta_fast"] = rope.beta_fast;
    json["beta_slow"] = rope.beta_slow;
    json["attention_factor"] = rope.attention_factor;
  } else if (rope.scaling == RopeScaling::longrope) {
    json["short_factor"] = rope.short_factors;
    json["long_factor"] = rope.long_factors;
    json["attention_factor"] = rope.attention_factor;
  }
  return json;
}

/// Puts `rope_theta`, and `rope_scaling` where there is any.
inline void write_rope(const RopeConfig& rope, nlohmann::json& json) {
  const nlohmann::json scaling = rope_json(rope);
  json["rope_theta"] = rope.theta;
  json["rope_scaling"] = rope.scaling == RopeScaling::none ? nlohmann::json(nullptr) : scaling;
}

}  // namespace ampsft::detail
