//! Python's marshal format, as far as requests need it: `marshal.loads` runs at C speed.
//!
//! Written: version 4, which every Python from 3.4 reads.
//! Format: <https://github.com/python/cpython/blob/main/Python/marshal.c>

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
}
