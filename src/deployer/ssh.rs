//! The one door to the network: a channel to the agent of a host, over SSH or, for `local`, a process here.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssh::{ControlPersist, KnownHosts, Session, SessionBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::agent::wire::MAX_FRAME;
use crate::base::diagnostic::Diagnostic;
use crate::base::exit::Exit;

use super::login;
use super::payload::Binary;
use super::start;
use super::target::Target;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A host that says nothing three times this long is gone: no run hangs on one that vanished.
const ALIVE_INTERVAL: Duration = Duration::from_secs(5);
/// How long the other side's last words may take after its end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// An idle master ends by itself, also after a crash of ours.
const PERSIST: ControlPersist = ControlPersist::IdleFor(match std::num::NonZeroUsize::new(60) {
    Some(seconds) => seconds,
    None => std::num::NonZeroUsize::MIN,
});

/// A conversation with an agent.
pub struct Channel {
    from: Box<dyn AsyncRead + Unpin + Send>,
    to: Box<dyn AsyncWrite + Unpin + Send>,
    errors: Errors,
    way: Way,
    _alive: Alive,
}

/// What [`Channel::open`] takes for another channel, over a connection of its own.
#[derive(Clone)]
pub struct Way {
    /// Where it leads.
    pub target: Target,
    /// Where its controls lie.
    pub control: PathBuf,
}

/// What must live as long as the channel.
enum Alive {
    Ssh { _child: Box<openssh::Child<Arc<Session>>>, _session: Arc<Session> },
    Local { _child: Box<tokio::process::Child> },
}

impl Channel {
    /// Opens a channel to the agent, sending the agent first where it is missing.
    ///
    /// # Errors
    /// The host cannot be reached, refuses the login or its key, or sudo asks for a password (exit 3).
    pub async fn open(
        target: &Target,
        agent: &Binary,
        stay: Stay,
        control: &Path,
    ) -> Result<Self, Diagnostic> {
        let mut channel = if target.local {
            open_local(target, control)?
        } else {
            open_ssh(target, agent, stay, control).await?
        };
        if !target.local {
            channel.bring_agent(agent).await?;
        }
        Ok(channel)
    }

    /// The way to the same agent once more.
    pub fn way(&self) -> Way {
        self.way.clone()
    }

    /// Sends a frame of JSON.
    pub async fn send(&mut self, message: &impl Serialize) -> Result<(), Diagnostic> {
        match serde_json::to_vec(message) {
            Ok(bytes) => self.send_bytes(&bytes).await,
            Err(error) => Err(self.lost(&error.to_string()).await),
        }
    }

    /// Sends a frame of raw bytes.
    pub async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut sent = self.to.write_all(&length).await;
        if sent.is_ok() {
            sent = self.to.write_all(bytes).await;
        }
        if sent.is_ok() {
            sent = self.to.flush().await;
        }
        match sent {
            Ok(()) => Ok(()),
            Err(error) => Err(self.lost(&error.to_string()).await),
        }
    }

    /// Receives a frame of JSON.
    ///
    /// # Errors
    /// The connection was lost, or what came is not a frame.
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Result<T, Diagnostic> {
        let mut length = [0; 4];
        if let Err(error) = self.from.read_exact(&mut length).await {
            return Err(self.lost(&error.to_string()).await);
        }
        self.receive_rest(u32::from_be_bytes(length) as usize).await
    }

    async fn receive_rest<T: DeserializeOwned>(&mut self, length: usize) -> Result<T, Diagnostic> {
        if length > MAX_FRAME {
            return Err(self.lost("the host sent something that is not ours").await);
        }
        let mut bytes = vec![0; length];
        if let Err(error) = self.from.read_exact(&mut bytes).await {
            return Err(self.lost(&error.to_string()).await);
        }
        match serde_json::from_slice(&bytes) {
            Ok(message) => Ok(message),
            Err(error) => Err(self.lost(&error.to_string()).await),
        }
    }

    /// The host's first words are either the agent's, or `need ARCH` from the shell that did not find it.
    async fn bring_agent(&mut self, agent: &Binary) -> Result<(), Diagnostic> {
        let mut word = [0; 5];
        if let Err(error) = self.from.read_exact(&mut word).await {
            return Err(self.refused(&error.to_string()).await);
        }
        if &word == b"have\n" {
            return Ok(());
        }
        if &word != b"need " {
            return Err(self.refused("the host's shell said something unexpected").await);
        }
        let arch = self.line().await?;
        if arch != std::env::consts::ARCH {
            return Err(start::another_processor(&self.way.target, &arch));
        }
        // A host that cannot take it says why on standard error, and the pipe breaks.
        let sent = match agent.packed() {
            Ok(packed) => self.send_agent(&packed).await,
            Err(error) => Err(error),
        };
        if let Err(error) = sent {
            return Err(self.refused(&error.to_string()).await);
        }
        match self.line().await?.as_str() {
            "have" => Ok(()),
            _ => Err(self.refused("the agent could not be put on the host").await),
        }
    }

    async fn send_agent(&mut self, packed: &[u8]) -> std::io::Result<()> {
        self.to.write_all(format!("{}\n", packed.len()).as_bytes()).await?;
        self.to.write_all(packed).await?;
        self.to.flush().await
    }

    async fn line(&mut self) -> Result<String, Diagnostic> {
        let mut line = Vec::new();
        loop {
            match self.from.read_u8().await {
                Ok(b'\n') => return Ok(String::from_utf8_lossy(&line).trim().to_string()),
                Ok(byte) if line.len() < 200 => line.push(byte),
                Ok(_) => return Err(self.refused("the host's shell said something unexpected").await),
                Err(error) => return Err(self.refused(&error.to_string()).await),
            }
        }
    }

    /// Before the agent spoke: why there is no agent.
    async fn refused(&mut self, why: &str) -> Diagnostic {
        let said = self.errors.last_words().await;
        let user = login::login_name(&self.way.target).await;
        start::reason(&self.way.target, &user, why, &said)
    }

    /// After the agent spoke: the connection is gone.
    async fn lost(&mut self, why: &str) -> Diagnostic {
        let said = self.errors.last_words().await;
        if said.starts_with("sudo:") {
            return start::reason(&self.way.target, &login::login_name(&self.way.target).await, why, &said);
        }
        let error = Diagnostic::error(format!("{}: the connection was lost: {why}", self.way.target.name));
        let error = error
            .exit(Exit::Unreachable)
            .fix("run the same command again; it continues where this one stopped");
        if said.is_empty() { error } else { error.note("last lines", said) }
    }
}

