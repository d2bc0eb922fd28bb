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
