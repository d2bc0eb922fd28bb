//! Throwaway hosts: they boot, they are real, and they go without a trace.

use std::process::Command;
use std::time::{Duration, Instant};

use deployer::deployer::sandbox::{self, State};

use crate::support::host::{Sandbox, changed};
use crate::support::wait;

/// The lines that this machine's own programs print of `words`: devices, namespaces, mounts, rules, groups, processes.
fn lines_with(words: &[String]) -> Vec<String> {
    let script = "ip -o link; ip netns list; nft list tables; cat /proc/self/mountinfo; ps -eo args=; \
                  find /var/lib/deployer/sandbox /sys/fs/cgroup -maxdepth 2; true";
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines()
        .filter(|line| words.iter().any(|word| line.contains(word.as_str())))
        .map(String::from)
        .collect()
}

/// What the devices of a running sandbox are called, learnt from the address of its bridge, and its name.
fn words_of(hosts: &Sandbox) -> Vec<String> {
    let [a, b, c, _] = hosts.spec.hosts[0].address.octets();
    let script = format!(
        "bridge=$(ip -o -4 address show to {a}.{b}.{c}.1 | cut -d' ' -f2); \
         echo ${{bridge#dsb}} /{}/; ls /sys/class/net/$bridge/brif",
        hosts.spec.name
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(String::from).collect()
}

#[test]
#[ignore = "needs root"]
fn two_hosts_boot_let_us_in_and_leave_nothing_behind() {
    let hosts = Sandbox::start("story", 2);
    assert_eq!(sandbox::list(&hosts.spec).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [State::Running; 2]);
    for host in ["host-1", "host-2"] {
        assert_eq!(
            hosts.read(host, "hostname; whoami; cat /proc/1/comm"),
            format!("{host}\nubuntu\nsystemd")
        );
        assert_eq!(hosts.read(host, "systemctl is-system-running --wait; true"), "running");
        assert_eq!(hosts.read(host, "command -v nginx || echo fresh"), "fresh");
    }
    let (words, spec) = (words_of(&hosts), hosts.spec.clone());
    assert_eq!(words.len(), 4, "a tag, a path and two cables: {words:?}");
    // Bridge, table; a cable, a namespace, its mount, a root's mount, a process, a directory, a group: of each host.
    assert!(lines_with(&words).len() >= 16, "{:#?}", lines_with(&words));
    drop(hosts);
    assert_eq!(lines_with(&words), Vec::<String>::new());
    assert_eq!(sandbox::leftovers(&spec.name), Vec::<String>::new());
    assert_eq!(sandbox::list(&spec).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [State::Absent; 2]);
}

#[test]
#[ignore = "needs root"]
fn sudo_costs_no_name_lookup() {
    let hosts = Sandbox::start("sudo", 1);
    let floor = (0..5).map(|_| timed(&hosts, "true")).min().unwrap();
    let sudo = (0..5).map(|_| timed(&hosts, "sudo -n true")).min().unwrap();
    assert!(sudo < floor + Duration::from_millis(200), "ssh true {floor:?}, ssh sudo true {sudo:?}");
}

fn timed(hosts: &Sandbox, command: &str) -> Duration {
    let begun = Instant::now();
    hosts.read("host-1", command);
    begun.elapsed()
}

#[test]
#[ignore = "needs root"]
fn services_of_two_hosts_do_not_meet() {
    let hosts = Sandbox::start("services", 2);
    for host in ["host-1", "host-2"] {
        hosts.read(host, "sudo apt-get install -y nginx");
        assert_eq!(hosts.read(host, "systemctl is-active nginx"), "active");
    }
    let begun = Instant::now();
    hosts.read("host-1", "sudo systemctl stop nginx");
    assert!(begun.elapsed() < Duration::from_secs(10), "stopping took {:?}", begun.elapsed());
    assert_eq!(hosts.read("host-1", "systemctl is-active nginx; true"), "inactive");
    assert_eq!(hosts.read("host-2", "systemctl is-active nginx"), "active");
    hosts.read("host-2", "sudo apt-get update && sudo apt-get install -y tree");
}

#[test]
#[ignore = "needs root"]
fn a_host_that_was_cut_off_comes_back_with_its_files_and_the_others_are_left_alone() {
    let hosts = Sandbox::start("crash", 2);
    let boot = "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1";
    let (first, second) = (hosts.read("host-1", boot), hosts.read("host-2", boot));
    hosts.read("host-1", "echo kept > kept && sync");
    let root = sandbox::root_of(&hosts.spec, hosts.host("host-1"));
    let script = format!("kill -9 $(pgrep -f '^systemd-nspaw[n] --directory={} ')", root.display());
    assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
    hosts.up();
    assert_eq!(hosts.read("host-1", "cat kept"), "kept");
    assert_ne!(hosts.read("host-1", boot), first);
    assert_eq!(hosts.read("host-2", boot), second);
}

#[test]
#[ignore = "needs root"]
fn a_reboot_keeps_the_files_and_starts_the_services_again() {
    let hosts = Sandbox::start("reboot", 1);
    hosts.read("host-1", "echo kept > kept; echo gone | sudo tee /run/gone");
    let before = hosts.files("host-1");
    hosts.reboot("host-1");
    assert_eq!(hosts.read("host-1", "cat kept; ls /run/gone 2>/dev/null; true"), "kept");
    assert_eq!(changed(&before, &hosts.files("host-1")), Vec::<String>::new());
}

#[test]
#[ignore = "needs root"]
fn a_host_that_reboots_itself_comes_back() {
    let hosts = Sandbox::start("self-reboot", 1);
    let first = hosts.read("host-1", "stat -c %Y /proc/1");
    hosts.ssh("host-1", "sudo reboot");
    let second = wait::until(
        Duration::from_secs(60),
        |said| format!("still not back: {said:?}"),
        || {
            let output = hosts.ssh("host-1", "stat -c %Y /proc/1");
            let said = String::from_utf8_lossy(&output.stdout).trim().to_string();
            if output.status.success() && said != first { Ok(said) } else { Err(output) }
        },
    );
    assert!(second > first, "{second} is not after {first}");
}

#[test]
#[ignore = "needs root"]
fn the_digest_sees_content_mode_and_owner_but_not_time() {
    let hosts = Sandbox::start("digest", 1);
    let before = (hosts.files("host-1"), hosts.digest("host-1"));
    hosts.read("host-1", "sudo touch /etc/issue /etc && cat /etc/motd && sudo -n true");
    assert_eq!(changed(&before.0, &hosts.files("host-1")), Vec::<String>::new());
    assert_eq!(hosts.digest("host-1"), before.1);
    hosts.read(
        "host-1",
        "sudo sh -c 'echo x >>/etc/issue; chmod 600 /etc/motd; chown 7 /etc/fstab; ln -s a /etc/new'",
    );
    let wanted = ["etc/fstab", "etc/issue", "etc/motd", "etc/new"];
    assert_eq!(changed(&before.0, &hosts.files("host-1")), wanted);
    assert_ne!(hosts.digest("host-1"), before.1);
}

#[test]
#[ignore = "needs root"]
fn a_half_made_host_is_begun_anew() {
    let hosts = Sandbox::start("half", 1);
    hosts.read("host-1", "touch old && sync");
    let directory = sandbox::root_of(&hosts.spec, hosts.host("host-1"));
    std::fs::remove_file(directory.parent().unwrap().join("ready")).unwrap();
    hosts.up();
    assert_eq!(hosts.read("host-1", "ls"), "");
}

#[test]
#[ignore = "needs root"]
fn a_network_that_is_taken_is_refused_and_nothing_is_made() {
    let hosts = Sandbox::start("clash", 1);
    let mut other = hosts.spec.clone();
    other.name = "test-clash-too".into();
    let said = sandbox::up(&other, &mut |_| ()).unwrap_err();
    let [a, b, c, _] = other.hosts[0].address.octets();
    let network = format!("{a}.{b}.{c}.0/24");
    let wanted = format!("sandbox: the network {network} clashes with this machine's route {network}");
    assert_eq!(said.message, wanted);
    assert_eq!(sandbox::leftovers(&other.name), Vec::<String>::new());
}

#[test]
#[ignore = "needs root"]
fn eight_hosts_boot_at_once() {
    let hosts = Sandbox::start("eight", 8);
    assert_eq!(sandbox::list(&hosts.spec).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [State::Running; 8]);
}
