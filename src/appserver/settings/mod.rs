//! Every setting: the values, and the one table that says how each is named, read and explained.
//!
//! - [`table`]: what a row says; [`section`]: the rows, a file a section.
//! - [`value`], [`word`], [`size`], [`network`], [`endpoint`], [`account`], [`config_file`]: how what a source gives becomes a value.
//! - [`hook`]: the functions of a Python configuration that are called at moments of the server's life.
//! - [`reference`]: the table as a page.

pub mod account;
pub mod config_file;
pub mod endpoint;
pub mod hook;
pub mod network;
pub mod reference;
pub mod section;
pub mod size;
pub mod slash;
pub mod table;
#[cfg(test)]
mod tests;
pub mod value;
pub mod word;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use self::account::Account;
use self::config_file::ConfigFile;
use self::endpoint::{Statsd, Syslog};
use self::network::Networks;
use self::size::{Bytes, Mode};
use self::slash::Slash;
use self::value::Names;
use self::word::{Facility, HeaderMap, Protocol, ProxyProtocol, ReloadEngine, WorkerClass};
use super::access::Format;
use super::bind::Bind;
use super::log::Level;

/// The values a server runs with, in the order of the table, which explains each. Times are seconds.
///
/// A worker gets them over its control channel; a field it does not know is ignored and one it misses has its default,
/// so a master and the workers of the next release understand each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The application as named: `@name` or `MODULE[:EXPR]`.
    pub app: String,
    /// Where the configuration came from, if there is one; a worker of Python takes its hooks from there.
    pub config: Option<ConfigFile>,
    /// The hooks that the configuration defines.
    pub hooks: Vec<String>,
    /// The path prefixes under which the application answers, `/` for the root; none is the root alone.
    pub mount: Vec<String>,
    /// Paths of which only one form, with or without the final slash, is the application's.
    pub slashes: Vec<Slash>,
    /// Where to listen; only the master uses it, and hooks see it.
    #[serde(skip_deserializing, serialize_with = "shown")]
    pub bind: Vec<Bind>,
    /// How many connections may wait to be accepted.
    pub backlog: u32,
    /// Whether each worker has sockets of its own.
    pub reuse_port: bool,
    /// Where metrics and health are told; only the master uses it.
    #[serde(skip)]
    pub metrics_bind: Option<Bind>,
    /// How many workers, at least 1.
    pub workers: usize,
    /// How a worker serves; with several threads it is always by threads.
    pub worker_class: WorkerClass,
    /// Threads of a worker, at least 1.
    pub threads: usize,
    /// How many clients may be connected at once.
    pub worker_connections: usize,
    /// After how many requests a worker is replaced; 0 is never.
    pub max_requests: u64,
    /// Up to this many more, by chance.
    pub max_requests_jitter: u64,
    /// The memory with which a worker is replaced; 0 is none.
    pub max_rss: Bytes,
    /// After how long a worker is replaced; 0 is never.
    pub worker_lifetime: u64,
    /// Up to this much longer, by chance.
    pub worker_lifetime_jitter: u64,
    /// How long a request may take; 0 is for ever.
    pub timeout: u64,
    /// How long a worker may take to load the application.
    pub boot_timeout: u64,
    /// How long requests in progress have to finish after a stop or a reload.
    pub graceful_timeout: u64,
    /// How long an idle connection is kept open.
    pub keepalive: u64,
    /// How long the head of a request may take to arrive.
    pub header_timeout: u64,
    /// How long the body of a request may pause.
    pub body_timeout: u64,
    /// How long a client may take no bytes of its answer.
    pub write_timeout: u64,
    /// How long a request may wait for a free worker; 0 is for ever.
    pub queue_timeout: u64,
    /// The longest request line, in bytes; 0 is no limit of ours.
    pub limit_request_line: u32,
    /// The most headers; 0 is 32768.
    pub limit_request_fields: u32,
    /// The longest header, in bytes; 0 is no limit of ours.
    pub limit_request_field_size: u32,
    /// The longest body; 0 is no limit.
    pub limit_request_body: Bytes,
    /// Whether workers are replaced when the code changes.
    pub reload: bool,
    /// How changes are noticed.
    pub reload_engine: ReloadEngine,
    /// What else is watched: paths and patterns.
    pub reload_extra_files: Vec<String>,
    /// Whether a reload replaces one worker at a time.
    pub phased: bool,
    /// Whether only to check.
    pub check_config: bool,
    /// Whether to check and print.
    pub print_config: bool,
    /// Whether the application is imported once, before the workers.
    pub preload_app: bool,
    /// Whether files are sent by the kernel.
    pub sendfile: bool,
    /// The folder to work in: absolute once read.
    pub chdir: PathBuf,
    /// Whether to go to the background.
    pub daemon: bool,
    /// Variables for the application, each `NAME=VALUE`.
    pub raw_env: Vec<String>,
    /// Where the master writes its process id.
    pub pidfile: Option<PathBuf>,
    /// Without effect.
    pub worker_tmp_dir: Option<PathBuf>,
    /// Whom the workers run as.
    pub user: Option<Account>,
    /// Their group.
    pub group: Option<Account>,
    /// The mode mask of the process, and so of socket files it makes.
    pub umask: Mode,
    /// Whether the workers get all groups of their user.
    pub initgroups: bool,
    /// Where large bodies are kept while they arrive.
    pub tmp_upload_dir: Option<PathBuf>,
    /// The Python interpreter; once read, always there unless there is none.
    pub python: Option<PathBuf>,
    /// Folders in front of Python's own.
    pub pythonpath: Vec<PathBuf>,
    /// A PasteDeploy file, `PATH[#NAME]`.
    pub paste: Option<String>,
    /// Values for it, each `NAME=VALUE`.
    pub raw_paste_global_conf: Vec<String>,
    /// Headers and the value with which each says that the client came by https.
    pub secure_scheme_headers: BTreeMap<String, String>,
    /// Proxies that are believed about their clients.
    pub forwarded_allow_ips: Networks,
    /// Whether connections begin with a line about the client.
    pub proxy_protocol: ProxyProtocol,
    /// Who may send that line.
    pub proxy_allow_ips: Networks,
    /// What is spoken on the sockets.
    pub protocol: Protocol,
    /// Who may speak something else than HTTP.
    pub uwsgi_allow_ips: Networks,
    /// Whether any method is taken.
    pub permit_unconventional_http_method: bool,
    /// Whether any version 1.x of HTTP is taken.
    pub permit_unconventional_http_version: bool,
    /// Whether methods in small letters are made large.
    pub casefold_http_method: bool,
    /// Headers with underscores that a trusted proxy may send.
    pub forwarder_headers: Names,
    /// What becomes of other headers with underscores.
    pub header_map: HeaderMap,
    /// The header that carries the id of a request; empty is none.
    pub request_id_header: String,
    /// The access log: none, `-` (standard output) or a path.
    pub accesslog: Option<PathBuf>,
    /// The form of a line of the access log.
    pub access_log_format: String,
    /// Whether its lines are JSON instead.
    pub access_log_json: bool,
    /// Whether requests stay out of syslog.
    pub disable_redirect_access_to_syslog: bool,
    /// The error log: `-` (standard error) or a path.
    pub errorlog: PathBuf,
    /// The least important line that is logged.
    pub loglevel: Level,
    /// Whether what the application prints goes to the error log.
    pub capture_output: bool,
    /// Whether to log to syslog as well.
    pub syslog: bool,
    /// Where it is.
    pub syslog_addr: Syslog,
    /// What our lines are called there.
    pub syslog_prefix: Option<String>,
    /// What kind of program we are to it.
    pub syslog_facility: Facility,
    /// Whether a daemon keeps its standard streams.
    pub enable_stdio_inheritance: bool,
    /// Where figures are sent.
    pub statsd_host: Option<Statsd>,
    /// What their names begin with.
    pub statsd_prefix: String,
    /// Tags of each figure.
    pub dogstatsd_tags: String,
    /// Whether the length of the queue is among them.
    pub enable_backlog_metric: bool,
    /// What the processes are called.
    pub proc_name: Option<String>,
    /// The socket that answers questions and takes orders.
    pub control_socket: Option<PathBuf>,
    /// Its mode.
    pub control_socket_mode: Mode,
    /// Whether there is none.
    pub control_socket_disable: bool,
}

