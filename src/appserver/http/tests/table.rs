//! What is refused: bytes, which refusal, which status. The server itself is tried with the same table.

/// Bytes, the name of their refusal, the status of their answer.
pub type Case = (&'static str, &'static str, u16);

/// Request lines, each followed by a good `Host`.
pub const LINES: [Case; 38] = [
    // Methods.
    ("get / HTTP/1.1", "Method", 400),
    ("GeT / HTTP/1.1", "Method", 400),
    ("GE / HTTP/1.1", "Method", 400),
    ("ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1", "Method", 400),
    ("GE#T / HTTP/1.1", "Method", 400),
    ("GE:T / HTTP/1.1", "Method", 400),
    ("GE\tT / HTTP/1.1", "Method", 400),
    ("GE\0T / HTTP/1.1", "Method", 400),
    ("\"GET\" / HTTP/1.1", "Method", 400),
    (" GET / HTTP/1.1", "Method", 400),
    ("\tGET / HTTP/1.1", "Method", 400),
    // Their form.
    ("GET", "RequestLine", 400),
    ("GET /", "RequestLine", 400),
    ("GET  / HTTP/1.1", "RequestLine", 400),
    ("GET /  HTTP/1.1", "RequestLine", 400),
    ("GET /a b HTTP/1.1", "RequestLine", 400),
    ("GET / HTTP/1.1 ", "RequestLine", 400),
    ("GET\t/\tHTTP/1.1", "RequestLine", 400),
    ("GET HTTP/1.1", "RequestLine", 400),
    ("GET / HTTP/1.1\r", "RequestLine", 400),
    // Versions.
    ("GET / http/1.1", "RequestLine", 400),
    ("GET / HTTP/1", "RequestLine", 400),
    ("GET / HTTP/1.10", "RequestLine", 400),
    ("GET / HTTP/0.9", "Version", 505),
    ("GET / HTTP/1.2", "Version", 505),
    ("GET / HTTP/2.0", "Version", 505),
    // Targets.
    ("GET a HTTP/1.1", "Target", 400),
    ("GET ?a HTTP/1.1", "Target", 400),
    ("GET * HTTP/1.1", "Target", 400),
    ("GET a:80 HTTP/1.1", "Target", 400),
    ("GET /#a HTTP/1.1", "Target", 400),
    ("GET /\0 HTTP/1.1", "Target", 400),
    ("GET /\x7f HTTP/1.1", "Target", 400),
    ("GET /\ra HTTP/1.1", "Target", 400),
    ("GET ftp://a/ HTTP/1.1", "Target", 400),
    ("GET http:///a HTTP/1.1", "Target", 400),
    ("GET http://user@a/ HTTP/1.1", "Target", 400),
    ("CONNECT a:80 HTTP/1.1", "Tunnel", 501),
];

/// Fields of a POST that has a good `Host` already.
pub const FIELDS: [Case; 54] = [
    // How the body is framed.
    ("Content-Length: 3\r\nTransfer-Encoding: chunked", "LengthAndCoding", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3", "LengthAndCoding", 400),
    ("Content-Length: 3\r\nContent-Length: 3", "LengthTwice", 400),
    ("Content-Length: 3\r\ncontent-length: 4", "LengthTwice", 400),
    ("Content-Length: 3, 3", "LengthInvalid", 400),
    ("Content-Length: 3,", "LengthInvalid", 400),
    ("Content-Length: +3", "LengthInvalid", 400),
    ("Content-Length: -3", "LengthInvalid", 400),
    ("Content-Length: 1_000", "LengthInvalid", 400),
    ("Content-Length: 0x3", "LengthInvalid", 400),
    ("Content-Length: 3 3", "LengthInvalid", 400),
    ("Content-Length: 3.0", "LengthInvalid", 400),
    ("Content-Length: 3a", "LengthInvalid", 400),
    ("Content-Length:", "LengthInvalid", 400),
    ("Content-Length: \u{661}", "LengthInvalid", 400),
    ("Content-Length: 18446744073709551616", "LengthInvalid", 400),
    ("Content-Length: 99999999999999999999999999", "LengthInvalid", 400),
    ("Transfer-Encoding: chunked, chunked", "ChunkedNotLast", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "ChunkedNotLast", 400),
    ("Transfer-Encoding: chunked, gzip", "ChunkedNotLast", 400),
    ("Transfer-Encoding: chunked, identity", "ChunkedNotLast", 400),
    ("Transfer-Encoding: ,chunked", "CodingInvalid", 400),
    ("Transfer-Encoding: chunked,", "CodingInvalid", 400),
    ("Transfer-Encoding:", "CodingInvalid", 400),
    ("Transfer-Encoding: gzip, chunked", "CodingUnknown", 501),
    ("Transfer-Encoding: gzip", "CodingUnknown", 501),
    ("Transfer-Encoding: identity", "CodingUnknown", 501),
    ("Transfer-Encoding: xchunked", "CodingUnknown", 501),
    ("Transfer-Encoding: \"chunked\"", "CodingUnknown", 501),
    ("Transfer-Encoding: chunked;q=1", "CodingUnknown", 501),
    ("Transfer-Encoding: \x0bchunked", "FieldValue", 400),
    // Said twice.
    ("Host: a", "HostTwice", 400),
    ("host: b", "HostTwice", 400),
    ("Content-Type: a/b\r\nContent-Type: a/b", "TypeTwice", 400),
    // Names.
    ("Transfer-Encoding : chunked", "FieldName", 400),
    ("Content-Length\t: 3", "FieldName", 400),
    ("A B: c", "FieldName", 400),
    (": a", "FieldName", 400),
    ("A", "FieldName", 400),
    ("A(b): c", "FieldName", 400),
    ("\u{e9}: c", "FieldName", 400),
    ("A\0: c", "FieldName", 400),
    // Lines.
    ("A: b\r\n c", "Folded", 400),
    ("A: b\r\n\tc", "Folded", 400),
    ("A:\r\n b", "Folded", 400),
    ("A: b\nContent-Length: 3", "LineEnd", 400),
    ("A: b\n\nGET / HTTP/1.1", "LineEnd", 400),
    // Values.
    ("A: b\rc", "FieldValue", 400),
    ("A: b\0", "FieldValue", 400),
    ("A: \x1b[31m", "FieldValue", 400),
    ("A: \x7f", "FieldValue", 400),
    // Expectations.
    ("Expect: 200-ok", "Expectation", 417),
    ("Expect: 100-continue, 100-continue", "Expectation", 417),
    ("Expect: 100-continue\r\nExpect: x", "Expectation", 417),
];

/// Hosts that are none.
pub const HOSTS: [&str; 20] = [
    "", "a b", "a/b", "a@b", "a:b", "a:80:80", "a:65536", "a:-1", "a:+1", "::1", "[::1", "[::1]x", "[::1]:x",
    "[]", "[a]", "a\\b", "a%zz", "a?b", "<a>", "\u{e9}",
];
