//! Asking a native application: an `axum::Router`.

use std::fs::File;
use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body as AxumBody, HttpBody};
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, StatusCode, Uri, Version,
};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tower::Service as _;

use super::answered::Answered;
use super::body::Body;
use super::outgoing::Outgoing;
use super::request::Request;
use crate::appserver::http::plan::{Asked, Plan};
use crate::appserver::http::{Head, Version as HeadVersion, answer};

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

/// Asks the application and sends its answer.
pub async fn answer(router: &Router, request: Request, asked: Asked, out: &mut Outgoing<'_>) -> Answered {
    let Some(request) = translated(request) else { return out.simple(asked, 400, "Bad Request\n").await };
    let response = match router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, mut body) = response.into_parts();
    let status = head.status;
    let fields = || head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let told = answer::length(fields()).ok().flatten();
    let plan = Plan::new(asked, status.as_u16(), told, body.size_hint().exact());
    if out.begin(line(status).as_bytes(), fields(), plan).is_err() {
        return out.simple(asked, 500, "Internal Server Error\n").await;
    }
    let sent = async {
        let mut body = Pin::new(&mut body);
        while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let frame = frame.map_err(std::io::Error::other)?;
            if let Ok(data) = frame.into_data() {
                out.data(data).await?;
                if !body.is_end_stream() {
                    out.flush().await?;
                }
            }
        }
        out.end().await
    };
    let keeps_alive = sent.await;
    Answered { status: status.as_u16(), bytes: out.bytes, keeps_alive }
}

/// A status with its reason.
fn line(status: StatusCode) -> String {
    format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default())
}

/// The request as routers know it; none if its target is not one they can read.
fn translated(request: Request) -> Option<HttpRequest<AxumBody>> {
    let head = &*request.head;
    let uri = Uri::from_maybe_shared(head.shared(head.target())).ok()?;
    let body = match request.body {
        Body::Memory(bytes) => AxumBody::from(bytes),
        Body::File(file, left) => AxumBody::new(FileBody { file, left }),
    };
    let mut translated = HttpRequest::new(body);
    *translated.method_mut() = Method::from_bytes(head.method().as_bytes()).ok()?;
    *translated.uri_mut() = uri;
    *translated.version_mut() = match head.version() {
        HeadVersion::Http10 => Version::HTTP_10,
        HeadVersion::Http11 => Version::HTTP_11,
    };
    *translated.headers_mut() = headers(head)?;
    Some(translated)
}

fn headers(head: &Head) -> Option<HeaderMap> {
    let fields = head.fields();
    let mut headers = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        let value = HeaderValue::from_maybe_shared(head.shared(value)).ok()?;
        headers.append(HeaderName::from_bytes(name).ok()?, value);
    }
    Some(headers)
}

/// A body that lies in a file.
struct FileBody {
    file: File,
    left: u64,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let mut chunk = vec![0; CHUNK];
        let read = self.file.read(&mut chunk);
        Poll::Ready(match read {
            Ok(0) => None,
            Ok(length) => {
                chunk.truncate(length);
                self.left = self.left.saturating_sub(length as u64);
                Some(Ok(Frame::data(chunk.into())))
            }
            Err(error) => Some(Err(error)),
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
