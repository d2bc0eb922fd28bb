//! An accepted connection's bytes, over TCP or a socket file.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};

/// The bytes of one connection.
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a socket file.
    Unix(UnixStream),
}

impl Stream {
    /// Waits until there is something to read. Errors are those of the socket.
    pub async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Unix(stream) => stream.readable().await,
        }
    }

    /// Reads what is there into the room that `buffer` has; zero is the end. Errors are those of the socket.
    pub async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read_buf(buffer).await,
            Self::Unix(stream) => stream.read_buf(buffer).await,
        }
    }

    /// Writes a part of `parts`; returns how many bytes. Errors are those of the socket.
    pub async fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write_vectored(parts).await,
            Self::Unix(stream) => stream.write_vectored(parts).await,
        }
    }

    /// Lets the kernel copy up to `length` bytes of a file from `at`; returns how many. Errors are those of both.
    pub async fn send_file(&self, file: BorrowedFd<'_>, at: u64, length: usize) -> io::Result<usize> {
        let mut offset = at;
        let mut send = |out: BorrowedFd| Ok(rustix::fs::sendfile(out, file, Some(&mut offset), length)?);
        match self {
            Self::Tcp(stream) => stream.async_io(Interest::WRITABLE, || send(stream.as_fd())).await,
            Self::Unix(stream) => stream.async_io(Interest::WRITABLE, || send(stream.as_fd())).await,
        }
    }

    /// Says that nothing more will be written. Errors are those of the socket.
    pub async fn shut(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown().await,
            Self::Unix(stream) => stream.shutdown().await,
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}
