//! The whole body of a request.

use std::error::Error;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http_body_util::LengthLimitError;

/// Why it is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It has more bytes than are read.
    TooLong,
    /// It ended before its end: whoever sent it is gone.
    Cut,
}

/// The body, if it has at most so many bytes.
pub async fn whole(body: Body, most: usize) -> Result<Bytes, Unread> {
    to_bytes(body, most).await.map_err(|cause| match cause.source() {
        Some(source) if source.is::<LengthLimitError>() => Unread::TooLong,
        _ => Unread::Cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::Frame;

    /// A body that comes in parts.
    struct Parts(VecDeque<io::Result<&'static str>>);

    impl http_body::Body for Parts {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            Poll::Ready(self.0.pop_front().map(|part| part.map(|text| Frame::data(Bytes::from(text)))))
        }
    }

    async fn read(parts: impl IntoIterator<Item = io::Result<&'static str>>) -> Result<Bytes, Unread> {
        whole(Body::new(Parts(parts.into_iter().collect())), 8).await
    }

    #[tokio::test]
    async fn a_body_that_was_cut_is_not_called_too_long() {
        let lost = || Err(io::ErrorKind::ConnectionReset.into());
        assert_eq!(read([Ok("four"), Ok("four")]).await, Ok("fourfour".into()));
        assert_eq!(read([Ok("four"), Ok("fours")]).await, Err(Unread::TooLong));
        assert_eq!(read([Ok("four"), lost()]).await, Err(Unread::Cut));
        assert_eq!(read([lost()]).await, Err(Unread::Cut));
    }
}
