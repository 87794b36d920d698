"""Made-up texts that are mostly what the rules of cleaning look for."""

from hypothesis import strategies as st

MARKS = """<b> </p> <!-- --> <script> </script> <pre> </pre> ``` > ` ** [ ]( ) ![ https:// www.
@a.com XX 某 &lt; &#0; &nbsp; &#8203; &#13; &#65313; &#25276;
# ~~~ <blockquote> </blockquote> 13800138000 押 金 㐀 𠀀"""
PIECES = st.sampled_from([*MARKS.split(), "\n", " ", "> "])
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join)

OTHER_MARKS = """& &amp <img src=x> <ſ> <İ> < -- - * + == = _ __ *** | |---|---| ## --- ﹣
＃ ＜b＞ ＊＊ ｀ “ ‘ HTTPS:// ſ wWw. example.com .. 。。 … ·· ！！ !! ?? , ! ; ~~ x ×× ○ **
5 a1 86 +86 138****8000 (0755) 12345678 400-820-8820 护照 E12345678 11010519491231002X
a@b.cn 中 文 word [网址] <email>"""
ANY_PIECES = st.sampled_from(
    [*MARKS.split(), *OTHER_MARKS.split(), *"\n \t\r\x00\x85\u1680\u200b\u3000\xa0\u2028😀", "\r\n"]
)
ANY_TEXTS = st.lists(ANY_PIECES | st.characters(), max_size=25).map("".join)
