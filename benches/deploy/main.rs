//! Speed and size of a deployment, on eight real hosts of this machine; prints one table. Run as root: `make bench`.
//!
//! Times are wall clock; every ratio is the median of the ratios of pairs that ran one after the other, so a machine
//! that gets slower meanwhile slows both sides.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops, with the place")]

mod delay;
mod hosts;
mod peak;

use std::time::{Duration, Instant};

use hosts::Hosts;

/// Hosts of the wide measurements.
const HOSTS: usize = 8;
/// Pairs of a ratio.
const PAIRS: usize = 11;
/// First applies, each on hosts that were put back.
const FIRST: usize = 3;
/// Added round-trip times of the slope, milliseconds.
const DELAYS: [u64; 3] = [0, 40, 80];

fn main() {
    // `cargo test` also runs benchmarks, with this argument; they are not tests.
    if std::env::args().any(|a| a == "--test") {
        return;
    }
    // `cargo bench -- round` measures the round trips alone.
    let only: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let wanted = |part: &str| only.is_empty() || only.iter().any(|o| o == part);
    let hosts = Hosts::up(HOSTS);
    println!("\n| what | measured | limit |\n|---|---|---|");
    println!("| `deployer --version`, median of 51 | {:.1} ms | 10 ms |", millis(median(start_up())));
    if wanted("same") {
        no_change(&hosts, 1, 1.5);
        no_change(&hosts, HOSTS, 2.0);
    }
    if wanted("first") {
        first(&hosts);
    }
    if wanted("round") {
        round_trips(&hosts);
    }
}

fn start_up() -> Vec<Duration> {
    (0..51).map(|_| time(|| hosts::deployer(&["--version"]))).collect()
}

/// First applies with the packages present; the peak memory of both sides is taken on the way.
fn first(hosts: &Hosts) {
    for (count, limit) in [(1, 3.0), (HOSTS, 8.0)] {
        let mut times = Vec::new();
        let (mut agent, mut desk) = (0, 0);
        for _ in 0..FIRST {
            hosts.put_back(count);
            let begun = Instant::now();
            let peaks = peak::of(hosts.spawn_apply(count));
            times.push(begun.elapsed());
            agent = agent.max(peaks.agent);
            desk = desk.max(peaks.desk);
        }
        let seconds = median(times).as_secs_f64();
        println!(
            "| first apply, packages present, {count} host(s), median of {FIRST} | {seconds:.2} s | {limit} s |"
        );
        println!("| peak memory of the agent, {count} host(s) | {:.1} MB | 15 MB |", mega(agent));
        println!("| peak memory of the desk, {count} host(s) | {:.1} MB | {} MB |", mega(desk), 30 + count);
    }
}

fn no_change(hosts: &Hosts, count: usize, limit: f64) {
    hosts.apply(count);
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let floor = time(|| hosts.ssh_sudo_true(count));
        let ours = time(|| hosts.apply(count));
        pairs.push((floor, ours));
    }
    let floor = median(pairs.iter().map(|p| p.0).collect()).as_secs_f64();
    let ours = median(pairs.iter().map(|p| p.1).collect()).as_secs_f64();
    let mut ratios: Vec<f64> = pairs.iter().map(|(f, o)| o.as_secs_f64() / f.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "| apply that changes nothing, {count} host(s): {ours:.3} s, `ssh HOST sudo true` {floor:.3} s | {:.2}× | {limit}× |",
        ratios[PAIRS / 2]
    );
}

/// The slope of time over added delay is the number of round trips.
fn round_trips(hosts: &Hosts) {
    let points: Vec<(f64, f64)> = DELAYS
        .iter()
        .map(|millis| {
            let far = hosts.far(Duration::from_millis(*millis));
            far.apply();
            let times = (0..5).map(|_| time(|| far.apply())).collect();
            (*millis as f64 / 1e3, median(times).as_secs_f64())
        })
        .collect();
    println!("| round trips of an apply that changes nothing | {:.1} | 11 |", slope(&points));
}

fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / count, y + p.1 / count));
    let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    above / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}

fn time(act: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    act();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mega(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1e3
}
