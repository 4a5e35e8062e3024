/** The look of an exported session; it follows the reader's choice of light or dark. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfaf8;--card:#fff;--text:#1f2328;--soft:#5d6570;--line:#e2dfd9;--code:#f4f2ee;--prompt:#eaf1fb;--prompt-line:#b9cfee;--accent:#0b5cad;--good:#1a7f37;--bad:#b3261e;--add:#e3f6e6;--del:#fdeaea;--k:#a0348a;--s:#1c6b3c;--n:#9a4f00;--t:#0b5cad;--f:#6639ba;--c:#6b7280}
@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1b1e22;--text:#e4e6e9;--soft:#9aa3ad;--line:#30353b;--code:#212529;--prompt:#1b2a3d;--prompt-line:#31496a;--accent:#79b4f5;--good:#5cc47a;--bad:#f28b82;--add:#16321f;--del:#3b1d1e;--k:#e29bd3;--s:#8fd3a3;--n:#e6b37a;--t:#86bdf7;--f:#c3a6f2;--c:#8b949e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main,header{max-width:54rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 1rem;text-wrap:balance}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem 1rem;margin:0;padding:0 0 1.25rem;border-bottom:1px solid var(--line);font-size:.875rem}
dt{color:var(--soft)}dd{margin:0;unicode-bidi:plaintext}
main{padding-bottom:4rem}
section{margin-top:1.75rem}
section.more{margin-top:.9rem}
.who{display:flex;flex-wrap:wrap;gap:0 .75rem;align-items:baseline;margin:0 0 .4rem;font-size:.8125rem;color:var(--soft)}
.who b{color:var(--text);font-weight:600}
.prompt{background:var(--prompt);border:1px solid var(--prompt-line);border-radius:10px;padding:.75rem 1rem}
.said{white-space:pre-wrap;unicode-bidi:plaintext}
.text{unicode-bidi:plaintext}
.text>:first-child{margin-top:0}.text>:last-child{margin-bottom:0}
.text h1,.text h2,.text h3,.text h4,.text h5,.text h6{font-size:1.05rem;margin:1.2em 0 .4em;line-height:1.35}
.text h1,.text h2{font-size:1.2rem}
p{margin:.7em 0}ul,ol{padding-left:1.5rem}
a{color:var(--accent)}
blockquote{margin:.7em 0;padding-left:.9rem;border-left:3px solid var(--line);color:var(--soft)}
.text table{display:block;overflow-x:auto;border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left;overflow-wrap:normal;min-width:4rem}
code,pre{font:.84rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
:not(pre)>code{background:var(--code);border-radius:4px;padding:.1em .35em}
pre{margin:.6rem 0;padding:.75rem .9rem;background:var(--code);border-radius:8px;overflow-x:auto;overflow-wrap:normal;tab-size:4}
pre code{display:block;width:max-content;min-width:100%}
details{margin:.6rem 0;border:1px solid var(--line);border-radius:8px;background:var(--card)}
summary{cursor:pointer;padding:.45rem .8rem;font-size:.875rem;display:flex;gap:.6rem;align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"▸";color:var(--soft);flex:none}
details[open]>summary::before{content:"▾"}
summary code{flex:1 1 auto;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;background:none;padding:0}
summary b{flex:none;max-width:40%;overflow:hidden;text-overflow:ellipsis}
summary .how{margin-left:auto;flex:none;color:var(--soft);white-space:nowrap;font-size:.8125rem}
details>div{padding:0 .8rem .6rem}
.name{margin:.5rem 0 0;font-size:.75rem;color:var(--soft)}
.name+pre{margin-top:.2rem}
details pre{max-height:32rem;overflow:auto}
.thinking .said{color:var(--soft);font-size:.9rem}
.good{color:var(--good)}.bad{color:var(--bad)}
.event{color:var(--soft);font-size:.875rem;text-align:center;margin:1.25rem 0}
.event.bad{color:var(--bad)}
.diff{padding:.5rem 0}.diff span{display:block;padding:0 .9rem}
.diff .add{background:var(--add)}.diff .del{background:var(--del)}.diff .at{color:var(--soft)}
img{display:block;max-width:100%;max-height:36rem;margin:.6rem 0;border:1px solid var(--line);border-radius:8px}
.hljs-keyword,.hljs-literal,.hljs-selector-tag,.hljs-doctag,.hljs-name{color:var(--k)}
.hljs-string,.hljs-regexp,.hljs-addition,.hljs-meta .hljs-string{color:var(--s)}
.hljs-number,.hljs-symbol,.hljs-bullet,.hljs-variable,.hljs-template-variable,.hljs-subst{color:var(--n)}
.hljs-type,.hljs-built_in,.hljs-attr,.hljs-attribute,.hljs-selector-class,.hljs-selector-id{color:var(--t)}
.hljs-title,.hljs-section,.hljs-property{color:var(--f)}
.hljs-comment,.hljs-quote,.hljs-meta{color:var(--c)}
.hljs-deletion{color:var(--bad)}.hljs-emphasis{font-style:italic}.hljs-strong{font-weight:600}
footer{max-width:54rem;margin:0 auto;padding:0 1.25rem 2rem;color:var(--soft);font-size:.75rem}
@media (max-width:34rem){body{font-size:15px}header{padding-top:1.5rem}main,header,footer{padding-left:.9rem;padding-right:.9rem}h1{font-size:1.3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}summary{flex-wrap:wrap;gap:.2rem .5rem}summary code{order:3;flex-basis:100%}}
@media print{body{background:#fff}details pre{max-height:none}}
`;
