/** The style of the pages, for light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #fbfaf7; --card: #fff; --text: #1c2320; --hint: #56605b; --line: #d9d6cd;
  --accent: #0b6b4f; --danger: #a3261b; --on-fill: #fff; --good: #e0f2ea; --old: #ecebe6; --bad: #fbe4e1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131614; --card: #1c211e; --text: #e8ebe9; --hint: #a5afaa; --line: #39413c;
    --accent: #6fd3ae; --danger: #ff9d92; --on-fill: #131614; --good: #173c2e; --old: #2c322f; --bad: #4a1f1b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 60rem; margin: 0 auto; padding: 0.75rem 1rem; }
header { border-bottom: 1px solid var(--line); font-weight: 600; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 0 0 0.5rem; }
section { margin: 1rem 0; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.hint { color: var(--hint); font-size: 0.875rem; }
.id { font-family: ui-monospace, monospace; font-size: 0.875rem; }
bdi, dd, .id { overflow-wrap: anywhere; }
.owner { font-weight: 600; }
.sessions { list-style: none; margin: 0; padding: 0; }
.sessions li { padding: 0.625rem 0; border-top: 1px solid var(--line); }
.sessions li:first-child { border-top: 0; }
.badge { display: inline-block; padding: 0 0.5rem; border-radius: 1rem; font-size: 0.875rem; background: var(--old); }
.badge.live { background: var(--good); }
.badge.ended { background: var(--bad); }
.notice { padding: 0.75rem 1rem; background: var(--good); border-radius: 0.5rem; }
dl { margin: 0; }
.totals { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
dt { color: var(--hint); font-size: 0.875rem; }
dd { margin: 0; }
.totals dd { font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.life { display: grid; gap: 0.5rem; }
.life div { display: grid; grid-template-columns: 8rem 1fr; gap: 0.5rem; }
.search, form { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; align-items: end; }
.search form { flex: 1 1 18rem; }
label { display: grid; gap: 0.25rem; flex: 1 1 12rem; font-size: 0.875rem; }
label.check { display: flex; align-items: center; gap: 0.5rem; }
input { font: inherit; width: 100%; min-height: 2.5rem; padding: 0.25rem 0.5rem; color: inherit; background: var(--ground); border: 1px solid var(--hint); border-radius: 0.25rem; }
input[type='checkbox'] { width: 1.5rem; min-height: 1.5rem; }
button { font: inherit; min-height: 2.5rem; padding: 0.25rem 1rem; color: var(--on-fill); background: var(--accent); border: 0; border-radius: 0.25rem; cursor: pointer; }
button.danger { background: var(--danger); }
summary { cursor: pointer; min-height: 1.5rem; }
pre { overflow: auto; max-height: 30rem; padding: 0.75rem; background: var(--ground); border: 1px solid var(--line); }
@media (max-width: 30rem) { .life div { grid-template-columns: 1fr; gap: 0; } }
`;
