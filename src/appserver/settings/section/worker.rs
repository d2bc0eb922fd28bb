//! How many workers there are, how they serve, and when they are replaced.

use crate::appserver::settings::table::{A_YEAR, Act, Form, ROW, Setting};

/// The most workers, and the most threads of one; more are a slip of the finger.
pub const MOST_WORKERS: u64 = 1024;

/// A time.
const SECONDS: Setting = Setting { form: Form::Value("SECONDS"), unit: "s", limits: 0..=A_YEAR, ..ROW };

/// A number.
const COUNT: Setting = Setting { form: Form::Value("N"), ..ROW };

/// The rows.
pub const ROWS: [Setting; 18] = [
    Setting {
        name: "workers",
        long: &["workers"],
        short: Some('w'),
        meaning: "How many worker processes serve; native ones beyond the number of cores stand by",
        unit: "processes",
        default: "1, or $WEB_CONCURRENCY",
        example: "3",
        limits: 1..=MOST_WORKERS,
        act: Act::Kept(|s| &mut s.workers),
        ..COUNT
    },
    Setting {
        name: "worker_class",
        form: Form::Value("CLASS"),
        long: &["worker-class"],
        short: Some('k'),
        meaning: "How a worker of Python serves: sync, or gthread; several threads are always gthread",
        example: "gthread",
        differs: "no event loops in Python, no ASGI, no classes of one's own",
        act: Act::Kept(|s| &mut s.worker_class),
        ..ROW
    },
    Setting {
        name: "threads",
        long: &["threads"],
        meaning: "How many requests a worker of Python serves at a time",
        unit: "threads",
        example: "4",
        limits: 1..=MOST_WORKERS,
        act: Act::Kept(|s| &mut s.threads),
        ..COUNT
    },
    Setting {
        name: "worker_connections",
        long: &["worker-connections"],
        meaning: "How many clients may be connected at once",
        unit: "connections",
        example: "5000",
        differs: "in every worker class",
        limits: 1..=1_000_000,
        act: Act::Kept(|s| &mut s.worker_connections),
        ..COUNT
    },
    Setting {
        name: "max_requests",
        long: &["max-requests"],
        meaning: "Replace a worker after so many requests; 0 is never",
        unit: "requests",
        example: "1000",
        differs: "its replacement serves before it leaves",
        act: Act::Kept(|s| &mut s.max_requests),
        ..COUNT
    },
    Setting {
        name: "max_requests_jitter",
        long: &["max-requests-jitter"],
        meaning: "Up to so many more, by chance, so that not all leave together",
        unit: "requests",
        example: "50",
        act: Act::Kept(|s| &mut s.max_requests_jitter),
        ..COUNT
    },
    Setting {
        name: "max_rss",
        form: Form::Value("SIZE"),
        long: &["max-rss"],
        meaning: "Replace a worker that has grown to so much memory (512MB, 2GB), between two requests; 0 is never",
        unit: "bytes",
        example: "512MB",
        is_ours: true,
        act: Act::Kept(|s| &mut s.max_rss),
        ..ROW
    },
    Setting {
        name: "worker_lifetime",
        long: &["worker-lifetime"],
        meaning: "Replace a worker after so long; 0 is never",
        example: "86400",
        is_ours: true,
        act: Act::Kept(|s| &mut s.worker_lifetime),
        ..SECONDS
    },
    Setting {
        name: "worker_lifetime_jitter",
        long: &["worker-lifetime-jitter"],
        meaning: "Up to so much longer, by chance, so that not all leave together",
        example: "600",
        is_ours: true,
        act: Act::Kept(|s| &mut s.worker_lifetime_jitter),
        ..SECONDS
    },
    Setting {
        name: "timeout",
        long: &["timeout"],
        short: Some('t'),
        meaning: "How long a request may take before its worker is replaced; 0 is for ever",
        example: "120",
        differs: "counts a request in every worker class, and never a worker that waits",
        act: Act::Kept(|s| &mut s.timeout),
        ..SECONDS
    },
    Setting {
        name: "boot_timeout",
        long: &["boot-timeout"],
        meaning: "How long a worker may take to load the application, and a configuration to be read; 0 is for ever",
        example: "20",
        is_ours: true,
        act: Act::Kept(|s| &mut s.boot_timeout),
        ..SECONDS
    },
    Setting {
        name: "graceful_timeout",
        long: &["graceful-timeout"],
        meaning: "How long requests in progress may take to finish after a stop or a reload",
        example: "10",
        act: Act::Kept(|s| &mut s.graceful_timeout),
        ..SECONDS
    },
    Setting {
        name: "phased",
        form: Form::Switch(true),
        long: &["phased"],
        meaning: "At a reload, replace one worker after the other, each when its successor serves",
        example: "true",
        is_ours: true,
        act: Act::Kept(|s| &mut s.phased),
        ..ROW
    },
    Setting {
        name: "keepalive",
        long: &["keep-alive"],
        meaning: "How long an idle connection is kept open",
        example: "75",
        differs: "in every worker class",
        act: Act::Kept(|s| &mut s.keepalive),
        ..SECONDS
    },
    Setting {
        name: "header_timeout",
        long: &["header-timeout"],
        meaning: "How long the head of a request may take to arrive; 0 is for ever",
        example: "10",
        is_ours: true,
        act: Act::Kept(|s| &mut s.header_timeout),
        ..SECONDS
    },
    Setting {
        name: "body_timeout",
        long: &["body-timeout"],
        meaning: "How long the body of a request may pause; 0 is for ever",
        example: "10",
        is_ours: true,
        act: Act::Kept(|s| &mut s.body_timeout),
        ..SECONDS
    },
    Setting {
        name: "write_timeout",
        long: &["write-timeout"],
        meaning: "How long a client may take nothing of its answer; 0 is for ever",
        example: "10",
        is_ours: true,
        act: Act::Kept(|s| &mut s.write_timeout),
        ..SECONDS
    },
    Setting {
        name: "queue_timeout",
        long: &["queue-timeout"],
        meaning: "How long a request may wait for a free worker before it is answered 503; 0 is for ever",
        example: "10",
        is_ours: true,
        act: Act::Kept(|s| &mut s.queue_timeout),
        ..SECONDS
    },
];
