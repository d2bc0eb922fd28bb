//! Python's marshal format, as far as requests and answers need it: `marshal.loads` and `marshal.dumps` run at C speed.
//!
//! Written: version 4, which every Python from 3.4 reads. Read: version 2, which has no references.
//! Format: <https://github.com/python/cpython/blob/main/Python/marshal.c>

/// How deep a value may nest.
const MAX_DEPTH: usize = 8;

/// A dict under construction.
pub struct Dict<'a>(&'a mut Vec<u8>);

impl<'a> Dict<'a> {
    /// Begins a dict at the end of `bytes`.
    pub fn begin(bytes: &'a mut Vec<u8>) -> Self {
        bytes.push(b'{');
        Self(bytes)
    }

    /// Adds a key of ASCII, at most 255 bytes, that Python keeps once for all requests.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.0.push(b'Z');
        self.0.push(name.len() as u8);
        self.0.extend_from_slice(name.as_bytes());
        self
    }

    /// Adds the key of a header: `HTTP_` and its name in capitals with `_` for `-`; at most 250 bytes of it.
    pub fn header_key(&mut self, name: &[u8]) -> &mut Self {
        const PREFIX: &[u8] = b"HTTP_";
        let name = &name[..name.len().min(250)];
        self.0.push(b'Z');
        self.0.push((PREFIX.len() + name.len()) as u8);
        self.0.extend_from_slice(PREFIX);
        self.0.extend(name.iter().map(|byte| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() }));
        self
    }

    /// Adds a value: each byte becomes the character of that number, as PEP 3333 wants it.
    pub fn latin1(&mut self, value: &[u8]) {
        if value.is_ascii() {
            match u8::try_from(value.len()) {
                Ok(short) => self.0.extend_from_slice(&[b'z', short]),
                Err(_) => self.sized(b'a', value.len()),
            }
            self.0.extend_from_slice(value);
        } else {
            let text: String = value.iter().map(|byte| char::from(*byte)).collect();
            self.sized(b'u', text.len());
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    /// Ends the dict.
    pub fn end(self) {
        self.0.push(b'0');
    }

    fn sized(&mut self, kind: u8, length: usize) {
        self.0.push(kind);
        self.0.extend_from_slice(&(length as u32).to_le_bytes());
    }
}

/// A value as read: texts, and lists or tuples of values.
#[derive(Debug, PartialEq, Eq)]
pub enum Value {
    /// A `str`.
    Text(String),
    /// A `list` or a `tuple`.
    Row(Vec<Self>),
}

/// Reads one value; none if these bytes are no such value. Half a surrogate pair, which no `String` holds, becomes
/// replacement characters: whoever reads the text refuses them, and the bytes behind it are still understood.
pub fn read(bytes: &[u8]) -> Option<Value> {
    let mut rest = bytes;
    let value = value(&mut rest, 0)?;
    rest.is_empty().then_some(value)
}

fn value(rest: &mut &[u8], depth: usize) -> Option<Value> {
    let (kind, after) = rest.split_first()?;
    *rest = after;
    match kind {
        b'u' => {
            let length = word(rest)?;
            let text = rest.split_off(..length)?;
            Some(Value::Text(String::from_utf8_lossy(text).into_owned()))
        }
        b'(' | b'[' if depth < MAX_DEPTH => {
            let length = word(rest)?;
            // Every value takes a byte at least, so a row longer than the rest is a lie.
            let rows = (length <= rest.len()).then_some(0..length)?;
            rows.map(|_| value(rest, depth + 1)).collect::<Option<_>>().map(Value::Row)
        }
        _ => None,
    }
}

fn word(rest: &mut &[u8]) -> Option<usize> {
    let (bytes, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// What the host's python3 prints for a script.
    fn python(script: &str, argument: &str) -> String {
        let out = Command::new("python3").args(["-c", script, argument]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().to_string()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn python_reads_the_dict_we_write() {
        let mut bytes = Vec::new();
        let mut dict = Dict::begin(&mut bytes);
        dict.key("PATH_INFO").latin1(b"/caf\xc3\xa9");
        dict.header_key(b"x-long").latin1(&[b'a'; 300]);
        dict.key("QUERY_STRING").latin1(b"");
        dict.end();
        let script = "import marshal,sys; d = marshal.loads(bytes.fromhex(sys.argv[1])); print(ascii(sorted(d.items())))";
        let long = "a".repeat(300);
        assert_eq!(
            python(script, &hex(&bytes)),
            format!("[('HTTP_X_LONG', '{long}'), ('PATH_INFO', '/caf\\xc3\\xa9'), ('QUERY_STRING', '')]")
        );
    }

    #[test]
    fn what_python_writes_is_read() {
        let script =
            "import marshal; print(marshal.dumps(('200 OK', [('A', 'b\\xe9'), ('C', '')]), 2).hex())";
        let written = python(script, "");
        let bytes: Vec<u8> = (0..written.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&written[at..at + 2], 16).unwrap())
            .collect();
        let text = |text: &str| Value::Text(text.into());
        let pair = |name, value| Value::Row(vec![text(name), text(value)]);
        let wanted = Value::Row(vec![text("200 OK"), Value::Row(vec![pair("A", "b\u{e9}"), pair("C", "")])]);
        assert_eq!(read(&bytes), Some(wanted));
    }

    #[test]
    fn bytes_that_are_no_value_are_refused() {
        let deep = [b'(', 1, 0, 0, 0].repeat(MAX_DEPTH + 2);
        for bytes in [&b""[..], b"u\xff\xff\xff\xff", b"[\xff\xff\xff\xff", b"i\0\0\0\0", &deep] {
            assert_eq!(read(bytes), None, "{bytes:?}");
        }
    }
}
