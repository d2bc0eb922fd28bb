//! A site that is asked by the PROXY protocol alone: each connection begins with a line that says for whom it is.

use std::net::IpAddr;

use crate::base::diagnostic::Diagnostic;
use crate::base::source::Span;
use crate::base::yaml::{Node, Spanned, Value};

/// Who may say for whom a connection is: the balancers of the inventory, and these.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyProtocol {
    /// Addresses and networks: `10.0.0.5`, `10.0.0.0/8`.
    pub from: Vec<String>,
    /// The place of the value.
    pub at: Span,
}

/// Reads `proxy_protocol`: `true`, or a list of further balancers.
pub fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Option<ProxyProtocol> {
    let from = match &node.value {
        Value::Null | Value::Bool(false) => return None,
        Value::Bool(true) => Vec::new(),
        _ => node.decode::<Vec<Spanned<String>>>().map_err(|error| said.push(error)).unwrap_or_default(),
    };
    for one in from.iter().filter(|one| !is_network(one)) {
        said.push(
            Diagnostic::error(format!("`{}` is no address and no network", one.value.escape_debug()))
                .at(&one.span)
                .label("who may say for whom a connection is")
                .fix("write `proxy_protocol: [10.0.0.0/8]`, or `true` for the balancers of the inventory"),
        );
    }
    Some(ProxyProtocol { from: from.into_iter().map(|one| one.value).collect(), at: node.span.clone() })
}

fn is_network(text: &str) -> bool {
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, rest)| (address, Some(rest)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}
