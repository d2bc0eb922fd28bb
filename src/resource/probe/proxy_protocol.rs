//! The PROXY protocol of the probes (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>): a first line that
//! names no client, for sites that are asked by it alone.

use ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

/// Whether a connection begins with that line.
#[derive(Debug)]
pub struct Announced(pub bool);

/// Who asks is whoever has connected.
const LINE: &[u8] = b"PROXY UNKNOWN\r\n";

impl<In: Transport> Connector<In> for Announced {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<In>, ureq::Error> {
        let Some(mut transport) = chained else { return Ok(None) };
        if self.0 {
            transport.buffers().output()[..LINE.len()].copy_from_slice(LINE);
            transport.transmit_output(LINE.len(), details.timeout)?;
        }
        Ok(Some(transport))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    use crate::resource::probe::{Asker, Expect, Probe};

    #[test]
    fn the_line_comes_before_the_request_where_it_is_asked_for() {
        for (proxy_protocol, wanted) in
            [(true, "PROXY UNKNOWN\r\nGET /x HTTP/1.1\r\n"), (false, "GET /x HTTP/1.1\r\n")]
        {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = server.local_addr().unwrap().port();
            let served = std::thread::spawn(move || {
                let mut stream = server.accept().unwrap().0;
                let mut seen = Vec::new();
                while !seen.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    seen.push(byte[0]);
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                String::from_utf8(seen).unwrap()
            });
            let (name, get) = ("x".to_string(), "/x".to_string());
            let probe =
                Probe { name, get, host: None, port, tls: None, proxy_protocol, expect: Expect::default() };
            assert_eq!(probe.check("127.0.0.1", Duration::ZERO, Asker::Desk), Ok(()));
            let seen = served.join().unwrap();
            assert!(seen.starts_with(wanted), "{seen}");
        }
    }
}
