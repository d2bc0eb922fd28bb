//! What is written down, and where.

use crate::appserver::access::Format;
use crate::appserver::settings::table::{Act, Form, ROW, Setting};

/// Why Python's logging is not configured here.
const NO_LOGGER: &str = "use `errorlog`, `accesslog`, `access_log_format`, `loglevel`, `syslog`; the application configures its own logging";

/// The rows.
pub const ROWS: [Setting; 20] = [
    Setting {
        name: "accesslog",
        form: Form::Value("PATH"),
        long: &["access-logfile"],
        meaning: "Where each request is logged; - is standard output",
        example: "-",
        act: Act::Kept(|s| &mut s.accesslog),
        ..ROW
    },
    Setting {
        name: "access_log_format",
        form: Form::Value("FORMAT"),
        long: &["access-logformat"],
        meaning: "The form of a line of the access log",
        example: "%(h)s %(r)s %(s)s",
        differs: "an unknown atom is an error",
        act: Act::Kept(|s| &mut s.access_log_format),
        check: |s| Ok(Format::parse(&s.access_log_format).map(drop)?),
        ..ROW
    },
    Setting {
        name: "access_log_json",
        form: Form::Switch(true),
        long: &["access-log-json"],
        meaning: "Write each line of the access log as JSON",
        example: "true",
        is_ours: true,
        act: Act::Kept(|s| &mut s.access_log_json),
        ..ROW
    },
    Setting {
        name: "disable_redirect_access_to_syslog",
        form: Form::Switch(true),
        long: &["disable-redirect-access-to-syslog"],
        meaning: "Keep requests out of syslog",
        example: "true",
        act: Act::Kept(|s| &mut s.disable_redirect_access_to_syslog),
        ..ROW
    },
    Setting {
        name: "errorlog",
        form: Form::Value("PATH"),
        long: &["error-logfile", "log-file"],
        meaning: "Where everything else is logged; - is standard error",
        example: "/var/log/site.log",
        act: Act::Kept(|s| &mut s.errorlog),
        ..ROW
    },
    Setting {
        name: "loglevel",
        form: Form::Value("LEVEL"),
        long: &["log-level"],
        meaning: "The least important line that is logged: debug, info, warning, error or critical",
        example: "debug",
        differs: "an unknown word is an error, not `info`",
        act: Act::Kept(|s| &mut s.loglevel),
        ..ROW
    },
    Setting {
        name: "capture_output",
        form: Form::Switch(true),
        long: &["capture-output"],
        meaning: "Log what the application prints as well",
        example: "true",
        act: Act::Kept(|s| &mut s.capture_output),
        ..ROW
    },
    Setting {
        name: "enable_stdio_inheritance",
        form: Form::Switch(true),
        long: &["enable-stdio-inheritance"],
        short: Some('R'),
        meaning: "Keep the standard streams in the background (with `daemon`)",
        example: "true",
        act: Act::Kept(|s| &mut s.enable_stdio_inheritance),
        ..ROW
    },
    Setting {
        name: "syslog",
        form: Form::Switch(true),
        long: &["log-syslog"],
        meaning: "Log to syslog as well",
        example: "true",
        act: Act::Kept(|s| &mut s.syslog),
        ..ROW
    },
    Setting {
        name: "syslog_addr",
        form: Form::Value("ADDRESS"),
        long: &["log-syslog-to"],
        meaning: "Where syslog is: udp://HOST:PORT, tcp://HOST:PORT or unix://PATH (with #dgram or #stream)",
        example: "unix:///dev/log",
        act: Act::Kept(|s| &mut s.syslog_addr),
        ..ROW
    },
    Setting {
        name: "syslog_prefix",
        form: Form::Value("NAME"),
        long: &["log-syslog-prefix"],
        meaning: "What our lines are called there",
        default: "the name of the processes",
        example: "shop",
        act: Act::Kept(|s| &mut s.syslog_prefix),
        ..ROW
    },
    Setting {
        name: "syslog_facility",
        form: Form::Value("WORD"),
        long: &["log-syslog-facility"],
        meaning: "What kind of program we are to it: user, daemon, local0, …",
        example: "daemon",
        act: Act::Kept(|s| &mut s.syslog_facility),
        ..ROW
    },
    Setting {
        name: "statsd_host",
        form: Form::Value("ADDRESS"),
        long: &["statsd-host"],
        meaning: "Send figures to statsd: HOST:PORT or unix://PATH",
        example: "localhost:8125",
        act: Act::Kept(|s| &mut s.statsd_host),
        ..ROW
    },
    Setting {
        name: "statsd_prefix",
        form: Form::Value("PREFIX"),
        long: &["statsd-prefix"],
        meaning: "What the names of the figures begin with",
        example: "shop",
        act: Act::Kept(|s| &mut s.statsd_prefix),
        ..ROW
    },
    Setting {
        name: "dogstatsd_tags",
        form: Form::Value("TAGS"),
        long: &["dogstatsd-tags"],
        meaning: "Tags of each figure, NAME:VALUE with commas between",
        example: "stage:live",
        act: Act::Kept(|s| &mut s.dogstatsd_tags),
        ..ROW
    },
    Setting {
        name: "enable_backlog_metric",
        form: Form::Switch(true),
        long: &["enable-backlog-metric"],
        meaning: "Send how many connections wait to be accepted as well",
        example: "true",
        act: Act::Kept(|s| &mut s.enable_backlog_metric),
        ..ROW
    },
    Setting {
        name: "logger_class",
        form: Form::Value("CLASS"),
        long: &["logger-class"],
        meaning: "A class of Python that logs",
        default: "gunicorn.glogging.Logger",
        example: "site.Logger",
        act: Act::Refused(NO_LOGGER),
        ..ROW
    },
    Setting {
        name: "logconfig",
        form: Form::Value("PATH"),
        long: &["log-config"],
        meaning: "A file for Python's logging",
        default: "none",
        example: "logging.ini",
        act: Act::Refused(NO_LOGGER),
        ..ROW
    },
    Setting {
        name: "logconfig_dict",
        meaning: "A map for Python's logging",
        default: "none",
        example: "version=1",
        act: Act::Refused(NO_LOGGER),
        ..ROW
    },
    Setting {
        name: "logconfig_json",
        form: Form::Value("PATH"),
        long: &["log-config-json"],
        meaning: "A file of JSON for Python's logging",
        default: "none",
        example: "logging.json",
        act: Act::Refused(NO_LOGGER),
        ..ROW
    },
];
