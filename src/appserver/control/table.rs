//! The answer to `status`, for people: a line a process.

use std::fmt::Write as _;
use std::time::Duration;

use super::wire::{Process, Status};

/// The names of the columns; the last one takes what is left of the line.
const HEADS: [&str; 10] =
    ["PID", "ROLE", "STATE", "GEN", "AGE", "REQUESTS", "CONN", "RSS", "CPU", "WORKS ON"];
/// Those whose words begin at their left edge.
const LEFT: [usize; 3] = [1, 2, 9];

/// The whole text, in lines of at most `width`.
pub fn text(status: &Status, width: usize) -> String {
    let mut text = format!(
        "appserver {} serves {}: {}, generation {}\n",
        status.version, status.application, status.phase, status.generation
    );
    for place in &status.listening {
        let _ = writeln!(text, "listening at {place}");
    }
    let is_serving =
        |process: &&Process| process.role == "worker" && ["serving", "retiring"].contains(&&*process.state);
    let serving = status.processes.iter().filter(is_serving).count();
    let queued: u64 = status.processes.iter().filter_map(|process| process.queued).sum();
    let _ = write!(text, "{serving} of {} workers serve", status.workers);
    text.push_str(&match queued {
        0 => "\n\n".to_string(),
        1 => ", 1 request waits for them\n\n".into(),
        count => format!(", {count} requests wait for them\n\n"),
    });
    let rows: Vec<[String; 10]> = status.processes.iter().flat_map(rows).collect();
    let widths: [usize; 10] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([HEADS[column].len()]).max().unwrap_or(0)
    });
    for row in [HEADS.map(String::from)].iter().chain(&rows) {
        let line = line(row, &widths);
        text.extend(line.trim_end().chars().take(width));
        text.push('\n');
    }
    text
}

fn line(row: &[String; 10], widths: &[usize; 10]) -> String {
    let mut line = String::new();
    for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
        // Writing to a string cannot fail.
        let _ = match (column, LEFT.contains(&column)) {
            (9, _) => write!(line, "{cell}"),
            (_, true) => write!(line, "{cell:<width$}  "),
            (_, false) => write!(line, "{cell:>width$}  "),
        };
    }
    line
}

/// The line of a process, and one more for each request beyond the first.
fn rows(process: &Process) -> Vec<[String; 10]> {
    let number = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
    let mut current = process
        .current
        .iter()
        .map(|one| format!("{:.1} s: {}", one.milliseconds as f64 / 1000.0, one.request));
    let first = [
        process.pid.to_string(),
        process.role.clone(),
        process.state.clone(),
        number(process.generation),
        span(process.age),
        number(process.requests),
        number(process.connections),
        format!("{} MiB", process.rss >> 20),
        format!("{:.1} s", process.cpu),
        current.next().unwrap_or_default(),
    ];
    let more = current.map(|request| {
        let mut row = [const { String::new() }; 10];
        row[9] = request;
        row
    });
    [first].into_iter().chain(more).collect()
}

/// A time in its two largest units.
fn span(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds).unwrap_or_default().as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::appserver::census::Current;

    #[test]
    fn each_process_has_a_line_and_none_is_too_long() {
        let slow = |seconds: u64| Current {
            worker: None,
            request: "GET /slow?with=a&long=query from 10.0.0.9".into(),
            milliseconds: seconds * 1000,
        };
        let process = |pid, role: &str| Process {
            pid,
            role: role.into(),
            state: "serving".into(),
            generation: Some(2),
            age: 3725.0,
            rss: 30 << 20,
            cpu: 1.25,
            ..Process::default()
        };
        let status = Status {
            version: "0.1.0".into(),
            application: "site:app".into(),
            listening: vec!["http://127.0.0.1:8000".into()],
            phase: "serving".into(),
            generation: 2,
            workers: 1,
            processes: vec![
                Process { generation: None, ..process(11, "master") },
                Process {
                    requests: Some(1234),
                    connections: Some(5),
                    queued: Some(3),
                    ..process(12, "front")
                },
                Process { requests: Some(1234), current: vec![slow(2), slow(11)], ..process(13, "worker") },
            ],
            ..Status::default()
        };
        assert_eq!(
            text(&status, 90),
            "\
appserver 0.1.0 serves site:app: serving, generation 2
listening at http://127.0.0.1:8000
1 of 1 workers serve, 3 requests wait for them

PID  ROLE    STATE    GEN   AGE  REQUESTS  CONN     RSS    CPU  WORKS ON
 11  master  serving       1h2m                  30 MiB  1.2 s
 12  front   serving    2  1h2m      1234     5  30 MiB  1.2 s
 13  worker  serving    2  1h2m      1234        30 MiB  1.2 s  2.0 s: GET /slow?with=a&lo
                                                                11.0 s: GET /slow?with=a&l
"
        );
    }
}
