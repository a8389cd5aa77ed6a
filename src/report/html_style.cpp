#include "report/html_sections.h"

namespace kilat {
namespace {

constexpr std::string_view kStyle = R"(:root {
  --page: #f7f6f3; --card: #fff; --ink: #1d1d20; --soft: #66666d; --line: #e4e2dc;
  --train: #2f6fbe; --validation: #d2660a; --test: #17885a; --bolt: #e9a100;
  --right: 47 111 190; --wrong: 214 74 30; --bad: #b3261e; --notice: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131417; --card: #1c1e22; --ink: #e9e9ec; --soft: #a0a0a8; --line: #33353b;
    --train: #79aef2; --validation: #f5a04f; --test: #5bcf9d; --bolt: #ffc933;
    --right: 90 150 235; --wrong: 240 100 50; --bad: #ff8a80; --notice: #f2c14e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main, footer { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
header { margin: 36px 0 20px; }
h1 { margin: 0; font-size: 1.8rem; line-height: 1.2; }
h2 { margin: 0 0 12px; font-size: 1.15rem; }
.bolt { height: 1.05em; margin-right: .35em; vertical-align: -.12em; }
.bolt path { fill: var(--bolt); }
.what { margin: 4px 0 14px; color: var(--soft); }
h2 + .what { margin-top: -8px; }
section {
  margin: 0 0 20px; padding: 20px; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px;
}
.tiles { display: flex; flex-wrap: wrap; gap: 16px 40px; margin-bottom: 20px; }
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; }
.tile span { color: var(--soft); font-size: .9rem; }
.notice { margin: 0 0 12px; padding: 8px 14px; border-left: 4px solid var(--notice);
  background: var(--page); }
.notice.bad { border-color: var(--bad); }
.summary { display: grid; grid-template-columns: 1fr auto; gap: 20px 48px; align-items: start; }
dl { margin: 0; }
dl div { display: grid; grid-template-columns: 9.5em 1fr; gap: 12px; padding: 3px 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.options dl { columns: 2 320px; column-gap: 48px; }
.options dl div { break-inside: avoid; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; }
.wide { overflow-x: auto; }
.list th, .list td { padding: 4px 0 4px 24px; text-align: right; white-space: nowrap; }
.list th:first-child { padding-left: 0; text-align: left; }
.list tr { border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { color: var(--soft); font-size: .85rem; }
figure { margin: 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
  gap: 24px; }
.charts svg { display: block; width: 100%; height: auto; overflow: visible; }
figcaption .key { margin-left: 12px; color: var(--soft); font-size: .9rem; }
.key::before { content: ""; display: inline-block; width: 18px; height: 3px; margin-right: 6px;
  vertical-align: middle; border-radius: 2px; background: var(--c); }
.train { --c: var(--train); } .validation { --c: var(--validation); } .test { --c: var(--test); }
.none { color: var(--soft); }
svg text { fill: var(--soft); font-size: 12.5px; }
text.end { text-anchor: end; } text.mid { text-anchor: middle; }
text.note { fill: var(--ink); font-weight: 600; paint-order: stroke; stroke: var(--card);
  stroke-width: 4px; stroke-linejoin: round; }
.grid { stroke: var(--line); } .axis { stroke: var(--soft); }
.curve { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.dot { fill: var(--c); }
.best { fill: none; stroke: var(--c); stroke-width: 2; }
.hover { fill: transparent; } .hover:hover { fill: var(--soft); fill-opacity: .16; }
.matrix { font-size: .9rem; }
.matrix th, .matrix td { min-width: 3.2em; padding: 5px 7px; text-align: right; }
.matrix td { border: 1px solid var(--line); }
.matrix th:first-child { position: sticky; left: 0; background: var(--card); min-width: 0; }
.matrix thead th:first-child { font-weight: 400; white-space: nowrap; }
.matrix.dense { font-size: .72rem; }
.matrix.dense th, .matrix.dense td { min-width: 0; padding: 2px 4px; }
.matrix .right { background: rgb(var(--right) / var(--a)); }
.matrix .wrong { background: rgb(var(--wrong) / var(--a)); }
.matrix .zero { color: var(--soft); opacity: .6; }
.matrix .edge, .matrix tfoot td { border: 0; color: var(--soft); font-size: .85em;
  white-space: nowrap; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(84px, 1fr));
  gap: 16px 12px; }
.pictures.units { grid-template-columns: repeat(auto-fill, minmax(76px, 1fr)); gap: 12px; }
.pictures img { display: block; width: 100%; border-radius: 6px; image-rendering: pixelated; }
.pictures figcaption { margin-top: 4px; font-size: .85rem; line-height: 1.35;
  text-align: center; color: var(--soft); }
.pictures b { color: var(--ink); }
.pictures .bad { color: var(--bad); }
.swatch { margin-left: 8px; white-space: nowrap; }
.swatch::before { content: ""; display: inline-block; width: .8em; height: .8em;
  margin-right: 5px; border-radius: 3px; }
.negative::before { background: #2166ac; } .positive::before { background: #b2182b; }
footer { padding-bottom: 36px; color: var(--soft); font-size: .85rem; }
@media (max-width: 640px) {
  main, footer { padding: 0 12px; }
  header { margin: 20px 4px 14px; }
  h1 { font-size: 1.45rem; }
  section { padding: 16px 14px; }
  .summary { grid-template-columns: 1fr; }
  dl div { grid-template-columns: 8em 1fr; }
  .tiles { gap: 14px 28px; } .tile b { font-size: 1.4rem; }
  .pictures, .pictures.units { grid-template-columns: repeat(auto-fill, minmax(60px, 1fr)); }
  .matrix { font-size: .75rem; }
  .matrix th, .matrix td { min-width: 2.4em; padding: 4px 5px; }
  .matrix thead th:first-child { white-space: normal; overflow-wrap: normal; }
  svg text { font-size: 14.5px; }
  .list th, .list td { padding-left: 16px; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #555; --line: #ccc; --train: #2f6fbe;
    --validation: #d2660a; --test: #17885a; --right: 47 111 190; --wrong: 214 74 30;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 11px; }
  main, footer { max-width: none; padding: 0; }
  section { padding: 8px 0; border: 0; }
  figure, tr, h2, .matrix, section:has(.options) { break-inside: avoid; }
  h2, .what { break-after: avoid; }
  .charts { grid-template-columns: 1fr 1fr; }
  .wide { overflow: visible; }
}
)";

}  // namespace

std::string_view html_style() { return kStyle; }

}  // namespace kilat
