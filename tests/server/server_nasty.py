"""Strings that have broken programs, and strategies that mix them with anything else."""

from __future__ import annotations

from hypothesis import strategies as st

NASTY: tuple[str, ...] = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ufeffBOM",
    "\ud800",
    "\udfff\ud800",
    "a\ud83d",
    "\U0010ffff\U0010fffe",
    "e\u0301\u0301\u0301" * 50,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "👩‍👩‍👧‍👦" * 20,
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪🇩",
    "\u202eevil\u202c \u2066hidden\u2069",
    "\u200b\u200c\u200d\u2060\u00ad",
    "\u3000\u2028\u2029\x85\x1c\x1d\x1e\x1f",
    "١٢٣٤٥ ๑๒๓ Ⅷ ½ ²",
    "ﷺ ﷽ ΐ ẞ ŉ ǰ",
    "الاسم: محمد، 电话号码:一二三 имя: Иван",
    "<<ENT>> email <<SEP>> Ann",
    "<<SEP>><<SEP>><<ENT>>",
    "[CLS] [SEP] [PAD] [UNK] [MASK] </s> <s> <pad>",
    "▁▁▁ ▁Ann",
    "<!-- --> <![CDATA[ ]]> <?xml?> <script>alert(1)</script> &lt;&amp;",
    '{"entities": []} \\u003c \\" \\\\ \\n',
    "'; DROP TABLE users; --",
    "${jndi:ldap://x} {{7*7}} %s %n %x $(id) `id`",
    "../../etc/passwd\r\nSet-Cookie: a=b\r\n\r\n",
    "data: [DONE]\n\ndata: {}\n\n",
    "NaN Infinity -0 1e309 null true undefined",
    "a" * 5000,
    "a-" * 2500,
    "_-" * 500 + "x",
    "." * 3000,
    "a " * 2000,
    "\n" * 2000 + "Ann",
    "x@" * 500,
    "Ann Lee ann@example.com 555-0142 " * 40,
)

TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(), max_size=300),  # lone surrogates included
    st.lists(
        st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=12)), max_size=6
    ).map("".join),
)
LABELS = st.one_of(
    st.none(),
    st.lists(
        st.one_of(
            st.sampled_from(["email", "phone_number", "first_name", "sentence", "email"]),
            st.sampled_from(NASTY).filter(lambda s: len(s) <= 256),
            st.text(st.characters(), max_size=20),
        ),
        max_size=8,
    ),
)
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from(NASTY),
        st.text(st.characters(), max_size=20),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
FIELDS = (
    "messages", "model", "labels", "threshold", "thresholds", "chunk_length", "overlap",
    "flat_ner", "coverage", "stream", "stream_options", "n", "total_entities", "tagged_text",
    "text", "role", "content",
)  # fmt: skip
