//! A step that fails on a host: exit 4, nothing half written, and the next run completes.

use std::fs;

use super::{Desk, HOLD_APT};

#[test]
#[ignore = "needs root"]
fn a_step_that_fails_says_what_was_changed_and_the_next_run_goes_on_from_there() {
    let desk = Desk::start("failure-steps", 1);
    the_lock_of_apt_is_held(&desk);
    the_disk_is_full(&desk);
    etc_is_read_only(&desk);
    assert_eq!(desk.apply(&[]), "host-1  changed=6 failed=0 steps=11 probes=2/2\nexit 0\n");
    nginx_refuses_our_file(&desk);
    nginx_refuses_the_users_file(&desk);
    the_port_is_taken(&desk);
    a_service_does_not_start(&desk);
    a_probe_fails(&desk);
    assert_eq!(desk.apply(&[]), "host-1  changed=0 failed=0 steps=11 probes=2/2\nexit 0\n");
}

fn the_lock_of_apt_is_held(desk: &Desk) {
    desk.hold("host-1", HOLD_APT);
    let playbook = fs::read_to_string("playbooks/site.yml").unwrap();
    let playbook = playbook.replace("package: { name: nginx }", "package: { name: nginx, lock_wait: 2 }");
    fs::write(desk.directory.path().join("site.yml"), playbook).unwrap();
    let wanted = "error: host-1: package `nginx` not installed: /var/lib/dpkg/lock-frontend was held by process PID (perl) for 2 s
  = task: `nginx` (site.yml:LINE)
  = last lines: E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process PID (perl)
     E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?
  = done: no step before this one changed anything; 10 later steps were not begun
  = fix: wait for process PID (perl) to end, then run the same command again (or wait longer: `lock_wait` of the package)

host-1  changed=0 failed=1 steps=11
exit 4
";
    assert_eq!(desk.apply(&[]), wanted);
    fs::remove_file(desk.directory.path().join("site.yml")).unwrap();
    desk.release("host-1");
}

fn the_disk_is_full(desk: &Desk) {
    let agent = fs::metadata(env!("CARGO_BIN_EXE_deployer")).unwrap().len() / 1024;
    let mount = format!("mount -t tmpfs -o size={}k tmpfs /var/lib/deployer", agent + 2048);
    desk.root("host-1", &mount);
    let wanted = "error: host-1: cannot write `/var/lib/deployer/blob/DIGEST`: no space left on device
  = done: nothing was changed on host-1
  = fix: free some space (on the host: `df -h /var/lib/deployer/blob`), then run the same command again

host-1  stopped early, changed=0 failed=0 steps=11
exit 4
";
    assert_eq!(desk.apply(&[]), wanted);
    assert_eq!(desk.half_written("host-1"), "");
    desk.root("host-1", "umount /var/lib/deployer && mount -t tmpfs -o size=6m tmpfs /opt");
    let wanted =
        "error: host-1: cannot write `/opt/hbnb/releases/.RELEASE.new/appserver`: no space left on device
  = task: `release` (playbooks/site.yml:LINE)
  = done: changed before: nginx, account hbnb, state directory; 7 later steps were not begun
  = fix: free some space (on the host: `df -h /opt/hbnb/releases`), then run the same command again

host-1  changed=3 failed=1 steps=11
exit 4
";
    assert_eq!(desk.apply(&[]), wanted);
    assert_eq!(desk.half_written("host-1"), "");
    desk.root(
        "host-1",
        "umount /opt && mount -t tmpfs -o size=4k tmpfs /etc/default && yes > /etc/default/full; true",
    );
    let wanted = "error: host-1: cannot write `/etc/default/hbnb-onepage`: no space left on device
  = task: `environment of onepage` (playbooks/site.yml:LINE)
  = done: changed before: release; 6 later steps were not begun
  = fix: free some space (on the host: `df -h /etc/default`), then run the same command again

host-1  changed=1 failed=1 steps=11
exit 4
";
    assert_eq!(desk.apply(&[]), wanted);
    assert_eq!(desk.root("host-1", "ls -A /etc/default"), "full");
    desk.root("host-1", "umount /etc/default");
}

