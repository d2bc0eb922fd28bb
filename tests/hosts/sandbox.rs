//! Throwaway hosts: they boot, they are real, and they go without a trace.

use std::process::Command;
use std::time::{Duration, Instant};

use deployer::deployer::sandbox::{self, State};

use crate::support::host::{Sandbox, changed};

/// Everything the kernel knows of a sandbox, asked of the machine's own programs.
fn traces(name: &str) -> String {
    let script = format!(
        "ip -o link show type bridge; ip -o link show type veth; ip netns list; nft list tables; \
         grep /var/lib/deployer/sandbox/{name}/ /proc/self/mountinfo; ls -d /var/lib/deployer/sandbox/{name}; \
         ls -d /sys/fs/cgroup/*/dsb-* /sys/fs/cgroup/dsb-*; \
         ps -eo args= | grep [s]ystemd-nspawn.*/{name}/; exit 0"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs root"]
fn two_hosts_boot_let_us_in_and_leave_nothing_behind() {
    let name = "test-story";
    let spec = Sandbox::spec("story", 2);
    sandbox::down(name, &mut |_| ()).unwrap_or_else(|e| panic!("{e}"));
    let before = traces(name);
    let hosts = Sandbox::start("story", 2);
    assert_eq!(sandbox::list(&spec).iter().map(|(_, s)| *s).collect::<Vec<_>>(), [State::Running; 2]);
    for host in ["host-1", "host-2"] {
        assert_eq!(
            hosts.read(host, "hostname; whoami; cat /proc/1/comm"),
            format!("{host}\nubuntu\nsystemd")
        );
        assert_eq!(hosts.read(host, "systemctl is-system-running --wait; true"), "running");
        assert_eq!(hosts.read(host, "command -v nginx || echo fresh"), "fresh");
    }
    drop(hosts);
    assert_eq!(traces(name), before);
    assert_eq!(sandbox::leftovers(name), Vec::<String>::new());
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
    let script = format!("kill -9 $(pgrep -f -- '--directory={}')", root.display());
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
