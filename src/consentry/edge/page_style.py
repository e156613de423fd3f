"""How the owner's pages at home look: phone first, light and dark, in one inline style sheet (no file is fetched)."""

STYLE = """
:root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 25%,transparent);--full:#2f7d4f}
body{font:1.1rem/1.5 system-ui,sans-serif;margin:0}
main{max-width:36rem;margin:auto;padding:1rem}
h1{font-size:1.5rem}
h2{font-size:1.05rem;overflow-wrap:anywhere}
h3{font-size:1rem}
nav{display:flex;gap:.3rem 1.2rem;flex-wrap:wrap}
nav a{padding:.5rem 0}
a{color:inherit}
:is(a,button,input,summary):focus-visible{outline:3px solid Highlight;outline-offset:2px}
button{font:inherit;min-height:3rem;padding:.4rem 1.2rem;border-radius:.7rem;border:1px solid var(--line)}
button.large{font-size:2rem;width:100%;min-height:8rem;border-radius:1rem}
form{margin:.7rem 0}
label{display:block;margin:.5rem 0}
input{font:inherit;width:100%;min-height:3rem;box-sizing:border-box}
input[type=checkbox]{width:1.4rem;min-height:1.4rem;vertical-align:middle;margin-right:.5rem}
summary{padding:.6rem 0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.7rem}
.hours{list-style:none;padding:0;display:grid;grid-template-columns:repeat(6,1fr);gap:.4rem}
.hours :is(a,span){display:block;text-align:center;padding:.45rem 0;border:1px solid var(--line);border-radius:.4rem}
.hours a{text-decoration:none}
.hours a.part{padding-bottom:0;overflow:hidden}
.hours a.part i{display:block;height:.45rem;margin-top:.3rem;background:var(--line)}
.hours a.part b{display:block;height:100%;width:var(--part);background:var(--full)}
.hours a[aria-current]{background:color-mix(in srgb,var(--full) 30%,transparent)}
.hours span{opacity:.6;border-style:dashed}
svg.bar{width:100%;height:3rem;display:block;border:1px solid var(--line);box-sizing:border-box}
svg.bar rect{fill:var(--full)}
.ticks{display:flex;justify-content:space-between;font-size:.85rem}
video{width:100%;background:#000;border-radius:.5rem}
dt{font-weight:600}
dd{margin:0 0 .5rem;overflow-wrap:anywhere}
.square svg{width:min(100%,20rem);height:auto;background:#fff;display:block;border-radius:.5rem}
.link{overflow-wrap:anywhere;font-size:.9rem}
[role=alert]{border-left:.3rem solid #c0392b;padding-left:.7rem}
"""
