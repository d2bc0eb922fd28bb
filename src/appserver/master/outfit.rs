//! What a Python worker is made with, whoever makes it: where it takes requests and answers, shows and prints.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::pipe::{PipeFlags, pipe_with};

use super::hand::Hand;
use super::output::Output;
use crate::appserver::settings::Settings;
use crate::appserver::wsgi::python;
use crate::appserver::wsgi::{Board, Seats};

/// Our ends and the worker's.
pub struct Outfit {
    seats: Seats,
    stacks: OwnedFd,
    output: Option<Output>,
    shown: OwnedFd,
    printed: Option<OwnedFd>,
    slots: Vec<OwnedFd>,
}

impl Outfit {
    /// All that one worker needs. Errors are those of the system.
    pub fn make(settings: &Settings) -> io::Result<Self> {
        let board = Board::make(settings.threads)?;
        let (ours, slots) = python::slots(settings.threads)?;
        let (stacks, shown) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let (output, printed) = settings.capture_output.then(Output::pipe).transpose()?.unzip();
        Ok(Self { seats: Seats { board, slots: ours }, stacks, output, shown, printed, slots })
    }

    /// What the worker gets, in the order in which it expects it.
    pub fn given<'a>(&'a self, queue: BorrowedFd<'a>) -> Vec<BorrowedFd<'a>> {
        let printed = self.printed.as_ref().map(AsFd::as_fd);
        [self.shown.as_fd(), queue, self.seats.board.as_fd()]
            .into_iter()
            .chain(printed)
            .chain(self.slots.iter().map(AsFd::as_fd))
            .collect()
    }

    /// Keeps our ends with the worker; what is the worker's alone is closed here.
    pub fn go_with(self, hand: &mut Hand) {
        hand.seats = Some(self.seats);
        hand.stacks = Some(self.stacks);
        hand.output = self.output;
    }
}
