//! How far an import or export is, on a terminal; nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for so many bytes, or for an unknown number.
pub fn bytes(length: Option<u64>) -> ProgressBar {
    let shape = match length {
        Some(_) => "{bar:30} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{bytes}, {bytes_per_sec}",
    };
    bar(length, shape)
}

/// A bar for so many rows.
pub fn rows(count: u64) -> ProgressBar {
    bar(Some(count), "{bar:30} {pos}/{len} rows, {eta} left")
}

fn bar(length: Option<u64>, shape: &str) -> ProgressBar {
    // Nothing is drawn where standard error is not a terminal.
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    match ProgressStyle::with_template(shape) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
