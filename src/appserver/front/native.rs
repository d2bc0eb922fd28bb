//! Asking a native application: an `axum::Router`.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body as AxumBody, HttpBody};
use axum::http::header::HOST;
use axum::http::uri::Scheme;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request as HttpRequest, StatusCode, Uri, Version,
};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tower::Service as _;

use super::Front;
use super::answered::Answered;
use super::body::Body;
use super::outgoing::Outgoing;
use super::request::Request;
use crate::appserver::http::plan::{Asked, Plan};
use crate::appserver::http::{Version as HeadVersion, answer};

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;
/// The longest target that routers can read.
const MAX_TARGET: usize = u16::MAX as usize - 1;

/// Asks the application and sends its answer.
pub async fn answer(
    router: &Router,
    front: &Front,
    request: Request,
    asked: Asked,
    out: &mut Outgoing<'_>,
) -> Answered {
    let Ok(target) = front.mounts.target(&request) else {
        return out.simple(asked, 404, "Not Found\n").await;
    };
    if target.as_ref().map_or(request.head.target().len(), Vec::len) > MAX_TARGET {
        return out.simple(asked, 414, "URI Too Long\n").await;
    }
    let Some(request) = translated(front, request, target) else {
        return out.simple(asked, 400, "Bad Request\n").await;
    };
    let response = match router.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, mut body) = response.into_parts();
    let status = head.status;
    let fields = || head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let begun = answer::length(fields()).and_then(|told| {
        let plan = Plan::new(asked, status.as_u16(), told, body.size_hint().exact());
        out.begin(&line(status), fields(), plan)
    });
    if let Err(why) = begun {
        front.complain(&format!("An answer of the application cannot be sent: {why}"));
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
fn line(status: StatusCode) -> Cow<'static, [u8]> {
    match status {
        // Nearly all of them.
        StatusCode::OK => Cow::Borrowed(b"200 OK"),
        status => {
            [status.as_str(), status.canonical_reason().unwrap_or_default()].join(" ").into_bytes().into()
        }
    }
}

/// The request as routers know it, perhaps with another target; none if that is not one they can read. The client's address,
/// if it is known, and the scheme, if it is `https`, are among its extensions.
fn translated(front: &Front, request: Request, target: Option<Vec<u8>>) -> Option<HttpRequest<AxumBody>> {
    let head = &*request.head;
    let target = target.map_or_else(|| head.shared(head.target()), Bytes::from);
    let headers = headers(front, &request)?;
    let body = match request.body {
        Body::Memory(bytes) => AxumBody::from(bytes),
        Body::File(file, left) => AxumBody::new(FileBody { file, left }),
    };
    let mut translated = HttpRequest::new(body);
    *translated.method_mut() = Method::from_bytes(head.method().as_bytes()).ok()?;
    *translated.uri_mut() = Uri::from_maybe_shared(target).ok()?;
    *translated.version_mut() = match head.version() {
        HeadVersion::Http10 => Version::HTTP_10,
        HeadVersion::Http11 => Version::HTTP_11,
    };
    *translated.headers_mut() = headers;
    // Types that are not ours, so that applications can ask for them without knowing us.
    if let Ok(client) = request.remote.client(head).parse::<IpAddr>() {
        translated.extensions_mut().insert(client);
    }
    if request.scheme == "https" {
        translated.extensions_mut().insert(Scheme::HTTPS);
    }
    Some(translated)
}

fn headers(front: &Front, request: &Request) -> Option<HeaderMap> {
    let head = &*request.head;
    let fields = || head.fields().filter(|(name, _)| !is_of_proxies(name));
    let mut headers = HeaderMap::with_capacity(fields().count() + 1);
    for (name, value) in fields() {
        if front.policy.passes(name, request.remote.is_trusted) {
            let value = HeaderValue::from_maybe_shared(head.shared(value)).ok()?;
            headers.append(HeaderName::from_bytes(name).ok()?, value);
        }
    }
    if let Some(host) = head.host().filter(|_| head.is_absolute()) {
        headers.insert(HOST, HeaderValue::from_bytes(host).ok()?);
    }
    if let Some(ids) = &front.policy.ids {
        headers.insert(ids.header.clone(), HeaderValue::from_bytes(request.id.as_bytes()).ok()?);
    }
    Some(headers)
}

/// What proxies say of the client. The front has read it, and believed it or not; applications are told what came of it.
fn is_of_proxies(name: &[u8]) -> bool {
    let begins = |start: &[u8]| name.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
    begins(b"x-forwarded-") || name.eq_ignore_ascii_case(b"x-real-ip")
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
