/// How the page of `report` looks: the system's fonts, one accent colour, light or dark as the
/// reader has it.
enum ReportStyle {
  static let css = """
    :root { color-scheme: light dark; --page: #ffffff; --card: #f6f7f8; --text: #1c1d20;
      --quiet: #5d636b; --line: #dcdfe3; --accent: #0a62c4; }
    @media (prefers-color-scheme: dark) {
      :root { --page: #131518; --card: #1b1e22; --text: #e7e8ea; --quiet: #a0a6af;
        --line: #343941; --accent: #6cb1ff; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 3rem; background: var(--page);
      color: var(--text); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
    h2 { margin: 2.5rem 0 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--line);
      font-size: 1.2rem; }
    h3 { margin: 0 0 0.5rem; font-size: 1rem; overflow-wrap: anywhere; }
    h4 { margin: 1.25rem 0 0.5rem; font-size: 0.95rem; }
    p { margin: 0.5rem 0; max-width: 46rem; }
    dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; margin: 0.5rem 0;
      gap: 0.2rem 1.25rem; }
    dt { color: var(--quiet); }
    dd { margin: 0; overflow-wrap: anywhere; }
    .small, figcaption { color: var(--quiet); font-size: 0.875rem; }
    .tiles, .figures, .cards { display: grid; gap: 1rem; margin: 1rem 0; }
    .tiles { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
    .tiles div, .cards article { padding: 0.85rem 1rem; border-radius: 0.6rem;
      background: var(--card); }
    .tiles b { display: block; font-size: 1.45rem; font-weight: 600; line-height: 1.3;
      font-variant-numeric: tabular-nums; }
    .figures { grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
    .cards { grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
    figure { margin: 0.75rem 0 0; min-width: 0; max-width: 34rem; }
    svg { display: block; width: 100%; height: auto; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right;
      white-space: nowrap; }
    th { font-weight: 600; }
    th:first-child, td:first-child { padding-left: 0; text-align: left; }
    td:first-child { white-space: normal; }
    pre { padding: 0.85rem 1rem; border-radius: 0.6rem; background: var(--card);
      font: 0.825rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
      overflow-x: auto; }
    .ends { display: flex; justify-content: space-between; margin: 0.15rem 0 0;
      color: var(--quiet); font-size: 0.8rem; font-variant-numeric: tabular-nums; }
    .map { margin-bottom: 0.35rem; border: 1px solid var(--line); }
    .cells { stroke: var(--accent); shape-rendering: crispEdges; }
    .bars { fill: var(--accent); }
    .base, .grid { stroke: var(--line); }
    .tick { fill: var(--quiet); font-size: 11px; font-variant-numeric: tabular-nums; }
    .curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .curve.main { stroke: var(--accent); }
    .curve.other { stroke: var(--quiet); stroke-dasharray: 1 4; }
    .dot.main { fill: var(--accent); }
    .dot.other { fill: var(--quiet); }
    .key { margin-left: 0.9rem; white-space: nowrap; }
    .key::before { content: ""; display: inline-block; width: 1.3rem; margin-right: 0.35rem;
      border-top: 2px solid var(--accent); vertical-align: middle; }
    .key.other::before { border-top: 2px dotted var(--quiet); }
    footer { margin-top: 3rem; color: var(--quiet); font-size: 0.8rem; }
    """
}
