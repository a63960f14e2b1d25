// SPDX-License-Identifier: MIT
/// @file
/// The style sheet of pages that a program writes.
#pragma once

#include <string_view>

namespace example {

/// Light, dark and printed; the series' colours are the charts' custom properties.
inline constexpr std::string_view page_style = R"css(
:root {
  color-scheme: light dark;
  --page: #fdfdfb; --ink: #1d1f23; --muted: #5d626b; --line: #d8d9d6; --wash: #f3f3ef;
  --series-0: #1d1f23; --series-1: #d55e00; --series-2: #0072b2; --series-3: #009e73;
  --series-4: #b4548f; --series-5: #a87400; --series-6: #2e96d0;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #15171a; --ink: #e6e6e3; --muted: #a0a5ad; --line: #363a40; --wash: #1e2125;
    --series-0: #e6e6e3; --series-1: #f5823c; --series-2: #5aaef0; --series-3: #2cc79a;
    --series-4: #e48cc0; --series-5: #e5b53a; --series-6: #8fd0ff;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 66rem; background: var(--page); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
h1, h2, .lead { font-family: Charter, "Bitstream Charter", "Iowan Old Style", Georgia, "Liberation Serif", serif; }
h1 { font-size: 2.1rem; line-height: 1.2; font-weight: 600; margin: 0 0 .3rem; }
h2 { font-size: 1.35rem; line-height: 1.3; font-weight: 600; margin: 3rem 0 .6rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p, dl, figcaption { max-width: 44rem; }
p { margin: .6rem 0; }
.lead { font-size: 1.2rem; line-height: 1.5; margin: 1.2rem 0; }
.muted, .note, figcaption { color: var(--muted); }
.note, figcaption, footer { font-size: .875rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
table { border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); }
th, td { padding: .38rem .7rem; text-align: left; vertical-align: baseline; font-weight: 400; }
th:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); vertical-align: bottom; border-bottom: 1px solid var(--ink); }
tbody tr + tr > * { border-top: 1px solid var(--line); }
.number { text-align: right; }
td.number { white-space: nowrap; }
tbody th, td:not(.number) { min-width: 8rem; }
strong { font-weight: 650; }
figure { margin: 1.2rem 0; break-inside: avoid; }
figure .wide { margin: 0; }
.plot { display: block; width: 100%; max-width: 46rem; min-width: 30rem; height: auto; }
.sample { margin: 1.2rem 0; break-inside: avoid; }
pre {
  margin: 0; padding: .8rem 1rem; background: var(--wash); border-left: 3px solid var(--line); max-width: 46rem;
  font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
footer { margin-top: 3.5rem; padding-top: .8rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: .6rem 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 36rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.7rem; }
  .lead { font-size: 1.1rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  td:not(.number) { min-width: 14rem; } /* a scrolling table may be wide, it should not be tall */
}
@media print {
  :root { color-scheme: light; --page: #fff; --wash: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2, section > p:not(.note) { break-after: avoid; }
  p { break-inside: avoid; }
  .note { break-before: avoid; }
  h2 { margin-top: 1.6rem; }
  .wide { overflow: visible; break-inside: avoid; }
  table { font-size: 7.5pt; }
  th, td { padding: .25rem .4rem; }
  .plot { max-width: 13cm; min-width: 0; }
}
)css";

}  // namespace example
