//! How large a request may be.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// Longer lines and headers than any client sends.
const LONG: u64 = 1 << 20;

/// The rows.
pub const ROWS: [Setting; 4] = [
    Setting {
        name: "limit_request_line",
        form: Form::Value("N"),
        long: &["limit-request-line"],
        meaning: "The longest request line; a longer one is answered 414",
        unit: "bytes",
        example: "8190",
        differs: "may be more than 8190; answered 414, not 400; 0 is the most there is, 1 MiB",
        limits: 0..=LONG,
        act: Act::Kept(|s| &mut s.limit_request_line),
        ..ROW
    },
    Setting {
        name: "limit_request_fields",
        form: Form::Value("N"),
        long: &["limit-request-fields"],
        meaning: "The most headers of a request; more are answered 431; 0 is 32768",
        unit: "headers",
        example: "50",
        limits: 0..=32_768,
        act: Act::Kept(|s| &mut s.limit_request_fields),
        ..ROW
    },
    Setting {
        name: "limit_request_field_size",
        form: Form::Value("N"),
        long: &["limit-request-field_size", "limit-request-field-size"],
        meaning: "The longest header; a longer one is answered 431",
        unit: "bytes",
        example: "16380",
        differs: "also spelled with hyphens alone; 0 is the most there is, 1 MiB",
        limits: 0..=LONG,
        act: Act::Kept(|s| &mut s.limit_request_field_size),
        ..ROW
    },
    Setting {
        name: "limit_request_body",
        form: Form::Value("SIZE"),
        long: &["limit-request-body"],
        meaning: "The longest body (10MB); a longer one is answered 413; 0 is no limit",
        unit: "bytes",
        example: "10MB",
        is_ours: true,
        act: Act::Kept(|s| &mut s.limit_request_body),
        ..ROW
    },
];
