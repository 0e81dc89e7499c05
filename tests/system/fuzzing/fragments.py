"""Bytes no well-behaved client sends, by the place where they can stand."""

from random import Random

LONG = 60_000
DEEP = 10_000
DIGITS = b"9" * 5_000

TEXTS = (
    b"\\ud83d",
    b"\\udc00\\ud800",
    b"caf\\u00e9 \\ud83d\\ude00",
    b"\xed\xa0\xbd",
    b"\xff\xfe",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\\u0000",
    b"\\u0001\\u001b[31m\\u007f\\u0085",
    b"\x00\x01",
    b"\\u202e\\u2028\\ufeff\\uffff",
    b"e" + b"\\u0301" * 500,
    b"a" * LONG,
    b" " * LONG,
    b"\\\\" * 2_000,
    b"1 jan " * 2_000,
    b"((((" * 500,
    b"' OR 1=1; --",
    b"{{7*7}}${7*7}<script>",
    b"",
)
"""Between the quotation marks of a JSON string."""

VALUES = (
    *(b'"' + text + b'"' for text in TEXTS),
    DIGITS,
    b"-" + DIGITS,
    b"1" + b"." + DIGITS,
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"NaN",
    b"Infinity",
    b"-0",
    b"1.5",
    b"0x10",
    b"true",
    b"null",
    b"[]",
    b"{}",
    b"[null]",
    b'[["a"]]',
    b'{"\\ud83d": 1}',
    b'{"__proto__": {"a": 1}}',
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b"[" * DEEP,
    b"[" + b"0," * 20_000 + b"0]",
    b'["a","a"]',
    b'"0000-00-00"',
    b'"9999-12-31T23:59:59.999999+23:59"',
    b'"https://exa mple.com:0/\\u0000"',
    b"'single'",
    b"",
)
"""In place of a JSON value."""

BODIES = (
    b"",
    b"{",
    b"nul",
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    "[1]".encode("utf-32"),
    b"\x1f\x8b\x08\x00garbage",
    b"\x00" * 100,
    bytes(range(256)),
    b"[" * DEEP,
    b"{}{}",
    b"a=1&a=2&%ed%a0%bd=%00",
    b'--x\r\ncontent-disposition: form-data; name="title"\r\n\r\n\xed\xa0\xbd\x00\r\n--x--\r\n',
    b'--x\r\ncontent-disposition: form-data; name="file"; filename="\xff"\r\n\r\n' + b"a" * 2_000,
    b"title,due\r\n\xed\xa0\xbd," + DIGITS + b"\r\n" + b'"unclosed',
    b'{"lists": [{"tasks": [{"title": "\\ud83d", "priority": 1e400}]}]}',
    b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:\xff\r\nDUE:99999999\r\n",
    b"PK\x03\x04" + b"\xff" * 60,
)
"""In place of a whole body."""

MEDIA_TYPES = (
    b"application/json",
    b"application/json; charset=utf-16",
    b"application/json; charset=nonsense",
    b"application/merge-patch+json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"multipart/form-data; boundary=" + b"x" * 300,
    b"text/csv",
    b"text/csv; charset=utf-7",
    b"text/calendar",
    b"text/plain; charset=\xff",
    b"application/gzip",
    b"application/zip",
    b"application/octet-stream",
    b"application/xml",
    b"*/*",
    b";;;",
    b"",
)

ENCODED = (
    b"%ed%a0%bd",
    b"%ff%fe",
    b"%00",
    b"%0d%0aset-cookie:a=b",
    b"%",
    b"%zz",
    b"%u0041",
    b"\xc3\xa9",
    b"\xff",
    b"..",
    b"%2e%2e%2f",
    b"%2f",
    b";a=b",
    DIGITS,
    b"-1",
    b"1e400",
    b"NaN",
    b"9223372036854775808",
    b"%f0%9f%98%80",
    b"caf%C3%A9",
    b"a" * 3_000,
    b"a" * 9_000,
    b"'%20OR%201=1",
    b"((((" * 200,
    b"0001-01-01T00:00:00Z",
    b"",
)
"""A segment of a path or a value in a query, percent-encoded or as it must not be."""

HEADER_NAMES = (
    b"Accept",
    b"Accept-Encoding",
    b"Accept-Language",
    b"Authorization",
    b"Cookie",
    b"Content-Encoding",
    b"Content-Type",
    b"Dapr-App-Id",
    b"Dapr-Caller-App-Id",
    b"Dapr-Api-Token",
    b"Forwarded",
    b"Host",
    b"Idempotency-Key",
    b"If-Match",
    b"If-Modified-Since",
    b"If-None-Match",
    b"Last-Event-ID",
    b"Mcp-Protocol-Version",
    b"Origin",
    b"Range",
    b"Sec-Fetch-Site",
    b"Traceparent",
    b"Tracestate",
    b"X-Forwarded-For",
    b"X-Forwarded-Proto",
    b"X-Http-Method-Override",
    b"X-Request-Id",
    b"a" * 300,
)

HEADER_VALUES = (
    b"",
    b" ",
    b"\xed\xa0\xbd",
    b"\xff\xfe",
    b"caf\xc3\xa9",
    b"a\x01b",
    b"a\x7fb",
    b"a\x00b",
    b"a\rb",
    b'"' + b"\\" * 4_000 + b'"',
    b"Bearer " + b"a" * 5_000,
    b"Bearer a.b.c",
    b"Bearer todo_" + b"\xff" * 20,
    b"Basic " + b"=" * 20,
    b"session=" + b"%ed" * 100,
    b"; ".join(b"c%d=%d" % (number, number) for number in range(1_000)),
    b'"\xed\xa0\xbd", W/"1", *',
    b'"' + DIGITS + b'"',
    b"*",
    b"application/json;q=NaN, */*;q=1e400",
    b"gzip;q=" + b"9" * 400,
    b"bytes=0-," + b"0-1," * 1_000,
    b"00-" + b"0" * 32 + b"-" + b"f" * 16 + b"-01",
    b"1.2.3.4, not an address, ::ffff:1.2.3.4%eth0",
    b"999.999.999.999",
    b"https://exa mple.com",
    b"null",
    b"a" * 255,
    b"a" * 256,
    b"a" * 7_100,
    b"a" * 16_000,
    b"a" * 64_000,
)

METHODS = (
    b"GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND MKCOL REPORT QUERY SEARCH PURGE M-SEARCH "
    b"get PRI X"
).split()


def pick(random: Random, choices: tuple[bytes, ...]) -> bytes:
    """One of `choices`, now and then with something odd added or cut off."""
    chosen = random.choice(choices)
    kind = random.randrange(12)
    if kind == 0:
        return chosen + random.choice(choices)[:2_000]
    if kind == 1 and chosen:
        return chosen[: random.randrange(len(chosen))]
    return chosen
