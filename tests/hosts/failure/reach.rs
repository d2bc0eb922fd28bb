//! A host that cannot be reached, does not let us in, or cannot take the agent: exit 3, and nothing is changed.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use deployer::deployer::sandbox;

use super::Desk;
use crate::support::host::changed;

#[test]
#[ignore = "needs root"]
fn a_host_that_is_not_ready_is_told_with_its_cure_and_no_host_is_changed() {
    let desk = Desk::start("failure", 2);
    let before = ["host-1", "host-2"].map(|host| desk.hosts.files(host));
    nobody_answers(&desk);
    a_silent_host_ends_after_the_time_to_connect(&desk);
    the_login_is_refused(&desk);
    an_unknown_key(&desk);
    sudo_is_missing_or_asks(&desk);
    the_agent_finds_no_room(&desk);
    for (host, before) in ["host-1", "host-2"].iter().zip(&before) {
        let touched = changed(before, &desk.hosts.files(host));
        let foreign: Vec<&String> =
            touched.iter().filter(|path| !path.starts_with("var/lib/deployer")).collect();
        assert_eq!(foreign, Vec::<&String>::new(), "on {host}, beside the agent");
    }
    a_changed_key(&desk);
    let said = desk.apply(&["--limit", "host-2"]);
    assert_eq!(said, "host-2  changed=10 failed=0 steps=11 probes=2/2\nexit 0\n");
}

fn nobody_answers(desk: &Desk) {
    let address = desk.address("host-2");
    let nobody = address.replace(".12", ".99");
    desk.write(|text| text.replace(&address, &nobody));
    let begun = Instant::now();
    let wanted = format!(
        "error: host-2: cannot be reached
  = ssh said: connect to host {nobody} port 22: No route to host
  = done: nothing was changed on host-2
  = fix: see that the host runs and that a firewall lets port 22 through; try by hand: ssh -i ACCESS/key -o IdentitiesOnly=yes -o UserKnownHostsFile=ACCESS/known_hosts -o StrictHostKeyChecking=yes -l ubuntu {nobody}

error: host-1 was left unchanged
  = why: no host is changed before every host is ready
  = fix: repair host-2, or go on without: --limit 'all:!host-2'

host-1  nothing changed, differs=11 steps=11
host-2  not reached, nothing changed
exit 3
"
    );
    assert_eq!(desk.apply(&[]), wanted);
    assert!(begun.elapsed() < Duration::from_secs(13), "{:?}", begun.elapsed());

    desk.write(|text| text.replace(&address, &format!("{address}, ansible_port: 2")));
    let wanted = format!(
        "error: host-2: cannot be reached
  = ssh said: connect to host {address} port 2: Connection refused
  = done: nothing was changed on host-2
  = fix: nothing listens on port 2 of {address}; start sshd there, or name its port: ansible_port

host-2  not reached, nothing changed
exit 3
"
    );
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);

    desk.write(|text| {
        text.replace("    sandbox: { suite: bookworm }", "").replace(&address, "no-such.invalid")
    });
    let wanted = "error: host-2: cannot be reached
  = ssh said: Could not resolve hostname no-such.invalid: Name or service not known
  = done: nothing was changed on host-2
  = fix: `no-such.invalid` has no address here; correct the name, or give one: ansible_host: 192.0.2.1

host-2  not reached, nothing changed
exit 3
";
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);
    desk.write(|text| text);
}