fn etc_is_read_only(desk: &Desk) {
    desk.root("host-1", "mount -o bind /etc /etc && mount -o remount,bind,ro /etc");
    let said = desk.apply(&[]);
    let wanted = r#"error: host-1: cannot write `/etc/default/hbnb-onepage`: read-only file system
  = task: `environment of onepage` (playbooks/site.yml:LINE)
  = done: no step before this one changed anything; 6 later steps were not begun
  = fix: on the host, see why (`dmesg | tail`), then mount -o remount,rw "$(findmnt -no TARGET -T /etc/default)" and run the same command again

host-1  changed=0 failed=1 steps=11
exit 4
"#;
    assert_eq!(said, wanted);
    assert_eq!(desk.half_written("host-1"), "");
    let command = said.split("then ").nth(1).unwrap().split(" and run").next().unwrap();
    desk.root("host-1", command);
}

/// The one site's file, and whether it answers.
fn site(desk: &Desk) -> String {
    let verified = desk.command("verify", &[]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", desk.told(&verified));
    desk.root(
        "host-1",
        "sha256sum /etc/nginx/sites-available/* && ls -l --time-style=+ /etc/nginx/sites-enabled",
    )
}

fn nginx_refuses_our_file(desk: &Desk) {
    let before = site(desk);
    let own = desk.directory.path().join("templates/nginx");
    fs::create_dir_all(&own).unwrap();
    let template = fs::read_to_string("templates/nginx/site.conf.tera").unwrap();
    fs::write(own.join("site.conf.tera"), template.replace("\nserver {", "\nserver {\n    colour blue;"))
        .unwrap();
    let wanted = r#"error: host-1: `nginx -t` refused site `deployer`; the old configuration is back and was never unloaded
  = task: `sites` (playbooks/site.yml:LINE)
  = last lines: DATE TIME [emerg] PID: unknown directive "colour" in /etc/nginx/sites-enabled/deployer:22
     nginx: configuration file /etc/nginx/nginx.conf test failed
     line 22: colour blue;
  = done: no step before this one changed anything; 1 later step was not begun
  = fix: correct the line nginx names (in the template or the inventory); `deployer render` shows the whole file

host-1  changed=0 failed=1 steps=11
exit 4
"#;
    assert_eq!(desk.apply(&[]), wanted);
    fs::remove_file(own.join("site.conf.tera")).unwrap();
    assert_eq!(site(desk), before);
    assert_eq!(desk.half_written("host-1"), "");
}

fn nginx_refuses_the_users_file(desk: &Desk) {
    let foreign = "/etc/nginx/conf.d/mine.conf";
    desk.root("host-1", &format!("printf '# mine\\ncolour red;\\n' > {foreign}; echo '# by hand' >> /etc/nginx/sites-available/deployer"));
    let before = site(desk);
    let wanted = r#"error: host-1: `nginx -t` fails because of `/etc/nginx/conf.d/mine.conf`, which is not ours; the old configuration is back and was never unloaded
  = task: `sites` (playbooks/site.yml:LINE)
  = last lines: DATE TIME [emerg] PID: unknown directive "colour" in /etc/nginx/conf.d/mine.conf:2
     nginx: configuration file /etc/nginx/nginx.conf test failed
     line 2: colour red;
  = done: no step before this one changed anything; 1 later step was not begun
  = fix: correct line 2 of /etc/nginx/conf.d/mine.conf on the host, or move the file away, then run the same command again

host-1  changed=0 failed=1 steps=11
exit 4
"#;
    assert_eq!(desk.apply(&[]), wanted);
    assert_eq!(site(desk), before);
    desk.root("host-1", &format!("rm {foreign}"));
    assert_eq!(desk.apply(&[]), "host-1  changed=1 failed=0 steps=11 probes=2/2\nexit 0\n");
}

fn the_port_is_taken(desk: &Desk) {
    desk.root("host-1", "systemctl stop hbnb-onepage.socket hbnb-onepage.service");
    desk.hold("host-1", "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1, LocalAddr => '127.0.0.1:5000') or die $!");
    let wanted = r#"error: host-1: `systemctl start hbnb-onepage.socket` failed (exit 1)
  = task: `socket of onepage` (playbooks/site.yml:LINE)
  = last lines: Job failed. See "journalctl -xe" for details.
     hbnb-onepage.socket: Failed to create listening socket (127.0.0.1:5000): Address already in use
     hbnb-onepage.socket: Failed to listen on sockets: Address already in use
     hbnb-onepage.socket: Failed with result 'resources'.
     Failed to listen on hbnb-onepage.socket - Socket of onepage of the Airbnb clone.
  = done: no step before this one changed anything; 3 later steps were not begun
  = fix: end what listens there (on the host: ss -ltnp) or choose another `bind`, then run the same command again

host-1  changed=0 failed=1 steps=11
exit 4
"#;
    assert_eq!(desk.apply(&[]), wanted);
    desk.release("host-1");
    assert_eq!(desk.apply(&[]), "host-1  changed=2 failed=0 steps=11 probes=2/2\nexit 0\n");
}

fn a_service_does_not_start(desk: &Desk) {
    let own = desk.directory.path().join("templates/systemd");
    fs::create_dir_all(&own).unwrap();
    let template = fs::read_to_string("templates/systemd/app.service.tera").unwrap();
    let lines = "ExecStartPre=/usr/bin/perl -e 'print \"line $_\\\\n\" for 1..60; die \"no database\\\\n\"'";
    let broken = template.replace("\nExecStart=", &format!("\n{lines}\nExecStart="));
    fs::write(own.join("app.service.tera"), broken).unwrap();
    let printed: String = (14..=60).map(|n| format!("     line {n}\n")).collect();
    let wanted = format!(
        "error: host-1: `systemctl restart hbnb-onepage.service` failed (exit 1)
  = task: `service onepage` (playbooks/site.yml:LINE)
  = last lines: Job for hbnb-onepage.service failed because the control process exited with error code.
     See \"systemctl status hbnb-onepage.service\" and \"journalctl -xeu hbnb-onepage.service\" for details.
{printed}     hbnb-onepage.service: Control process exited, code=exited, status=255/EXCEPTION
     hbnb-onepage.service: Failed with result 'exit-code'.
     Failed to start hbnb-onepage.service - onepage of the Airbnb clone.
  = done: changed before: unit of onepage; 2 later steps were not begun
  = fix: repair what the last lines name (more of them on the host: journalctl -u hbnb-onepage.service), then run the same command again

host-1  changed=1 failed=1 steps=11
exit 4
"
    );
    assert_eq!(desk.apply(&[]), wanted);
    fs::remove_file(own.join("app.service.tera")).unwrap();
    assert_eq!(desk.apply(&[]), "host-1  changed=2 failed=0 steps=11 probes=2/2\nexit 0\n");
}

fn a_probe_fails(desk: &Desk) {
    desk.write(|text| text.replace("Hello HBNB!", "Hello Airbnb!"));
    let wanted =
        "error: host-1: probe `home` failed: GET /: body lacks `Hello Airbnb!`; it begins `Hello HBNB!`
  = asked: on the host and from here
  = fix: look at the journal: deployer ssh test-failure-steps.yml host-1 -- sudo journalctl -n 50

host-1  changed=0 failed=0 steps=11 probes=0/2
exit 5
";
    assert_eq!(desk.apply(&[]), wanted);
    desk.write(|text| text);
}
