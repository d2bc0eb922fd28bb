//! A TCP proxy that adds a round-trip time: half to each direction, and one whole to the handshake.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A running proxy, stopped when dropped.
pub struct Proxy {
    stop: Arc<AtomicBool>,
    address: String,
    thread: Option<thread::JoinHandle<()>>,
}

impl Proxy {
    /// Listens at `from` and passes on to `to`.
    pub fn start(from: &str, to: &str, round_trip: Duration) -> Self {
        let listener = TcpListener::bind(from).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, target) = (Arc::clone(&stop), to.to_string());
        let thread = thread::spawn(move || {
            for near in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (near, target) = (near.unwrap(), target.clone());
                thread::spawn(move || serve(near, &target, round_trip));
            }
        });
        Self { stop, address: from.to_string(), thread: Some(thread) }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.address));
        drop(self.thread.take().map(thread::JoinHandle::join));
    }
}

fn serve(near: TcpStream, target: &str, round_trip: Duration) {
    thread::sleep(round_trip);
    let Ok(far) = TcpStream::connect(target) else { return };
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
    }
    let there = pass(near.try_clone().unwrap(), far.try_clone().unwrap(), round_trip / 2);
    let back = pass(far, near, round_trip / 2);
    drop((there.join(), back.join()));
}

/// Copies one direction; every piece arrives `delay` after it was sent, however many are under way.
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) -> thread::JoinHandle<()> {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut bytes = [0; 65536];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if sender.send((Instant::now() + delay, bytes[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        drop(to.shutdown(Shutdown::Write));
    })
}
