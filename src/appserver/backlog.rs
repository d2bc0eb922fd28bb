//! How many connections wait to be accepted, as `/proc/net/tcp` tells of listening sockets.
//! Format: <https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html>; for one that listens, the second
//! number of the queues is the length of the queue of connections.

use std::os::fd::AsFd;

use rustix::fs::fstat;

/// The state of a socket that listens.
const LISTENS: &str = "0A";
/// Where a line has the state, the queues and the inode.
const COLUMNS: [usize; 3] = [3, 4, 9];

/// What the kernel calls these sockets.
pub fn inodes<S: AsFd>(sockets: impl Iterator<Item = S>) -> Vec<u64> {
    sockets.filter_map(|socket| Some(fstat(socket).ok()?.st_ino)).collect()
}

/// How many wait for these sockets together; none if none of them is a TCP socket, or the kernel does not tell.
pub fn length(inodes: &[u64]) -> Option<u64> {
    let tables =
        ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let lengths = tables.iter().flat_map(|table| table.lines()).filter_map(|line| waiting(line, inodes));
    lengths.fold(None, |sum, length| Some(sum.unwrap_or(0) + length))
}

/// What a line tells of one of these sockets.
fn waiting(line: &str, inodes: &[u64]) -> Option<u64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [state, queues, inode] = COLUMNS.map(|column| words.get(column).copied().unwrap_or_default());
    let inode: u64 = inode.parse().ok()?;
    let length = queues.split_once(':').filter(|_| state == LISTENS && inodes.contains(&inode))?.1;
    u64::from_str_radix(length, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn connections_that_nobody_accepts_are_counted() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let count = || length(&inodes([&listener].into_iter()));
        assert_eq!(count(), Some(0));
        let connect = || TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let _waiting = [connect(), connect(), connect()];
        assert_eq!(count(), Some(3));
        let other = tempfile::tempfile().unwrap();
        assert_eq!(length(&inodes([&other].into_iter())), None);
    }
}
