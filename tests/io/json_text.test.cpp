// SPDX-License-Identifier: MIT
/// @file
/// Checks that hostile JSON is refused.

#include <ampsft/core/compat/json.hpp>
#include <ampsft/io/json_text.hpp>

#include <span>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace ampsft;

TEST_CASE("JSON is parsed") {
  const auto root = parse_json(R"({"a": [1, {"b": 2}], "c": {"b": 3}})", "source", 3);
  CHECK(root["a"][1]["b"] == 2);
  CHECK(root["c"]["b"] == 3);
}

TEST_CASE("integers are read as such or not at all") {
  const auto root = parse_json(R"({"a": 7, "b": -7, "c": 7.5, "d": 1e300, "e": "7", "f": true})", "source", 3);
  CHECK(integer_at(root, "a") == 7);
  CHECK(integer_at(root, "b") == -7);
  for (const char* name : {"c", "d", "e", "f", "g"}) {
    CHECK_THROWS_AS(integer_at(root, name), nlohmann::json::exception);
  }
}

TEST_CASE("JSON that is broken, doubled, or not UTF-8 is an error that names the source") {
  CHECK_THROWS_WITH(parse_json("", "source", 3), ContainsSubstring("source: parse error"));
  CHECK_THROWS_AS(parse_json("{\"a\": 1", "source", 3), Error);
  CHECK_THROWS_AS(parse_json("{} {}", "source", 3), Error);
  CHECK_THROWS_AS(parse_json("\"\xff\"", "source", 3), Error);
  CHECK_THROWS_AS(parse_json("1e9999", "source", 3), Error);
  CHECK_THROWS_WITH(parse_json(R"({"a": 1, "b": {"a": 1}, "a": 2})", "source", 3),
                    ContainsSubstring("\"a\" appears twice"));
}

TEST_CASE("text of JSON is what was parsed, and an error for strings that are not UTF-8") {
  CHECK(json_text(parse_json(R"({ "a" : [1, 2.5, "x"] })", "source", 3)) == R"({"a":[1,2.5,"x"]})");
  CHECK(json_text(nlohmann::json{{"a", 1}}, 2) == "{\n  \"a\": 1\n}");
  CHECK_THROWS_WITH(json_text(nlohmann::json("\xe9")), ContainsSubstring("UTF-8"));
}

TEST_CASE("the reason stays one short line whatever the text is") {
  try {
    static_cast<void>(parse_json("\"" + std::string(100'000, '\n') + "\"", "source", 3));
    FAIL("no error");
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.size() < 300);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("deep JSON is refused, not followed") {
  CHECK_NOTHROW(parse_json("[[[1]]]", "source", 3));
  CHECK_THROWS_WITH(parse_json("[[[[1]]]]", "source", 3), ContainsSubstring("nested deeper than 3"));
  const std::string deep(1'000'000, '[');
  CHECK_THROWS_WITH(parse_json(deep, "source", 100), ContainsSubstring("nested deeper than 100"));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) {
    objects += "{\"a\":";
  }
  CHECK_THROWS_WITH(parse_json(objects, "source", 100), ContainsSubstring("nested deeper than 100"));
}

TEST_CASE("JSON of many tiny values is refused before it takes many times its size") {
  std::string text = "[0";
  for (int i = 0; i < 3'000'000; ++i) {
    text += ",0";
  }
  CHECK_THROWS_WITH(parse_json(text + "]", "source", 3), ContainsSubstring("more values"));
  std::string objects = "[{}";
  for (int i = 0; i < 3'000'000; ++i) {
    objects += ",{}";
  }
  CHECK_THROWS_WITH(parse_json(objects + "]", "source", 3), ContainsSubstring("more values"));
}

TEST_CASE("many objects cost time in proportion") {
  std::string text = "[{}";
  for (int i = 0; i < 200'000; ++i) {
    text += ",{}";
  }
  CHECK(parse_json(text + "]", "source", 3).size() == 200'001);
}

TEST_CASE("a filter leaves out what it takes") {
  std::vector<int> taken;
  const auto filter = [&](std::span<const std::string> path, nlohmann::json& value) {
    if (path.size() == 2 && path[0] == "a" && path[1] == "x") {
      taken.push_back(value.get<int>());
      return true;
    }
    if (path.size() == 2 && path[0] == "b" && value.is_array()) {
      taken.push_back(value[0].get<int>());
      return true;
    }
    return path.size() == 1 && path[0] == "d" && value.is_object();
  };
  const auto root =
      parse_json(R"({"a": {"x": 1, "x": 2, "y": 0}, "b": [3, [4], "5"], "c": 6, "d": {"e": 1}})", "source", 4, filter);
  CHECK(taken == std::vector<int>{1, 2, 4});
  CHECK(root == nlohmann::json{{"a", {{"y", 0}}}, {"b", {3, "5"}}, {"c", 6}});
}
