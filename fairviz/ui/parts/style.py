"""The app's one stylesheet: constant, for what Streamlit has no setting for. Nothing that a person gave is in it."""

from __future__ import annotations

import streamlit as st

STYLESHEET = """
<style>
/* the page begins below the menu's button, not an empty bar lower */
[data-testid="stMainBlockContainer"] { padding-top: 1.5rem; }
[data-testid="stHeader"] { height: 1.5rem; min-height: 1.5rem; background: transparent; }
/* chosen values: white on the accent colour has too little contrast in the dark theme */
[data-testid="stMultiSelect"] [data-tag] { background-color: rgba(86, 180, 233, 0.25); color: inherit; }
[data-testid="stMultiSelect"] [data-tag] * { color: inherit; }
/* what a page says in large type; no size of Streamlit's lies between text and headings */
.st-key-headline p { font-size: 1.15rem; line-height: 1.4; }
/* as high as its longest usual text, so that nothing below moves with the dial */
.st-key-headline { min-height: 10.8rem; }
.st-key-mind { min-height: 4.5rem; }
.st-key-mind p { font-size: 0.9rem; }
.st-key-meaning { min-height: 4.6rem; }
/* the lecture view: what one moves, what it does, and nothing else, half as large again */
html:has(.st-key-leave) { font-size: 21px; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) { padding: 1rem 2rem 0; max-width: none; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) > [data-testid="stVerticalBlock"] >
  *:not(:has(> .st-key-top, > .st-key-plots, > .st-key-first_line, > .st-key-notes)) { display: none; }
.st-key-first_line:has(.st-key-leave) > *:not(.st-key-leave),
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-settings { display: none; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) *:has(> .st-key-dial_place),
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-dial_place { height: auto; overflow: visible; }
.st-key-leave { position: fixed; top: 0; right: 0.5rem; z-index: 99; }
*:has(> .st-key-first_line > .st-key-leave) { display: contents; }
@media (min-width: 900px) {
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-top [data-testid="stColumn"]:first-child {
    flex: 0 0 34%; width: 34%;
  }
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-top [data-testid="stColumn"]:last-child { flex: 1; }
}
/* a chart is drawn as wide as it seems before it is enlarged, so its place is 1 / 1.5 / 1.5 of the column */
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-plots
  [data-testid="stElementContainer"]:has([data-testid="stVegaLiteChart"]) {
  transform: scale(1.5); transform-origin: top left; width: 44.44%; margin-bottom: 125px;
}
@media (min-width: 1700px) {
  html:has(.st-key-leave) { font-size: 28px; }
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-plots
    [data-testid="stElementContainer"]:has([data-testid="stVegaLiteChart"]) {
    transform: scale(2); width: 25%; margin-bottom: 250px;
  }
}
@media (min-width: 1700px) and (min-height: 1000px) {
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-plots
    [data-testid="stElementContainer"]:has([data-testid="stVegaLiteChart"]) {
    transform: scale(2.1); width: 22.68%; margin-bottom: 275px;
  }
}
@media (max-height: 999px) {
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-mind:not(:has(strong)) { display: none; }
}
/* what is on its way lies over the lower edge and moves nothing */
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-under_way {
  position: fixed; bottom: 0; left: 0; right: 0; z-index: 99; padding: 0 2rem; background: Canvas;
}
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-headline { min-height: 0; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-headline p { font-size: 1.05rem; line-height: 1.3; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-mind p { font-size: 0.85rem; line-height: 1.3; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-answer { min-height: 13.4rem; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-mind { min-height: 0; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-answer:has(.st-key-mind strong)
  [data-testid="stCaptionContainer"] { display: none; }
[data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-answer { padding: 0.5rem 1rem 0; gap: 0.5rem; }
@media (min-width: 1700px) and (min-height: 1000px) {
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-answer { min-height: 16.6rem; }
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-headline p { font-size: 1.15rem; }
}
/* tables that are all on the page: cells begin at the top, a figure and its interval hold together */
[class*="st-key-whole_"] td { vertical-align: top; }
.st-key-whole_compare_chosen td:nth-child(-n+3) *, .st-key-whole_table1 td:nth-child(-n+6) * { white-space: nowrap; }
@media (max-width: 640px) {
  /* the lecture view has no room to enlarge charts in */
  html:has(.st-key-leave) { font-size: 18px; }
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) .st-key-plots
    [data-testid="stElementContainer"]:has([data-testid="stVegaLiteChart"]) {
    transform: none; width: 100%; margin-bottom: 0;
  }
  /* a row is a block: the method, and below it its figures, two beside each other, each with its name */
  [class*="st-key-whole_"] thead { display: none; }
  [class*="st-key-whole_"] tr {
    display: grid; grid-template-columns: 1fr 1fr; padding: 0.3rem 0; border-bottom: 1px solid GrayText;
  }
  [class*="st-key-whole_"] td { display: flex; gap: 0.4rem; border: 0; padding: 0; font-size: 0.8rem; }
  [class*="st-key-whole_"] td:first-child { font-weight: 600; grid-column: 1 / 3; font-size: 0.9rem; }
  [class*="st-key-whole_"] td:not(:first-child)::before { opacity: 0.8; }
  .st-key-whole_compare_chosen td:nth-child(2)::before { content: "Right"; }
  .st-key-whole_compare_chosen td:nth-child(3)::before { content: "Equal"; }
  .st-key-whole_compare_chosen td:nth-child(4)::before { content: "All people: right"; }
  .st-key-whole_compare_chosen td:nth-child(5)::before { content: "All: equal"; }
  .st-key-whole_compare_chosen td:nth-child(6)::before { content: "Chosen:"; }
  .st-key-whole_table1 td:nth-child(2)::before { content: "Right"; }
  .st-key-whole_table1 td:nth-child(3)::before { content: "R_DP"; }
  .st-key-whole_table1 td:nth-child(4)::before { content: "R_DP of the other label"; }
  .st-key-whole_table1 td:nth-child(5)::before { content: "R_EOp"; }
  .st-key-whole_table1 td:nth-child(6)::before { content: "Paper (right, R_DP, R_EOp):"; }
  .st-key-whole_table1 td:nth-child(7)::before { content: "Chosen:"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(2)::before { content: "People"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(3)::before { content: "Right"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(4)::before { content: "Told yes:"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(5)::before { content: "R_DP"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(6)::before { content: "If equal"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(7)::before { content: "R_EOp"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(8)::before { content: "If equal"; }
  :is(.st-key-whole_domain_table, .st-key-whole_compare_domains) td:nth-child(n+4) { grid-column: 1 / 3; }
  .st-key-whole_pinned td:nth-child(3)::before { content: "Right"; }
  .st-key-whole_pinned td:nth-child(4)::before { content: "Equal"; }
  .st-key-whole_pinned td:nth-child(5)::before { content: "Right, against now"; }
  .st-key-whole_compare_chosen td:nth-child(6), .st-key-whole_table1 td:nth-child(4),
  .st-key-whole_table1 td:nth-child(n+6) { grid-column: 1 / 3; }
  [data-testid="stMainBlockContainer"], [data-testid="stMainBlockContainer"]:has(.st-key-leave) {
    padding: 1rem 1rem 7rem;
  }
  [data-testid="stMainBlockContainer"]:has(.st-key-leave) { padding-top: 2.5rem; }
  .st-key-headline { min-height: 11.3rem; }
  .st-key-meaning { min-height: 5.8rem; }
  .st-key-headline p { font-size: 0.95rem; line-height: 1.35; }
  .st-key-answer [data-testid="stCaptionContainer"] p { font-size: 0.8rem; line-height: 1.3; }
  .st-key-answer [data-testid="stCaptionContainer"] { min-height: 4.15rem; }
  /* the dial stays in reach while the charts scroll */
  [class*="st-key-in_reach_price_"]:not(.st-key-in_reach_price_second) {
    position: fixed; bottom: 0; left: 0; right: 0; z-index: 99; padding: 0.5rem 1rem 1rem;
    background: Canvas; border-top: 1px solid GrayText;
  }
  *:has(> .st-key-dial_place), .st-key-dial_place { height: 8rem; min-height: 0; }
  .st-key-settings { flex-wrap: wrap; }
  .st-key-settings > :first-child { flex: 1 0 100%; }
  /* one column: what is said and the charts come before what is set once */
  *:has(> .st-key-top), .st-key-top, .st-key-top > *, .st-key-top > * > [data-testid="stHorizontalBlock"] {
    display: contents;
  }
  .st-key-top [data-testid="stColumn"] { width: 100%; }
  *:has(> .st-key-notes) { order: -4; }
  *:has(> .st-key-first_line) { order: -3; }
  [data-testid="stColumn"]:has(.st-key-answer) { order: -2; }
  *:has(> .st-key-plots) { order: -1; }
  .st-key-answer { gap: 0.4rem; padding: 0.6rem 0.8rem; }
  .st-key-mind { min-height: 4.4rem; }
  .st-key-mind p { font-size: 0.8rem; line-height: 1.35; }
}
</style>
"""


def apply() -> None:
    """Put the stylesheet on the page."""
    st.html(STYLESHEET)
