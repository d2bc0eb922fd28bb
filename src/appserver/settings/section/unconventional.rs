//! HTTP that is not quite HTTP.

use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// The rows.
pub const ROWS: [Setting; 5] = [
    Setting {
        name: "permit_unconventional_http_method",
        form: Form::Switch(true),
        long: &["permit-unconventional-http-method"],
        meaning: "Take methods that nobody knows",
        example: "true",
        act: Act::Kept(|s| &mut s.permit_unconventional_http_method),
        ..ROW
    },
    Setting {
        name: "permit_unconventional_http_version",
        form: Form::Switch(true),
        long: &["permit-unconventional-http-version"],
        meaning: "Take versions of HTTP other than 1.0 and 1.1",
        example: "true",
        act: Act::Kept(|s| &mut s.permit_unconventional_http_version),
        ..ROW
    },
    Setting {
        name: "casefold_http_method",
        form: Form::Switch(true),
        long: &["casefold-http-method"],
        meaning: "Take methods in small letters as if they were large",
        example: "true",
        act: Act::Kept(|s| &mut s.casefold_http_method),
        ..ROW
    },
    Setting {
        name: "permit_obsolete_folding",
        form: Form::Switch(true),
        long: &["permit-obsolete-folding"],
        meaning: "Take headers of several lines",
        default: "false",
        example: "true",
        act: Act::Refused(
            "leave it out: RFC 9112 forbids headers of several lines, and proxies read them differently",
        ),
        ..ROW
    },
    Setting {
        name: "strip_header_spaces",
        form: Form::Switch(true),
        long: &["strip-header-spaces"],
        meaning: "Take blanks between a header's name and its colon",
        default: "false",
        example: "true",
        act: Act::Refused("leave it out: a blank before the colon is how requests are smuggled past a proxy"),
        ..ROW
    },
];
