/** Of the admin page alone: the internal listener need not serve the public assets. */
export const adminStyle = `
:root { color-scheme: light dark; --ground: light-dark(#f7f6f0, #0d1512);
  --paper: light-dark(#fff, #15201b); --ink: light-dark(#14231d, #edf2ec);
  --muted: light-dark(#516058, #a6b5ac); --line: light-dark(#dedccf, #2c3c34);
  --accent: light-dark(#b23a08, #ff9d6c); }
* { box-sizing: border-box; margin: 0; }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; justify-content: space-between;
  padding: .7rem max(1.25rem, 50% - 36rem); background: #103b30; color: #f5f3e8; }
header span { color: #ffc247; }
main { width: min(72rem, 100% - 2.5rem); margin: 1.8rem auto 4rem; }
.head { display: flex; flex-wrap: wrap; gap: .3rem 2rem; align-items: baseline;
  justify-content: space-between; }
h1 { font-size: 1.9rem; letter-spacing: -.02em; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid light-dark(#0a5fc0, #9ccbff); outline-offset: 2px; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1px;
  margin: 1.2rem 0 1.8rem; border: 1px solid var(--line); background: var(--line); }
dl div { display: flex; flex-direction: column-reverse; justify-content: flex-end;
  padding: .9rem 1.1rem; background: var(--paper); }
dt, caption { color: var(--muted); font-size: .92rem; }
dd { font-size: 1.5rem; font-weight: 700; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; border: 1px solid var(--line); background: var(--paper); }
table { width: 100%; border-collapse: collapse; white-space: nowrap; }
caption { padding: .7rem 1.1rem; text-align: left; }
th, td { padding: .55rem 1.1rem; text-align: left; border-top: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
thead th { color: var(--muted); font-size: .92rem; font-weight: 600; }
th span { display: block; color: var(--muted); font-weight: 400; font-size: .92rem; }
.amount { text-align: right; }
.waits { color: var(--accent); font-weight: 600; }
.empty { padding: 2rem; text-align: center; color: var(--muted); }
`;
