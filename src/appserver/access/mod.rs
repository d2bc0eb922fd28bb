//! The access log: what is known of a request that was answered, as a line of text or of JSON.
//!
//! - [`format`]: Gunicorn's format string; [`variable`]: what applications call the parts of a request.
//! - [`json`]: a line of JSON.
//! - [`lines`]: how lines become writes.

pub mod format;
pub mod json;
pub mod lines;
pub mod variable;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

pub use self::format::Format;
pub use self::lines::Lines;
use super::http::Head;
use super::log::Echo;

/// What is known of a request that was answered.
pub struct Record<'a> {
    /// Who asked, as far as we trust it; empty if unknown.
    pub client: &'a str,
    /// The two ends of the connection.
    pub ends: Ends<'a>,
    /// The request.
    pub head: &'a Head,
    /// The answer's status.
    pub status: u16,
    /// The answer's head as sent, if the form wants it.
    pub answer: &'a [u8],
    /// Bytes of the body that went out.
    pub bytes: u64,
    /// From the head of the request to the end of the answer.
    pub took: Duration,
    /// What the request is called across programs, if it has a name.
    pub request_id: Option<&'a [u8]>,
    /// The process that answered.
    pub pid: u32,
}

/// The two ends of a connection; what is unknown is empty.
pub struct Ends<'a> {
    /// The peer's address.
    pub address: &'a str,
    /// The peer's port.
    pub port: &'a str,
    /// Our own address.
    pub server: &'a str,
    /// Our own port.
    pub server_port: &'a str,
}

/// The form of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// By a format string.
    Text(Format),
    /// An object of JSON.
    Json,
}

impl Form {
    /// Whether it tells of an answer's headers.
    pub fn wants_answer(&self) -> bool {
        matches!(self, Self::Text(format) if format.wants_answer())
    }

    fn line(&self, record: &Record, now: Timestamp) -> String {
        match self {
            Self::Text(format) => format.line(record, now),
            Self::Json => json::line(record, now),
        }
    }
}

/// The access log of a process.
pub struct Access {
    /// The form of its lines.
    pub form: Form,
    /// The file they go to, if there is one.
    pub lines: Option<Lines>,
    /// Where they go as well.
    pub echo: Option<Arc<dyn Echo>>,
    /// Rung when the first line waits.
    pub waiting: Notify,
}

impl Access {
    /// Adds the line of one request.
    pub fn add(&self, record: &Record) {
        let line = self.form.line(record, Timestamp::now());
        if let Some(echo) = &self.echo {
            echo.access(line.trim_end());
        }
        if self.lines.as_ref().is_some_and(|lines| lines.add(&line)) {
            self.waiting.notify_one();
        }
    }

    /// Writes lines for as long as it is polled: what one turn of the loop brought goes out together.
    pub async fn write(&self) {
        loop {
            self.waiting.notified().await;
            tokio::task::yield_now().await;
            self.flush();
        }
    }

    /// Writes what waits.
    pub fn flush(&self) {
        if let Some(lines) = &self.lines {
            lines.flush();
        }
    }
}
