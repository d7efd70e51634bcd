package io.drkit.core.internal;

/** The page's style sheet. */
public final class HtmlStyle {
    public static final String CSS = """
            :root {
              --ground: #f3f5f8; --panel: #ffffff; --text: #17202c; --soft: #55616f; --edge: #d9dfe7; --track: #e9edf2;
              --good: #14693a; --good-bg: #dcf3e4; --bad: #a51d2d; --bad-bg: #fde4e4; --warn: #7a4b00; --warn-bg: #fdefcf;
              --unknown: #4f4a66; --unknown-bg: #e9e6f3;
              --bar: #2563b0; --bar-restores: #14804a; --bar-already: #9fb0c6; --bar-undone: #b9c2ce; --bar-undo: #c27803;
              --bar-failed: #c22f3d; --bar-before: #b45309; --line: #8a95a3;
            }
            @media (prefers-color-scheme: dark) {
              :root {
                --ground: #0f141b; --panel: #182029; --text: #e8edf3; --soft: #a3b0bf; --edge: #2c3846; --track: #232e3a;
                --good: #7ddba3; --good-bg: #12351f; --bad: #ff9d9d; --bad-bg: #431a1e; --warn: #f5c76b; --warn-bg: #3d2c0a;
                --unknown: #c6bdf0; --unknown-bg: #2b2742;
                --bar: #5b9bea; --bar-restores: #3fbf7f; --bar-already: #5d6f85; --bar-undone: #4b5866; --bar-undo: #e0a030;
                --bar-failed: #ee6a75; --bar-before: #e08a3c; --line: #77838f;
              }
            }
            * { box-sizing: border-box; }
            html { -webkit-text-size-adjust: 100%; }
            body { margin: 0; background: var(--ground); color: var(--text); overflow-wrap: anywhere;
              font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
            main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 40px; display: grid; gap: 18px; }
            main > * { min-width: 0; }
            p, h1, h2, ul, dl, dd { margin: 0; padding: 0; }
            h2 { font-size: 17px; line-height: 1.3; margin-bottom: 12px; }
            .hint, .basis, .what { color: var(--soft); font-size: 13px; }
            .outcome { background: var(--panel); border: 1px solid var(--edge); border-top: 6px solid var(--tone); border-radius: 12px;
              padding: 22px 24px; }
            .outcome.good { --tone: var(--good); --tone-bg: var(--good-bg); }
            .outcome.warn { --tone: var(--warn); --tone-bg: var(--warn-bg); }
            .outcome.bad { --tone: var(--bad); --tone-bg: var(--bad-bg); }
            .over { color: var(--soft); font-size: 12px; letter-spacing: .08em; text-transform: uppercase; }
            h1 { font-size: 30px; line-height: 1.2; margin: 2px 0; letter-spacing: -.01em; }
            .line { font-size: 17px; }
            .mode { color: var(--soft); }
            .verdict { display: flex; gap: 16px; align-items: flex-start; background: var(--tone-bg); border-radius: 10px;
              padding: 16px 18px; margin-top: 16px; }
            .icon { flex: none; width: 44px; height: 44px; border-radius: 50%; background: var(--tone); color: var(--panel);
              font-size: 26px; font-weight: 700; line-height: 44px; text-align: center; }
            .code { color: var(--tone); font-size: 12px; font-weight: 700; letter-spacing: .08em; }
            .headline { font-size: 20px; font-weight: 650; line-height: 1.3; margin-bottom: 4px; }
            .note { margin-top: 12px; }
            .cards { display: grid; gap: 18px; grid-template-columns: repeat(3, minmax(0, 1fr)); }
            .card, .panel { background: var(--panel); border: 1px solid var(--edge); border-radius: 12px; padding: 18px 20px; }
            .card h2 { display: flex; justify-content: space-between; align-items: center; margin-bottom: 4px; }
            .figure { font-size: 26px; font-weight: 650; line-height: 1.25; margin: 2px 0 4px; }
            .meter { display: block; margin: 8px 0; }
            .track { fill: var(--track); }
            .fill.good { fill: var(--good); } .fill.bad { fill: var(--bad); }
            .goal { stroke: var(--text); stroke-width: 2; }
            .pill { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 13px; font-weight: 600; line-height: 1.6;
              overflow-wrap: normal; }
            .pill.good { color: var(--good); background: var(--good-bg); }
            .pill.bad { color: var(--bad); background: var(--bad-bg); }
            .pill.warn { color: var(--warn); background: var(--warn-bg); }
            .pill.unknown { color: var(--unknown); background: var(--unknown-bg); border: 1px dashed currentColor; }
            .pill.none { color: var(--soft); background: var(--track); }
            .attention { border-left: 6px solid var(--bad); }
            .attention ul { list-style: none; display: grid; gap: 10px; }
            .tag { display: inline-block; border: 1px solid var(--edge); border-radius: 5px; padding: 0 7px; font-size: 12px;
              color: var(--soft); margin-top: 4px; }
            table { width: 100%; border-collapse: collapse; }
            th, td { text-align: left; vertical-align: top; padding: 9px 14px 9px 0; border-bottom: 1px solid var(--edge); }
            .cards-on-phone tbody tr:last-child td { border-bottom: 0; }
            thead th { color: var(--soft); font-size: 12px; font-weight: 600; }
            .cards-on-phone thead th { white-space: nowrap; }
            th:last-child, td:last-child { padding-right: 0; }
            td.wide { min-width: 260px; }
            td ul { padding-left: 18px; }
            .num { font-variant-numeric: tabular-nums; }
            .parts .num { text-align: right; white-space: nowrap; width: 1%; padding-left: 10px; }
            .parts tbody th { font-weight: 400; }
            .parts tfoot th, .parts tfoot td { font-weight: 650; border-bottom: 0; }
            .share { display: block; margin-top: 4px; }
            td dl { display: grid; grid-template-columns: auto 1fr; gap: 0 10px; font-size: 13px; margin-top: 4px; }
            td dt { color: var(--soft); }
            .gantt { display: block; margin-top: 8px; overflow: visible; }
            .gantt text { font-size: 13px; fill: var(--text); }
            .gantt .row-said { fill: var(--soft); font-size: 12px; }
            .gantt .tick-label { fill: var(--soft); font-size: 11px; }
            .gantt .row-label, .gantt .row-said, .gantt .mark-label { paint-order: stroke; stroke: var(--panel); stroke-width: 4px;
              stroke-linejoin: round; }
            .tick { stroke: var(--edge); stroke-width: 1; }
            .mark { stroke: var(--line); stroke-width: 1.5; }
            .mark.outage { stroke: var(--bar-before); stroke-dasharray: 2 3; }
            .mark.ponr { stroke: var(--bar-failed); stroke-width: 2; stroke-dasharray: 7 4; }
            .mark.restored { stroke: var(--bar-restores); stroke-width: 2; }
            .gantt .mark-label { font-size: 12px; }
            .gantt .mark-label.ponr, .gantt .mark-label.restored { font-weight: 650; }
            .bar { stroke-width: 1.5; }
            .bar.done { fill: var(--bar); stroke: var(--bar); }
            .bar.restores { fill: var(--bar-restores); stroke: var(--bar-restores); }
            .bar.already { fill: var(--bar-already); stroke: var(--bar-already); }
            .bar.undone { fill: var(--bar-undone); stroke: var(--bar-undone); }
            .bar.undo { fill: var(--bar-undo); stroke: var(--bar-undo); }
            .bar.between { fill: var(--line); stroke: var(--line); }
            .bar.failed { fill: url(#hatch); stroke: var(--bar-failed); }
            .bar.unknown { fill: var(--unknown-bg); stroke: var(--unknown); stroke-dasharray: 4 3; }
            .bar.before { fill: url(#before); stroke: var(--bar-before); }
            .share .bar { stroke: none; }
            .hatch-ground { fill: var(--bad-bg); } .hatch-line { fill: var(--bar-failed); }
            .before-ground { fill: var(--warn-bg); } .before-line { fill: var(--bar-before); }
            .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 10px; font-size: 13px;
              color: var(--soft); }
            .legend svg { margin-right: 6px; vertical-align: -1px; }
            footer { color: var(--soft); font-size: 13px; }
            footer dl { display: flex; flex-wrap: wrap; gap: 2px 22px; margin-bottom: 8px; }
            footer dl div { display: flex; gap: 6px; }
            footer dd { color: var(--text); font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 12px;
              line-height: 1.65; }
            @media (max-width: 760px) {
              main { padding: 12px 12px 28px; gap: 12px; }
              .outcome { padding: 16px; } .card, .panel { padding: 14px 16px; }
              .cards { grid-template-columns: minmax(0, 1fr); gap: 12px; }
              h1 { font-size: 25px; } .verdict { padding: 14px; gap: 12px; }
              .icon { width: 34px; height: 34px; line-height: 34px; font-size: 20px; } .headline { font-size: 18px; }
              .cards-on-phone, .cards-on-phone tbody, .cards-on-phone tr, .cards-on-phone td { display: block; }
              .cards-on-phone thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
              .cards-on-phone tr { padding: 10px 0; border-bottom: 1px solid var(--edge); }
              .cards-on-phone tr:last-child { border-bottom: 0; padding-bottom: 0; }
              .cards-on-phone td { display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 10px; border: 0; padding: 2px 0; }
              .cards-on-phone td::before { content: attr(data-label); color: var(--soft); font-size: 13px; }
              td.wide { min-width: 0; }
              .parts th, .parts td { padding-right: 4px; } .parts .num { padding-left: 4px; }
            }
            @media print {
              body { background: #fff; } main { max-width: none; padding: 0; }
              * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
              .card, .panel, .outcome, tr { break-inside: avoid; }
            }
            """;

    private HtmlStyle() {}
}