/// Where the agent stays when it has to be sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stay {
    /// In `/var/lib/deployer/bin`, for the next run.
    Kept,
    /// In a temporary directory that goes away with the run: a host that is only looked at is not changed.
    Gone,
}

/// The shell's part: runs the agent, or takes it from standard input first. Content is named by its digest, written
/// beside and renamed, so a cut connection leaves nothing half.
fn bootstrap(agent: &Binary, stay: Stay) -> String {
    let take = "printf 'need %s\\n' \"$(uname -m)\"; read n; head -c \"$n\" | gzip -dc";
    // Other versions, and what cut runs left long ago; never what another run is sending now.
    let clean = "find $d -type f ! -path $p \\( ! -name '.new.*' -o -mmin +60 \\) -delete 2>/dev/null";
    let missing = match stay {
        Stay::Kept => format!(
            "umask 022; mkdir -p $d || exit 1; t=$d/.new.$$; trap 'rm -f $t; exit 1' HUP INT TERM; \
             {take} > $t && chmod 755 $t || {{ rm -f $t; exit 1; }}; \
             sync $t 2>/dev/null; mv $t $p || exit 1; trap - HUP INT TERM; {clean}"
        ),
        Stay::Gone => format!(
            "t=$(mktemp -d) || exit 1; trap 'rm -rf $t' EXIT; p=$t/agent; {take} > $p && chmod 700 $p || exit 1; \
             $p --version >/dev/null || {{ echo \"programs cannot be run in $t; set TMPDIR\" >&2; exit 1; }}; printf 'have\\n'; $p agent; exit"
        ),
    };
    let digest = &agent.payload.digest;
    format!(
        "d=/var/lib/deployer/bin; p=$d/{digest}; if [ ! -x $p ]; then {missing}; fi; printf 'have\\n'; exec $p agent"
    )
}

async fn open_ssh(
    target: &Target,
    agent: &Binary,
    stay: Stay,
    control: &Path,
) -> Result<Channel, Diagnostic> {
    let session = Arc::new(connect(target, control).await?);
    let mut command = if target.becomes {
        let mut sudo = Arc::clone(&session).arc_command("sudo");
        sudo.args(["-n", "sh", "-c"]);
        sudo
    } else {
        let mut shell = Arc::clone(&session).arc_command("sh");
        shell.arg("-c");
        shell
    };
    command.arg(bootstrap(agent, stay));
    command.stdin(openssh::Stdio::piped()).stdout(openssh::Stdio::piped()).stderr(openssh::Stdio::piped());
    let mut child = command.spawn().await.map_err(|error| {
        Diagnostic::error(format!("{}: no channel: {error}", target.name)).exit(Exit::Unreachable)
    })?;
    let (Some(to), Some(from), Some(errors)) =
        (child.stdin().take(), child.stdout().take(), child.stderr().take())
    else {
        return Err(Diagnostic::error("a channel without streams").exit(Exit::Bug));
    };
    Ok(Channel {
        from: Box::new(from),
        to: Box::new(to),
        errors: Errors::collect(errors),
        way: Way { target: target.clone(), control: control.to_path_buf() },
        _alive: Alive::Ssh { _child: Box::new(child), _session: session },
    })
}

