//! The programs that go to hosts need nothing from them.

use std::process::Command;

fn readelf(option: &str, program: &str) -> String {
    let output = Command::new("readelf").args([option, "--wide", program]).output();
    let output = output.unwrap_or_else(|e| panic!("readelf is needed: apt-get install binutils ({e})"));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_programs_for_hosts_need_no_library_and_no_loader() {
    let programs =
        [env!("CARGO_BIN_EXE_deployer"), env!("CARGO_BIN_EXE_appserver"), env!("CARGO_BIN_EXE_hbnb")];
    for program in programs {
        let dynamic = readelf("--dynamic", program);
        assert!(!dynamic.contains("(NEEDED)"), "{program} needs a library:\n{dynamic}");
        let segments = readelf("--segments", program);
        assert!(!segments.contains("INTERP"), "{program} needs a loader:\n{segments}");
        let versions = readelf("--version-info", program);
        assert!(!versions.contains("GLIBC_"), "{program} needs a glibc:\n{versions}");
    }
}
