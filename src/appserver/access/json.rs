//! A line of the access log as one object of JSON; its keys are always the same, and what is unknown is null.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::Record;

#[derive(Serialize)]
struct Line<'a> {
    /// When the answer ended, in UTC.
    time: String,
    remote: Option<&'a str>,
    method: &'a str,
    /// As it came, without the query.
    path: Cow<'a, str>,
    query: Cow<'a, str>,
    protocol: &'static str,
    status: u16,
    bytes: u64,
    duration_us: u64,
    referer: Option<Cow<'a, str>>,
    user_agent: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    pid: u32,
}

/// The line of one request, its end included.
pub fn line(record: &Record, now: Timestamp) -> String {
    let head = record.head;
    let text = String::from_utf8_lossy;
    let line = Line {
        time: format!("{now:.6}"),
        remote: Some(record.client).filter(|client| !client.is_empty()),
        method: head.method(),
        path: text(head.path()),
        query: text(head.query()),
        protocol: head.version().as_str(),
        status: record.status,
        bytes: record.bytes,
        duration_us: record.took.as_micros() as u64,
        referer: head.field("referer").map(text),
        user_agent: head.field("user-agent").map(text),
        request_id: record.request_id.map(text),
        pid: record.pid,
    };
    // Texts and numbers always become JSON.
    let mut line = serde_json::to_string(&line).unwrap_or_default();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::appserver::access::Ends;
    use crate::appserver::http::{Head, Reader, Rules};

    #[test]
    fn a_line_is_one_object_whatever_the_client_sent() {
        let request = "GET /a%20b?\"c\" HTTP/1.1\r\nHost: a\r\nUser-Agent: x \"y\"\t\u{e9}\r\n\r\n";
        let head = Head::take(&mut request.into(), &mut Reader::default(), &Rules::default());
        let record = Record {
            client: "10.0.0.9",
            ends: Ends { address: "", port: "", server: "", server_port: "" },
            head: &head.unwrap().unwrap(),
            status: 404,
            answer: b"",
            bytes: 10,
            took: Duration::from_micros(1_500),
            request_id: Some(b"7f"),
            pid: 12,
        };
        let now = Timestamp::from_millisecond(1_795_169_201_250).unwrap();
        assert_eq!(
            line(&record, now),
            concat!(
                r#"{"time":"2026-11-20T10:06:41.250000Z","remote":"10.0.0.9","method":"GET","path":"/a%20b","query":"\"c\"","#,
                r#""protocol":"HTTP/1.1","status":404,"bytes":10,"duration_us":1500,"referer":null,"user_agent":"x \"y\"\té","#,
                r#""request_id":"7f","pid":12}"#,
                "\n"
            )
        );
    }
}