fn open_local(target: &Target, control: &Path) -> Result<Channel, Diagnostic> {
    let error = |error: std::io::Error| {
        Diagnostic::error(format!("{}: no agent: {error}", target.name)).exit(Exit::Unreachable)
    };
    let me = std::env::current_exe().map_err(error)?;
    let root = rustix::process::geteuid().is_root();
    let mut command = match target.becomes && !root {
        true => {
            let mut sudo = tokio::process::Command::new("sudo");
            sudo.arg("-n").arg(me);
            sudo
        }
        false => tokio::process::Command::new(me),
    };
    // In a group of its own, a Ctrl-C for us does not cut a step in the middle.
    let command = command
        .arg("agent")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(error)?;
    let (Some(to), Some(from), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Diagnostic::error("an agent without streams").exit(Exit::Bug));
    };
    Ok(Channel {
        from: Box::new(from),
        to: Box::new(to),
        errors: Errors::collect(errors),
        way: Way { target: target.clone(), control: control.to_path_buf() },
        _alive: Alive::Local { _child: Box::new(child) },
    })
}

/// What the other side says on standard error, at most 4 KiB of it.
struct Errors {
    said: Arc<Mutex<String>>,
    reader: tokio::task::JoinHandle<()>,
}

impl Errors {
    fn collect(mut from: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let said = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&said);
        let reader = tokio::spawn(async move {
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = from.read(&mut bytes).await {
                if let Ok(mut text) = kept.lock()
                    && text.len() < 4096
                {
                    text.push_str(&String::from_utf8_lossy(&bytes[..count]));
                }
            }
        });
        Self { said, reader }
    }

    /// All of it: it may arrive a little after the end of the other stream.
    async fn last_words(&mut self) -> String {
        if !self.reader.is_finished() {
            drop(tokio::time::timeout(LAST_WORDS, &mut self.reader).await);
        }
        self.said.lock().map(|text| text.trim().to_string()).unwrap_or_default()
    }
}

/// An error with its cause, which is where the crate keeps ssh's own words.
fn whole(error: &openssh::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

async fn connect(target: &Target, control: &Path) -> Result<Session, Diagnostic> {
    let mut builder = SessionBuilder::default();
    builder
        .known_hosts_check(if login::takes_new_keys(target) { KnownHosts::Add } else { KnownHosts::Strict })
        .control_directory(control)
        .control_persist(PERSIST)
        .connect_timeout(CONNECT_TIMEOUT)
        .server_alive_interval(ALIVE_INTERVAL);
    if let Some(user) = &target.user {
        builder.user(user.clone());
    }
    if let Some(port) = target.port {
        builder.port(port);
    }
    if let Some(key) = &target.key {
        builder.keyfile(key);
    }
    if let Some(known_hosts) = &target.known_hosts {
        builder.user_known_hosts_file(known_hosts);
    }
    if !target.options.is_empty() {
        builder.config_file(private_config(target, control)?);
    }
    match builder.connect_mux(&target.address).await {
        Ok(session) => Ok(session),
        Err(error) => Err(login::explain(target, &whole(&error)).await),
    }
}

/// The crate takes no options, but a file: options first, then the user's own.
fn private_config(target: &Target, control: &Path) -> Result<PathBuf, Diagnostic> {
    let path = control.join(format!("{}.config", target.name));
    let mut text = String::new();
    let mut words = target.options.iter();
    while let Some(word) = words.next() {
        let option = match word.strip_prefix("-o") {
            Some("") => words.next().cloned().unwrap_or_default(),
            Some(option) => option.to_string(),
            None if word == "-J" => format!("ProxyJump {}", words.next().map_or("", String::as_str)),
            None => {
                let unknown = format!("{}: ssh option `{word}` cannot be passed on", target.name);
                return Err(Diagnostic::error(unknown).fix("write it as `-o NAME=VALUE`"));
            }
        };
        text.push_str(&option.replacen('=', " ", 1));
        text.push('\n');
    }
    text.push_str("Include ~/.ssh/config\nInclude /etc/ssh/ssh_config\n");
    std::fs::write(&path, text)
        .map_err(|error| Diagnostic::error(format!("cannot write `{}`: {error}", path.display())))?;
    Ok(path)
}
