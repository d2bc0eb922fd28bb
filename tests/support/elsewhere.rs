//! A site that runs already, elsewhere. Tests that make a site for themselves take that one instead where the environment
//! names it; it starts afresh for each of them, so one test at a time may have it.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where it is: `http://10.77.1.11`.
const ADDRESS: &str = "SITE_ADDRESS";
/// The program that takes every row away, and with the argument `seeded` plants the demonstration's.
const RENEW: &str = "SITE_RENEW";

/// A site, and how it starts afresh.
pub struct Elsewhere {
    /// `http://HOST[:PORT]`.
    pub address: String,
    renew: PathBuf,
}

/// What tests said of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Held {
    /// So many tests passed.
    pub tests: usize,
    /// So many rows they asked for.
    pub rows: usize,
}

/// With which rows it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// None.
    Empty,
    /// The demonstration's.
    Seeded,
}

impl Elsewhere {
    /// The site that the environment names.
    pub fn named() -> Option<Self> {
        let address = env::var(ADDRESS).ok()?;
        let renew = env::var_os(RENEW).unwrap_or_else(|| panic!("{RENEW} is not set, but {ADDRESS} is"));
        Some(Self { address, renew: renew.into() })
    }

    /// One that `script`, of a shell, renews; it is kept in `directory`.
    pub fn new(address: String, directory: &Path, script: &str) -> Self {
        let renew = directory.join("renew");
        fs::write(&renew, format!("#!/bin/sh -e\n{script}\n")).unwrap();
        fs::set_permissions(&renew, Permissions::from_mode(0o755)).unwrap();
        Self { address, renew }
    }

    /// Takes every row away; the demonstration's are there afterwards if they are wanted.
    pub fn start_afresh(&self, rows: Rows) {
        let mut renew = Command::new(&self.renew);
        renew.args((rows == Rows::Seeded).then_some("seeded"));
        let done = renew.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&[done.stdout, done.stderr].concat()));
    }

    /// Runs the tests of these names on it, but none of the others; panics with what they said if one fails.
    pub fn holds(&self, names: &[&str], others: &[&str]) -> Held {
        let mut tests = Command::new(env::current_exe().unwrap());
        tests.args(["--include-ignored", "--test-threads=1", "--show-output"]).args(names);
        tests.args(others.iter().flat_map(|name| ["--skip", name]));
        let done = tests.env(ADDRESS, &self.address).env(RENEW, &self.renew).output().unwrap();
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        let passed = said.split("test result: ok. ").nth(1).and_then(|rest| rest.split(' ').next());
        let rows = said.lines().filter_map(|line| line.strip_prefix("rows asked: ")?.parse::<usize>().ok());
        let held = Held { tests: passed.unwrap().parse().unwrap(), rows: rows.sum() };
        eprintln!("{}: {held:?}", self.address);
        held
    }
}
