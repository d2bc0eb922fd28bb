//! Figures of a process that accepts, counted where requests pass and shown to its siblings on a sheet that all of them
//! read: whoever is asked for figures adds up those of all.
//!
//! A place on the sheet is inherited: who takes over that of a process that ended counts on, so that no sum ever shrinks.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::descriptor;

/// Upper ends of the buckets of durations, in microseconds; one more has no end.
pub const BOUNDS: [u64; 13] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];
/// Classes of statuses, 1xx to 5xx.
pub const CLASSES: usize = 5;
/// Where each figure stands; the classes are first, the buckets last.
const OPEN: usize = 5;
const ACCEPTED: usize = 6;
const IN_FLIGHT: usize = 7;
const QUEUED: usize = 8;
const TAKEN: usize = 9;
const QUEUE_TIME: usize = 10;
const DURATION: usize = 11;
const BUCKETS: usize = 12;
/// How many figures there are.
const COUNT: usize = BUCKETS + BOUNDS.len() + 1;
/// Those that tell of the moment, and end with their process.
const MOMENTARY: [usize; 3] = [OPEN, IN_FLIGHT, QUEUED];
/// Bytes of a place: a little-endian `u64` a figure.
const PLACE: usize = COUNT * 8;

/// The figures of one process, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum([u64; COUNT]);

impl Sum {
    /// Without what tells of the moment.
    fn lasting(mut self) -> Self {
        MOMENTARY.into_iter().for_each(|figure| self.0[figure] = 0);
        self
    }

    /// Requests answered, by class of status: 1xx to 5xx.
    pub fn requests(&self) -> &[u64] {
        &self.0[..CLASSES]
    }

    /// Open connections.
    pub fn open(&self) -> u64 {
        self.0[OPEN]
    }

    /// Connections accepted.
    pub fn accepted(&self) -> u64 {
        self.0[ACCEPTED]
    }

    /// Requests being answered.
    pub fn in_flight(&self) -> u64 {
        self.0[IN_FLIGHT]
    }

    /// Requests that wait for a worker.
    pub fn queued(&self) -> u64 {
        self.0[QUEUED]
    }

    /// How many requests a worker took, and how long they waited for it together, in microseconds.
    pub fn waits(&self) -> (u64, u64) {
        (self.0[TAKEN], self.0[QUEUE_TIME])
    }

    /// How many requests took no longer than each of [`BOUNDS`] and more than the one before, and how many longer than all.
    pub fn durations(&self) -> &[u64] {
        &self.0[BUCKETS..]
    }

    /// How long all requests took together, in microseconds.
    pub fn duration(&self) -> u64 {
        self.0[DURATION]
    }
}

/// What a process counts.
pub struct Tally {
    figures: [AtomicU64; COUNT],
    shown: OnceLock<Shown>,
}

/// Where a process shows what it counts.
struct Shown {
    sheet: Sheet,
    place: u32,
    /// What others counted in that place before.
    before: Sum,
}

impl Default for Tally {
    fn default() -> Self {
        Self { figures: [const { AtomicU64::new(0) }; COUNT], shown: OnceLock::new() }
    }
}

/// A request that is being answered; it is counted as such until dropped.
pub struct Flight<'a>(&'a Tally);

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.add(IN_FLIGHT, 1u64.wrapping_neg());
    }
}