fn shown<S: Serializer>(binds: &[Bind], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(binds.iter().map(ToString::to_string))
}

/// The defaults that need no memory of their own; the rest is in [`Settings::default`].
const PLAIN: Settings = Settings {
    app: String::new(),
    config: None,
    hooks: Vec::new(),
    mount: Vec::new(),
    slashes: Vec::new(),
    bind: Vec::new(),
    backlog: 2048,
    reuse_port: false,
    metrics_bind: None,
    workers: 1,
    worker_class: WorkerClass::Sync,
    threads: 1,
    worker_connections: 1000,
    max_requests: 0,
    max_requests_jitter: 0,
    max_rss: Bytes(0),
    worker_lifetime: 0,
    worker_lifetime_jitter: 0,
    timeout: 30,
    boot_timeout: 60,
    graceful_timeout: 30,
    keepalive: 2,
    header_timeout: 30,
    body_timeout: 30,
    write_timeout: 60,
    queue_timeout: 30,
    limit_request_line: 4094,
    limit_request_fields: 100,
    limit_request_field_size: 8190,
    limit_request_body: Bytes(0),
    reload: false,
    reload_engine: ReloadEngine::Auto,
    reload_extra_files: Vec::new(),
    phased: false,
    check_config: false,
    print_config: false,
    preload_app: false,
    sendfile: true,
    chdir: PathBuf::new(),
    daemon: false,
    raw_env: Vec::new(),
    pidfile: None,
    worker_tmp_dir: None,
    user: None,
    group: None,
    umask: Mode(0),
    initgroups: false,
    tmp_upload_dir: None,
    python: None,
    pythonpath: Vec::new(),
    paste: None,
    raw_paste_global_conf: Vec::new(),
    secure_scheme_headers: BTreeMap::new(),
    forwarded_allow_ips: Networks::none(),
    proxy_protocol: ProxyProtocol::Off,
    proxy_allow_ips: Networks::none(),
    protocol: Protocol::Http,
    uwsgi_allow_ips: Networks::none(),
    permit_unconventional_http_method: false,
    permit_unconventional_http_version: false,
    casefold_http_method: false,
    forwarder_headers: Names(Vec::new()),
    header_map: HeaderMap::Drop,
    request_id_header: String::new(),
    accesslog: None,
    access_log_format: String::new(),
    access_log_json: false,
    disable_redirect_access_to_syslog: false,
    errorlog: PathBuf::new(),
    loglevel: Level::Info,
    capture_output: false,
    syslog: false,
    syslog_addr: Syslog::udp(String::new()),
    syslog_prefix: None,
    syslog_facility: Facility::User,
    enable_stdio_inheritance: false,
    statsd_host: None,
    statsd_prefix: String::new(),
    dogstatsd_tags: String::new(),
    enable_backlog_metric: false,
    proc_name: None,
    control_socket: None,
    control_socket_mode: Mode(0o600),
    control_socket_disable: false,
};

impl Default for Settings {
    fn default() -> Self {
        let headers =
            [("X-FORWARDED-PROTOCOL", "ssl"), ("X-FORWARDED-PROTO", "https"), ("X-FORWARDED-SSL", "on")];
        Self {
            chdir: ".".into(),
            secure_scheme_headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            forwarded_allow_ips: Networks::loopback(),
            proxy_allow_ips: Networks::loopback(),
            uwsgi_allow_ips: Networks::loopback(),
            forwarder_headers: Names(vec!["SCRIPT_NAME".into(), "PATH_INFO".into()]),
            access_log_format: Format::DEFAULT.into(),
            errorlog: "-".into(),
            syslog_addr: Syslog::default(),
            ..PLAIN
        }
    }
}