fn a_silent_host_ends_after_the_time_to_connect(desk: &Desk) {
    let address = desk.address("host-2");
    let here = address.replace(".12", ".1");
    let silent = TcpListener::bind((here.as_str(), 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    desk.write(|text| text.replace(&address, &format!("{here}, ansible_port: {port}")));
    let begun = Instant::now();
    let said = desk.apply(&["--limit", "host-2"]);
    let seconds = begun.elapsed().as_secs_f32();
    assert!((9.0..13.0).contains(&seconds), "{seconds} s");
    let wanted = format!(
        "error: host-2: cannot be reached\n  = ssh said: Connection timed out during banner exchange\n     Connection to {here} port {port} timed out\n"
    );
    assert!(said.starts_with(&wanted), "{said}");
    assert!(said.ends_with("exit 3\n"), "{said}");
    desk.write(|text| text);
}

fn the_login_is_refused(desk: &Desk) {
    let address = desk.address("host-2");
    let by_hand = |key: &str, user: &str| {
        format!(
            "ssh -i {key} -o IdentitiesOnly=yes -o UserKnownHostsFile=ACCESS/known_hosts -o StrictHostKeyChecking=yes -l {user} {address}"
        )
    };
    let refused = |user: &str, fix: &str| {
        format!(
            "error: host-2: login as `{user}` was refused
  = ssh said: {user}@{address}: Permission denied (publickey,password).
  = done: nothing was changed on host-2
  = fix: {fix}

host-2  not reached, nothing changed
exit 3
"
        )
    };
    let fix = |key: &str, user: &str| {
        format!(
            "name the right `ansible_user` and `ansible_ssh_private_key_file`, or put `{key}` into the host's authorized_keys (a key with a passphrase must be in your agent: ssh-add); try by hand: {}",
            by_hand(key, user)
        )
    };
    desk.write(|text| text.replace("ansible_user: ubuntu", "ansible_user: nobody"));
    assert_eq!(desk.apply(&["--limit", "host-2"]), refused("nobody", &fix("ACCESS/key", "nobody")));

    let key = desk.directory.path().join("key");
    let with_key = format!("{address}, ansible_ssh_private_key_file: {}", key.display());
    desk.write(|text| text.replace(&address, &with_key));
    let fix_of_none = "there is no key at `key`; name the right file in `ansible_ssh_private_key_file`";
    assert_eq!(desk.apply(&["--limit", "host-2"]), refused("ubuntu", fix_of_none));
    run(&format!("ssh-keygen -q -t ed25519 -N '' -f {}", key.display()));
    assert_eq!(desk.apply(&["--limit", "host-2"]), refused("ubuntu", &fix("key", "ubuntu")));
    desk.write(|text| text);
}

/// Runs a command of the text as a person would type it.
fn run(command: &str) {
    let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
}

/// The command that a text recommends, with the directory it was shown without.
fn recommended(desk: &Desk, said: &str) -> String {
    let access = sandbox::access(&desk.hosts.spec, &desk.hosts.spec.hosts[0]);
    let command = said.split("accept it: ").nth(1).unwrap().lines().next().unwrap();
    command.replace("ACCESS", &access.key.parent().unwrap().display().to_string())
}

/// `ED25519 SHA256:…` of the host's key as it is.
fn print_of(desk: &Desk) -> String {
    let shown = desk.root("host-2", "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    shown.split_whitespace().nth(1).unwrap().to_string()
}

const COMPARE: &str =
    "on the host's own console: `for k in /etc/ssh/ssh_host_*.pub; do ssh-keygen -lf $k; done`";

fn an_unknown_key(desk: &Desk) {
    let access = sandbox::access(&desk.hosts.spec, &desk.hosts.spec.hosts[0]);
    let kept = std::fs::read(&access.known_hosts).unwrap();
    std::fs::write(&access.known_hosts, "").unwrap();
    let output = desk.command("plan", &["--limit", "host-2"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains(&print_of(desk)));
    let said = desk.apply(&["--limit", "host-2"]);
    let wanted = format!(
        "error: host-2: its host key is not known; the connection was refused
  = key now: ED25519 SHA256:PRINT
  = compare: {COMPARE}
  = done: nothing was changed on host-2
  = fix: if `key now` is the host's, accept it: ssh -i ACCESS/key -o IdentitiesOnly=yes -o UserKnownHostsFile=ACCESS/known_hosts -o StrictHostKeyChecking=accept-new -l ubuntu {} true

host-2  not reached, nothing changed
exit 3
",
        desk.address("host-2")
    );
    assert_eq!(said, wanted);
    run(&recommended(desk, &said));
    let output = desk.command("plan", &["--limit", "host-2"]).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(&access.known_hosts, kept).unwrap();
}

fn a_changed_key(desk: &Desk) {
    let address = desk.address("host-2");
    let old = print_of(desk);
    desk.root(
        "host-2",
        "rm /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh",
    );
    let new = print_of(desk);
    let output = desk.command("apply", &["--limit", "host-2"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let wanted = format!("  = key now: ED25519 {new}\n  = known key: ED25519 {old} (");
    assert!(told.contains(&wanted), "{told}\nlacks\n{wanted}");
    let said = desk.told(&output);
    let wanted = format!(
        "error: host-2: its host key has changed; the connection was refused
  = key now: ED25519 SHA256:PRINT
  = known key: ED25519 SHA256:PRINT (ACCESS/known_hosts:2)
  = why: the host was made anew, or somebody else answers at its address
  = compare: {COMPARE}
  = done: nothing was changed on host-2
  = fix: if `key now` is the host's, accept it: ssh-keygen -R {address} -f ACCESS/known_hosts && ssh -i ACCESS/key -o IdentitiesOnly=yes -o UserKnownHostsFile=ACCESS/known_hosts -o StrictHostKeyChecking=accept-new -l ubuntu {address} true

host-2  not reached, nothing changed
exit 3
"
    );
    assert_eq!(said, wanted);
    run(&recommended(desk, &said));
}

fn sudo_is_missing_or_asks(desk: &Desk) {
    let allow = "echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' |";
    let end = "\n\nhost-2  not reached, nothing changed\nexit 3\n";
    desk.root("host-2", "mv /etc/sudoers.d/sandbox /root/rule");
    let wanted = format!(
        "error: host-2: sudo asks for a password
  = host said: sudo: a password is required
  = done: nothing was changed on host-2
  = fix: on the host, allow it without: {allow} sudo tee /etc/sudoers.d/deployer{end}"
    );
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);
    // Root's sudo asks nobody, so that the command can be run as it is told.
    desk.root("host-2", &format!("{allow} sudo tee /etc/sudoers.d/deployer"));
    assert_eq!(desk.command("plan", &["--limit", "host-2"]).output().unwrap().status.code(), Some(6));

    desk.root("host-2", "rm /etc/sudoers.d/deployer; mv /usr/bin/sudo /usr/bin/sudo.away");
    let wanted = format!(
        "error: host-2: sudo is not installed
  = host said: bash: line 1: sudo: command not found
  = done: nothing was changed on host-2
  = fix: log in as root (`ansible_user: root`), or as root on the host: apt-get install sudo && {allow} tee /etc/sudoers.d/deployer{end}"
    );
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);
    desk.write(|text| text.replace("ansible_user: ubuntu", "ansible_user: root"));
    assert_eq!(desk.command("plan", &["--limit", "host-2"]).output().unwrap().status.code(), Some(6));
    desk.write(|text| text);
    desk.root("host-2", "mv /usr/bin/sudo.away /usr/bin/sudo; mv /root/rule /etc/sudoers.d/sandbox");
}

fn the_agent_finds_no_room(desk: &Desk) {
    let end = "\n\nhost-2  not reached, nothing changed\nexit 3\n";
    desk.root("host-2", "mkdir -p /var/lib/deployer && mount -t tmpfs -o size=1m tmpfs /var/lib/deployer");
    let wanted = format!(
        "error: host-2: no space for the agent in /var/lib/deployer
  = host said: gzip: stdout: No space left on device
  = done: nothing was changed on host-2
  = fix: free some space (on the host: `df -h /var/lib`), then run the same command again{end}"
    );
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);
    assert_eq!(desk.root("host-2", "find /var/lib/deployer -type f"), "");
    desk.root("host-2", "mount -o remount,ro /var/lib/deployer");
    desk.root("host-2", "umount /var/lib/deployer && mount -t tmpfs -o ro tmpfs /var/lib/deployer");
    let wanted = format!(
        "error: host-2: /var/lib/deployer is on a read-only file system
  = host said: mkdir: cannot create directory '/var/lib/deployer/bin': Read-only file system
  = done: nothing was changed on host-2
  = fix: on the host, see why (`dmesg | tail`) and remount it writable, then run the same command again{end}"
    );
    assert_eq!(desk.apply(&["--limit", "host-2"]), wanted);
    desk.root("host-2", "umount /var/lib/deployer");
}
