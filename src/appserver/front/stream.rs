//! An accepted connection's bytes, over TCP or a socket file.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use bytes::BytesMut;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncWrite, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};

/// Where bytes land that are read at once.
pub type Chunk = Box<[u8; 16 * 1024]>;

/// The bytes of one connection.
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a socket file.
    Unix(UnixStream),
}

impl Stream {
    /// The socket, for another process. Errors are those of the event loop.
    pub fn into_socket(self) -> io::Result<OwnedFd> {
        Ok(match self {
            Self::Tcp(stream) => stream.into_std()?.into(),
            Self::Unix(stream) => stream.into_std()?.into(),
        })
    }

    /// Waits until there is something to read. Errors are those of the socket.
    pub async fn readable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.readable().await,
            Self::Unix(stream) => stream.readable().await,
        }
    }

    /// Reads what is there by way of `chunk`, which all connections share, to the end of `buffer`, which so takes no more
    /// memory than it needs; zero is the end. Errors are those of the socket.
    pub async fn read(&self, chunk: &Mutex<Chunk>, buffer: &mut BytesMut) -> io::Result<usize> {
        loop {
            self.readable().await?;
            let mut chunk = chunk.lock().unwrap_or_else(PoisonError::into_inner);
            let mut got = None;
            let receive = || {
                let (length, _) = recv(self.as_fd(), &mut chunk[..], RecvFlags::empty())?;
                got = Some(length);
                // A short read means that nothing is left: saying so saves the call that would find out.
                if length > 0 && length < chunk.len() {
                    Err(io::ErrorKind::WouldBlock.into())
                } else {
                    Ok(())
                }
            };
            let tried = match self {
                Self::Tcp(stream) => stream.try_io(Interest::READABLE, receive),
                Self::Unix(stream) => stream.try_io(Interest::READABLE, receive),
            };
            match (got, tried) {
                (Some(length), _) => {
                    buffer.extend_from_slice(&chunk[..length]);
                    return Ok(length);
                }
                (None, Err(error)) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                (None, _) => {}
            }
        }
    }

    /// Writes a part of `head` and `data`; returns how many bytes. Errors are those of the socket.
    pub async fn write(&mut self, head: &[u8], data: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => write(stream, head, data).await,
            Self::Unix(stream) => write(stream, head, data).await,
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

async fn write(stream: &mut (impl AsyncWrite + Unpin), head: &[u8], data: &[u8]) -> io::Result<usize> {
    match data.is_empty() {
        true => stream.write(head).await,
        false => stream.write_vectored(&[IoSlice::new(head), IoSlice::new(data)]).await,
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