impl Tally {
    /// A request begins to be answered.
    pub fn begin(&self) -> Flight<'_> {
        self.add(IN_FLIGHT, 1);
        Flight(self)
    }

    /// A request was answered.
    pub fn answered(&self, status: u16) {
        let class = usize::from(status / 100).clamp(1, CLASSES) - 1;
        self.add(class, 1);
    }

    /// How long an answer took.
    pub fn took(&self, span: Duration) {
        let span = span.as_micros() as u64;
        self.add(DURATION, span);
        self.add(BUCKETS + BOUNDS.partition_point(|bound| *bound < span), 1);
    }

    /// A connection was accepted.
    pub fn accepted(&self) {
        self.add(ACCEPTED, 1);
    }

    /// So many connections are open.
    pub fn open(&self, count: usize) {
        self.figures[OPEN].store(count as u64, Relaxed);
    }

    /// So many requests wait for a worker.
    pub fn queued(&self, count: usize) {
        self.figures[QUEUED].store(count as u64, Relaxed);
    }

    /// A worker took a request after it waited for so long.
    pub fn taken(&self, waited: Duration) {
        self.add(TAKEN, 1);
        self.add(QUEUE_TIME, waited.as_micros() as u64);
    }

    fn add(&self, figure: usize, count: u64) {
        // Everything that counts runs on one thread, so that the cheaper way loses nothing.
        let figure = &self.figures[figure];
        figure.store(figure.load(Relaxed).wrapping_add(count), Relaxed);
    }

    /// What was counted here, and nowhere before.
    pub fn own(&self) -> Sum {
        Sum(std::array::from_fn(|figure| self.figures[figure].load(Relaxed)))
    }

    /// Takes a place on the sheet; what was counted there before is shown with what is counted here.
    pub fn join(&self, sheet: Sheet, place: u32) {
        let before = sheet.read().into_iter().nth(place as usize).unwrap_or(Sum([0; COUNT])).lasting();
        let _ = self.shown.set(Shown { sheet, place, before });
        self.post();
    }

    /// Whether somebody else may look at the figures.
    pub fn is_shown(&self) -> bool {
        self.shown.get().is_some()
    }

    /// Shows the figures to the others.
    pub fn post(&self) {
        if let Some(Shown { sheet, place, before }) = self.shown.get() {
            sheet.write(*place, &total(&[*before, self.own()]));
        }
    }

    /// The figures of all processes together.
    pub fn sum(&self) -> Sum {
        self.post();
        self.shown.get().map_or_else(|| self.own(), |shown| total(&shown.sheet.read()))
    }
}

fn total(sums: &[Sum]) -> Sum {
    Sum(std::array::from_fn(|figure| sums.iter().map(|one| one.0[figure]).sum()))
}

/// Where all processes show their figures: a file in memory.
pub struct Sheet(File);

impl Sheet {
    /// An empty sheet. Errors where there is no memory for it.
    pub fn make() -> io::Result<Self> {
        descriptor::nameless().map(Self)
    }

    /// A process ended: what it was at is over.
    pub fn clear(&self, place: u32) {
        if let Some(sum) = self.read().into_iter().nth(place as usize) {
            self.write(place, &sum.lasting());
        }
    }

    fn write(&self, place: u32, sum: &Sum) {
        let bytes: Vec<u8> = sum.0.iter().flat_map(|count| count.to_le_bytes()).collect();
        // Figures that cannot be shown are missed, and that is all.
        let _ = self.0.write_all_at(&bytes, u64::from(place) * PLACE as u64);
    }

    fn read(&self) -> Vec<Sum> {
        let length = self.0.metadata().map_or(0, |found| found.len() as usize);
        let mut bytes = vec![0; length];
        if self.0.read_exact_at(&mut bytes, 0).is_err() {
            return Vec::new();
        }
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        let one = |place: &[u8; PLACE]| {
            let numbers = place.as_chunks().0;
            Sum(std::array::from_fn(|figure| number(&numbers[figure])))
        };
        bytes.as_chunks().0.iter().map(one).collect()
    }
}

impl From<OwnedFd> for Sheet {
    fn from(descriptor: OwnedFd) -> Self {
        Self(descriptor.into())
    }
}

impl AsFd for Sheet {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_all_are_added_and_those_of_the_dead_stay_without_what_they_were_at() {
        let sheet = Sheet::make().unwrap();
        let share = || Sheet::from(sheet.as_fd().try_clone_to_owned().unwrap());
        let (first, second) = (Tally::default(), Tally::default());
        first.join(share(), 0);
        second.join(share(), 1);
        let flight = first.begin();
        first.answered(200);
        first.took(Duration::from_millis(2));
        second.answered(503);
        second.open(7);
        second.post();
        let sum = first.sum();
        assert_eq!((sum.requests(), sum.in_flight(), sum.open()), (&[0, 1, 0, 0, 1][..], 1, 7));
        assert_eq!((sum.durations()[1], sum.duration()), (1, 2000));
        drop(flight);
        drop(second);
        sheet.clear(1);
        assert_eq!((first.sum().open(), first.sum().in_flight()), (0, 0));
        let third = Tally::default();
        third.join(share(), 1);
        third.answered(500);
        assert_eq!(third.sum().requests(), [0, 1, 0, 0, 2]);
        assert_eq!(third.own().requests(), [0, 0, 0, 0, 1]);
    }
}
