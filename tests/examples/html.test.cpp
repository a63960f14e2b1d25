// SPDX-License-Identifier: MIT
/// @file
/// Formatted numbers against what they should read, and escaped tables.
#include "support/html.hpp"

#include <ampsft/core/error.hpp>

#include <limits>
#include <string>

#include "examples/well_formed.hpp"
#include "support/catch.hpp"

using namespace example;

TEST_CASE("escaped text is literal text") {
  CHECK(escape("a < b && c > \"d\" 'e'\n\t") == "a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;\n\t");
  CHECK(escape(std::string("\0\r\x1b\x7f", 4)) == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(escape("größer ≥ 日本") == "größer ≥ 日本");
}

TEST_CASE("numbers read as people write them") {
  CHECK(count(16230400) == "16,230,400");
  CHECK(count(999) == "999");
  CHECK(count(1000) == "1,000");
  CHECK(fixed(-1234.5, 2) == "\u22121,234.50");
  CHECK(fixed(123456.789, 1) == "123,456.8");
  CHECK(fixed(-0.0001, 2) == "0.00");
  CHECK(fixed(1e100, 2) == "1.000e+100");
  CHECK(percent(0.918) == "91.8\u202F%");
  CHECK(percent(-0.5, 0) == "\u221250\u202F%");
  CHECK(brief(0.02) == "0.02");
  CHECK(brief(0.01 / 3) == "0.00333");
  CHECK(brief(1e-5) == "1e-05");
  CHECK(bytes(0) == "0\u00A0B");
  CHECK(bytes(999) == "999\u00A0B");
  CHECK(bytes(1493952) == "1.49\u00A0MB");
  CHECK(bytes(999600) == "1.00\u00A0MB");
  CHECK(bytes(41165824) == "41.2\u00A0MB");
  CHECK(bytes(412e9) == "412\u00A0GB");
  for (const double none : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CHECK(fixed(none, 1) == no_number);
    CHECK(percent(none) == no_number);
    CHECK(brief(none) == no_number);
    CHECK(bytes(none) == no_number);
  }
}

TEST_CASE("a table escapes its cells and has one for each column") {
  Table table({{"name", false}, {"a<b"}});
  CHECK(table.empty());
  table.row({"<i>", {"1 & 2", true}});
  const std::string html = table.html();
  CHECK(markup_error(html) == "");
  CHECK_THAT(html, ContainsSubstring("<th scope=\"row\">&lt;i&gt;</th>"));
  CHECK_THAT(html, ContainsSubstring("<td class=\"number\"><strong>1 &amp; 2</strong></td>"));
  CHECK_THAT(html, ContainsSubstring("a&lt;b"));
  CHECK_THROWS_AS(table.row({"one"}), ampsft::Error);
}
