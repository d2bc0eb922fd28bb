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
    assert_eq!(desk.apply(&[]), "x");
    nginx_refuses_our_file(&desk);
    nginx_refuses_the_users_file(&desk);
    the_port_is_taken(&desk);
    a_service_does_not_start(&desk);
    a_probe_fails(&desk);
    assert_eq!(desk.apply(&[]), "host-1  changed=0 failed=0 steps=13 probes=2/2\nexit 0\n");
}

fn the_lock_of_apt_is_held(desk: &Desk) {
    desk.hold("host-1", HOLD_APT);
    let playbook = fs::read_to_string("playbooks/site.yml").unwrap();
    let playbook = playbook.replace("package: { name: nginx }", "package: { name: nginx, lock_wait: 2 }");
    fs::write(desk.directory.path().join("site.yml"), playbook).unwrap();
    assert_eq!(desk.apply(&[]), "");
    fs::remove_file(desk.directory.path().join("site.yml")).unwrap();
    desk.release("host-1");
}

fn the_disk_is_full(desk: &Desk) {
    let agent = fs::metadata(env!("CARGO_BIN_EXE_deployer")).unwrap().len() / 1024;
    let mount = format!("mount -t tmpfs -o size={}k tmpfs /var/lib/deployer", agent + 2048);
    desk.root("host-1", &mount);
    assert_eq!(desk.apply(&[]), "");
    assert_eq!(desk.half_written("host-1"), "");
    desk.root("host-1", "umount /var/lib/deployer && mount -t tmpfs -o size=6m tmpfs /opt");
    assert_eq!(desk.apply(&[]), "");
    assert_eq!(desk.half_written("host-1"), "");
    desk.root(
        "host-1",
        "umount /opt && mount -t tmpfs -o size=4k tmpfs /etc/default && yes > /etc/default/full; true",
    );
    assert_eq!(desk.apply(&[]), "");
    assert_eq!(desk.root("host-1", "ls -A /etc/default"), "full");
    desk.root("host-1", "umount /etc/default");
}

fn etc_is_read_only(desk: &Desk) {
    desk.root("host-1", "mount -o bind /etc /etc && mount -o remount,bind,ro /etc");
    let said = desk.apply(&[]);
    assert_eq!(said, "");
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
    assert_eq!(desk.apply(&[]), "");
    fs::remove_file(own.join("site.conf.tera")).unwrap();
    assert_eq!(site(desk), before);
    assert_eq!(desk.half_written("host-1"), "");
}

fn nginx_refuses_the_users_file(desk: &Desk) {
    let foreign = "/etc/nginx/conf.d/mine.conf";
    desk.root("host-1", &format!("printf '# mine\\ncolour red;\\n' > {foreign}; echo '# by hand' >> /etc/nginx/sites-available/deployer"));
    let before = site(desk);
    assert_eq!(desk.apply(&[]), "");
    assert_eq!(site(desk), before);
    desk.root("host-1", &format!("rm {foreign}"));
    assert_eq!(desk.apply(&[]), "host-1  changed=1 failed=0 steps=13 probes=2/2\nexit 0\n");
}

fn the_port_is_taken(desk: &Desk) {
    desk.root("host-1", "systemctl stop hbnb-onepage.socket hbnb-onepage.service");
    desk.hold("host-1", "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1, LocalAddr => '127.0.0.1:5000') or die $!");
    assert_eq!(desk.apply(&[]), "");
    desk.release("host-1");
    assert_eq!(desk.apply(&[]), "host-1  changed=2 failed=0 steps=13 probes=2/2\nexit 0\n");
}

fn a_service_does_not_start(desk: &Desk) {
    let own = desk.directory.path().join("templates/systemd");
    fs::create_dir_all(&own).unwrap();
    let template = fs::read_to_string("templates/systemd/app.service.tera").unwrap();
    let lines = "ExecStartPre=/usr/bin/perl -e 'print \"line $_\\\\n\" for 1..60; die \"no database\\\\n\"'";
    let broken = template.replace("\nExecStart=", &format!("\n{lines}\nExecStart="));
    fs::write(own.join("app.service.tera"), broken).unwrap();
    assert_eq!(desk.apply(&[]), "");
    fs::remove_file(own.join("app.service.tera")).unwrap();
    assert_eq!(desk.apply(&[]), "host-1  changed=2 failed=0 steps=13 probes=2/2\nexit 0\n");
}

fn a_probe_fails(desk: &Desk) {
    desk.write(|text| text.replace("Hello HBNB!", "Hello Airbnb!"));
    assert_eq!(desk.apply(&[]), "");
    desk.write(|text| text);
}
