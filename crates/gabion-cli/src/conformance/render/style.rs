//! The style sheet of the HTML documents. Nothing is loaded from anywhere.

/// The style sheet.
pub(super) const STYLE: &str = r#"
:root{--ink:#1b2430;--soft:#5b6675;--line:#d9dfe7;--pale:#f5f7fa;--accent:#1f4e79;--yes:#1d6b45;--yes-bg:#e3f3ea;--no:#8a4b08;--no-bg:#fdf0dc;--na:#4d5866;--na-bg:#eceff3;--bad:#9c1c1c;--bad-bg:#fdeaea}
*{box-sizing:border-box}
html{font-size:15px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;color:var(--ink);background:#fff;font-family:"Inter","Segoe UI","Helvetica Neue",Arial,"DejaVu Sans",sans-serif;line-height:1.5}
main{max-width:72rem;margin:0 auto;padding:2.5rem 2rem 4rem}
h1{font-size:2rem;line-height:1.15;margin:.2rem 0 .4rem;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:3rem 0 .8rem;padding-bottom:.35rem;border-bottom:2px solid var(--accent);color:var(--accent)}
h3{font-size:1.02rem;margin:2rem 0 .6rem}
h3 .n{color:var(--soft);font-weight:500;margin-right:.5em}
p{margin:.5rem 0;max-width:62rem}
code,.mono{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.82em;overflow-wrap:anywhere}
small,.soft{color:var(--soft)}
.over{text-transform:uppercase;letter-spacing:.12em;font-size:.75rem;font-weight:600;color:var(--accent)}
.lead{font-size:1.05rem;color:var(--soft)}
.verdict{margin:1.6rem 0;padding:1rem 1.2rem;border-radius:.5rem;border-left:.45rem solid var(--yes);background:var(--yes-bg)}
.verdict b{font-size:1.1rem;color:var(--yes)}
.verdict.draft{border-color:var(--bad);background:var(--bad-bg)}
.verdict.draft b{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.8rem;margin:1.2rem 0}
.tile{border:1px solid var(--line);border-radius:.5rem;padding:.7rem .9rem}
.tile b{display:block;font-size:1.7rem;line-height:1.15}
.tile span{color:var(--soft);font-size:.86rem}
dl.facts{display:grid;grid-template-columns:13rem 1fr;gap:0;margin:1rem 0;border-top:1px solid var(--line)}
dl.facts dt,dl.facts dd{padding:.4rem .6rem;margin:0;border-bottom:1px solid var(--line)}
dl.facts dt{color:var(--soft);font-size:.92rem}
nav ol{columns:2;column-gap:2.5rem;padding-left:1.2rem;margin:.4rem 0}
nav a{color:var(--accent);text-decoration:none}
table{width:100%;border-collapse:collapse;font-size:.9rem;margin:.4rem 0 1rem}
thead{display:table-header-group}
th{text-align:left;font-weight:600;font-size:.78rem;letter-spacing:.03em;color:var(--soft);background:var(--pale);border-bottom:1px solid var(--line);padding:.45rem .6rem;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:.55rem .6rem;vertical-align:top;overflow-wrap:anywhere}
tr{break-inside:avoid}
.stack td{overflow-wrap:break-word}
.b1{table-layout:fixed}
.b1 .c1{width:5.6rem}.b1 .c2{width:6.6rem}.b1 .c3{width:4.6rem}
.b1 td:first-child{font-weight:650;font-variant-numeric:tabular-nums}
.ask{color:var(--soft);font-size:.86rem;margin:0 0 .25rem}
.say{margin:0 0 .25rem}
ul.proof{list-style:none;margin:.35rem 0 0;padding:0;font-size:.82rem}
ul.proof li{padding:.12rem 0 .12rem 1.25rem;text-indent:-1.25rem;color:var(--soft)}
ul.proof b{color:var(--ink);font-weight:600}
ul.proof .ok{color:var(--yes)}ul.proof .bad{color:var(--bad)}
.pill{display:inline-block;min-width:2.7rem;text-align:center;border-radius:1rem;padding:.08rem .55rem;font-weight:700;font-size:.82rem}
.pill.Y{color:var(--yes);background:var(--yes-bg)}.pill.N{color:var(--no);background:var(--no-bg)}.pill.NA{color:var(--na);background:var(--na-bg)}.pill.bad{color:var(--bad);background:var(--bad-bg)}
.mark{font-size:.72rem;color:var(--soft);border:1px solid var(--line);border-radius:.25rem;padding:0 .3rem;white-space:nowrap}
.doubt{color:var(--no);font-size:.8rem;margin:.3rem 0 0}
.card{border:1px solid var(--line);border-radius:.5rem;margin:.7rem 0;break-inside:avoid;overflow:hidden}
.card h4{margin:0;padding:.45rem .8rem;background:var(--pale);border-bottom:1px solid var(--line);font-size:.9rem}
.card dl{display:grid;grid-template-columns:14rem 1fr;margin:0;font-size:.88rem}
.card dt,.card dd{margin:0;padding:.32rem .8rem;border-bottom:1px solid #edf0f4}
.card dt{color:var(--soft)}
.card dt:last-of-type,.card dd:last-of-type{border-bottom:0}
.from{font-size:.76rem;font-weight:500;color:var(--soft);border:1px solid var(--line);border-radius:1rem;padding:.05rem .6rem;margin-left:.6em;white-space:nowrap}
ol.problems li{margin:.3rem 0}
.sign{display:grid;grid-template-columns:1fr 1fr;gap:2.5rem;margin-top:2.4rem}
.sign div{border-top:1px solid var(--ink);padding-top:.4rem;min-height:3.6rem}
.sign .space{border:0;min-height:3rem}
footer{margin-top:3.5rem;padding-top:.8rem;border-top:1px solid var(--line);font-size:.8rem;color:var(--soft)}
@media (max-width:46rem){main{padding:1.4rem 1rem}dl.facts,.card dl{grid-template-columns:1fr}dl.facts dt,.card dt{border-bottom:0;padding-bottom:0}nav ol{columns:1}.stack thead{display:none}.stack tr{display:block;border-bottom:1px solid var(--line);padding:.4rem 0}.stack td{display:block;border:0;padding:.12rem .35rem}.stack td:empty{display:none}.stack td::before{content:attr(data-h) ': ';color:var(--soft);font-size:.82em}.b1 .c1{width:4.2rem}.b1 .c2{width:4.8rem}.b1 .c3{width:3.9rem}td,th{padding-left:.35rem;padding-right:.35rem}}
@page{size:A4;margin:16mm 14mm 18mm;@bottom-right{content:counter(page) " / " counter(pages);font:9px sans-serif;color:#5b6675}}
@media print{html{font-size:10.4px}main{max-width:none;padding:0}h2{break-after:avoid}h3,h4{break-after:avoid}a{color:inherit}.page{break-before:page}nav{display:none}}
"#;
