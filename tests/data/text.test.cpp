// SPDX-License-Identifier: MIT
/// @file
/// Checks which files become text, in which order, and where text is divided.

#include <ampsft/core/random.hpp>
#include <ampsft/data/text.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace ampsft;

TEST_CASE("a folder's text files are joined in the order of their paths") {
  const testing::TemporaryFolder folder;
  folder.write("b.txt", "b without end");
  folder.write("a/z.txt", "z\n");
  folder.write("a/deep/y.txt", "y\n");
  folder.write("empty.txt", "");
  folder.write("image.png", std::string("x\0y", 3));
  folder.write(".hidden", "no");
  folder.write(".git/config", "no");
  folder.write("c.txt", "c\n");
  std::filesystem::create_symlink("nowhere", folder.path() / "dangling");
  CHECK(load_text({folder.path()}) == "y\nz\nb without end\nc\n");
  CHECK(load_text({folder.path() / "c.txt", folder.path() / "a"}) == "c\ny\nz\n");
}

TEST_CASE("a file that is named itself is taken as it is") {
  const testing::TemporaryFolder folder;
  const auto binary = folder.write(".binary", std::string("x\0y", 3));
  CHECK(load_text({binary}) == std::string("x\0y", 3));
}

TEST_CASE("no text is an error that says where it was looked for") {
  const testing::TemporaryFolder folder;
  CHECK_THROWS_AS(load_text({}), Error);
  CHECK_THROWS_WITH(load_text({folder.path() / "missing"}), ContainsSubstring("missing\": there is no such file"));
  CHECK_THROWS_WITH(load_text({folder.write("empty", "")}), ContainsSubstring("the file is empty"));
  CHECK_THROWS_WITH(load_text({folder.path()}), ContainsSubstring("holds no text files"));
}

TEST_CASE("text is divided at line ends near the fractions") {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "line " + std::to_string(i) + "\n";
  }
  const auto [train, validation, test] = split_text(text, 0.1, 0.2);
  CHECK(train + validation + test == text);
  CHECK((train.back() == '\n' && validation.back() == '\n'));
  const auto share = [&](const std::string& part) {
    return static_cast<double>(part.size()) / static_cast<double>(text.size());
  };
  CHECK(std::fabs(share(validation) - 0.1) < 0.002);
  CHECK(std::fabs(share(test) - 0.2) < 0.002);

  CHECK(split_text(text, 0, 0).train == text);
  CHECK(split_text(text, 0.5, 0).test.empty());
  CHECK(split_text(text, 0, 0.5).validation.empty());
}

TEST_CASE("a cut goes to the nearest line end, without one to the place itself") {
  CHECK(split_text("aaaa\nbbbbbbbbbbb", 0, 0.5).train == "aaaa\n");
  CHECK(split_text("aaaaaaaaaa\nbbbb", 0, 0.5).train == "aaaaaaaaaa\n");
  CHECK(split_text("aaaaaaaa\n", 0, 0.5).train == "aaaa");
  const auto parts = split_text("0123456789", 0.25, 0.25);
  CHECK((parts.train == "01234" && parts.validation == "56" && parts.test == "789"));
}

TEST_CASE("parts always are the text, and none that was asked for is empty") {
  Random random(37);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (Index size = 3 + random.below(60); size > 0; --size) {
      text.push_back(random.below(6) == 0 ? '\n' : 'x');
    }
    const double validation = 0.01 + 0.4 * random.uniform();
    const double test = 0.01 + 0.4 * random.uniform();
    const auto parts = split_text(text, validation, test);
    CAPTURE(text, validation, test);
    REQUIRE(parts.train + parts.validation + parts.test == text);
    REQUIRE_FALSE((parts.train.empty() || parts.test.empty()));
    REQUIRE((!parts.validation.empty() || parts.train.size() == 1));
  }
}

TEST_CASE("fractions that leave nothing are errors") {
  CHECK_THROWS_AS(split_text("", 0.1, 0.1), Error);
  CHECK_THROWS_WITH(split_text("text", 0.5, 0.5), ContainsSubstring("leave a part for training"));
  CHECK_THROWS_AS(split_text("text", -0.1, 0.1), Error);
  CHECK_THROWS_AS(split_text("text", std::numeric_limits<double>::quiet_NaN(), 0.1), Error);
}
