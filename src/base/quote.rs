//! Quoting, a function a place: a value stays one value, or is refused.

use std::fmt;

/// Why a value cannot go where it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    value: String,
    place: &'static str,
    because: &'static str,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot stand in {}: {}", self.value.escape_debug(), self.place, self.because)
    }
}

/// No place takes a line break or a NUL.
fn refuse(value: &str, place: &'static str, more: &[(char, &'static str)]) -> Result<(), Refusal> {
    let breaks = [('\n', "it has a line break"), ('\r', "it has a line break"), ('\0', "it has a NUL")];
    match breaks.iter().chain(more).find(|(c, _)| value.contains(*c)) {
        Some((_, because)) => Err(Refusal { value: value.to_string(), place, because }),
        None => Ok(()),
    }
}

fn plain(value: &str, also: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

/// With a backslash before each of `special`.
fn escaped(value: &str, special: &str) -> String {
    value.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect()
}

/// One parameter of an nginx directive. nginx cannot escape `$`, so it is refused.
pub fn nginx(value: &str) -> Result<String, Refusal> {
    refuse(value, "an nginx file", &[('$', "nginx would read `$` as a variable")])?;
    match plain(value, "._/:@=,+-~^*?&%[]") {
        true => Ok(value.to_string()),
        false => Ok(format!("\"{}\"", escaped(value, "\\\""))),
    }
}

/// One word of HAProxy's file that is read as a format of its log: `%` is doubled.
/// See <https://docs.haproxy.org/2.6/configuration.html#2.2>.
pub fn haproxy(value: &str) -> Result<String, Refusal> {
    refuse(value, "a file of HAProxy", &[])?;
    Ok(escaped(&value.replace('%', "%%"), "\\\"' #"))
}

/// The whole value of a unit's setting: a description, a path. `%` is doubled.
/// See <https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#Specifiers>.
pub fn systemd(value: &str) -> Result<String, Refusal> {
    refuse(value, "a unit file", &[('\\', "systemd would read `\\` as an escape")])?;
    Ok(value.replace('%', "%%"))
}

/// One word of a unit's command line. `%` and `$` are doubled, the rest is quoted.
pub fn systemd_word(value: &str) -> Result<String, Refusal> {
    refuse(value, "a unit's command line", &[])?;
    let doubled = value.replace('%', "%%").replace('$', "$$");
    match plain(value, "._/:@=,+-") {
        true => Ok(doubled),
        false => Ok(format!("\"{}\"", escaped(&doubled, "\\\""))),
    }
}

/// One word of an Upstart stanza.
pub fn upstart(value: &str) -> Result<String, Refusal> {
    refuse(value, "an Upstart job", &[('$', "Upstart would read `$` as a variable")])?;
    match plain(value, "._/:@=,+-") {
        true => Ok(value.to_string()),
        false => Ok(format!("\"{}\"", escaped(value, "\\\""))),
    }
}

/// One word of a shell's command line.
pub fn shell(value: &str) -> Result<String, Refusal> {
    refuse(value, "a shell script", &[])?;
    match plain(value, "._/:@=,+-") {
        true => Ok(value.to_string()),
        false => Ok(format!("'{}'", value.replace('\'', r"'\''"))),
    }
}

/// The value in a line `NAME=VALUE` of a file that systemd and a shell both read.
/// See <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=>.
pub fn env(value: &str) -> Result<String, Refusal> {
    refuse(value, "an environment file", &[])?;
    match plain(value, "._/:@=,+-") {
        true => Ok(value.to_string()),
        false => Ok(format!("\"{}\"", escaped(value, "\\\"$`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        assert_eq!(nginx("web-01").unwrap(), "web-01");
        assert_eq!(nginx("a b;{\"}").unwrap(), "\"a b;{\\\"}\"");
        assert_eq!(haproxy("a \"b\" 5% $c #1").unwrap(), r#"a\ \"b\"\ 5%%\ $c\ \#1"#);
        assert_eq!(systemd("100 % Rust").unwrap(), "100 %% Rust");
        assert_eq!(systemd_word("a $b 5%").unwrap(), "\"a $$b 5%%\"");
        assert_eq!(shell("it's").unwrap(), r"'it'\''s'");
        assert_eq!(env("p$w`d\"\\").unwrap(), "\"p\\$w\\`d\\\"\\\\\"");
        assert_eq!(upstart("a \"b\"").unwrap(), "\"a \\\"b\\\"\"");
    }

    #[test]
    fn what_cannot_be_quoted_is_refused() {
        for quote in [nginx, haproxy, systemd, systemd_word, upstart, shell, env] {
            assert!(quote("a\nb").is_err());
            assert!(quote("a\0b").is_err());
        }
        let said = nginx("$host").unwrap_err().to_string();
        assert_eq!(said, "`$host` cannot stand in an nginx file: nginx would read `$` as a variable");
    }

    #[test]
    fn a_shell_reads_back_what_was_written_to_an_environment_file() {
        for value in ["p$w`d\"\\ x", "it's #1", "", " lead", "a=b;c&d|e"] {
            let script = format!("A={}\nprintf %s \"$A\"", env(value).unwrap());
            let out = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(out.stdout).unwrap(), value);
        }
    }
}
