//! A front with a native application, asked over a socket.

use super::*;
use axum::http::HeaderMap;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

use super::connection::Phase;
use crate::appserver::log;

/// Runs `client` against a front: one page waits for a permit, one has an odd length, one tells the host.
fn with_front<F: Future>(client: impl FnOnce(Arc<Front>, UnixStream, Arc<Semaphore>) -> F) {
    let gate = Arc::new(Semaphore::new(0));
    let page = Arc::clone(&gate);
    let open = move || async move {
        page.acquire().await.unwrap().forget();
        "done"
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let odd = || async { ([("content-length", "abc")], "odd") };
        let host = |headers: HeaderMap| async move { headers["host"].to_str().unwrap().to_string() };
        let pages = [("/", get(open)), ("/odd", get(odd)), ("/host", get(host))];
        let router = pages.into_iter().fold(Router::new(), |router, (path, page)| router.route(path, page));
        let application = Application::Native(router);
        let log = log::open("-".as_ref(), log::Stream::Err).unwrap();
        let log = Arc::new(Log::new(log, Level::Critical));
        let settings = Settings { keepalive: 75, ..Settings::default() };
        let front = Arc::new(Front::new(
            application,
            &settings,
            Outside { log, access: None, statsd: None, tally: Arc::default(), seat: None },
        ));
        let (ours, theirs) = UnixStream::pair().unwrap();
        front.accept(Stream::Unix(theirs), Peer::Local, None);
        client(front, ours, gate).await;
    });
}

#[test]
fn a_request_in_progress_is_answered_after_the_worker_was_told_to_leave() {
    with_front(async |front, mut stream, gate| {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        while !front.connections().values().all(|one| one.connection.phase() == Phase::Busy) {
            tokio::task::yield_now().await;
        }
        front.leave(false);
        front.sweep();
        gate.add_permits(1);
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\ndone"), "{answer}");
        assert!(answer.contains("Connection: close\r\n"), "{answer}");
    });
}

/// Lets all others do what they can.
async fn turns() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[test]
fn others_go_on_with_idle_connections_and_with_busy_ones_after_their_answer() {
    let mut handed = None;
    with_front(async |front, mut busy, gate| {
        let (_idle, theirs) = UnixStream::pair().unwrap();
        front.accept(Stream::Unix(theirs), Peer::Local, None);
        busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        turns().await;
        front.leave(true);
        front.sweep();
        turns().await;
        assert_eq!((front.handed_over().len(), front.open(), front.has_idle()), (1, 1, false));

        gate.add_permits(1);
        let mut answer = [0; 1000];
        let length = busy.read(&mut answer).await.unwrap();
        assert!(!String::from_utf8_lossy(&answer[..length]).contains("Connection: close"));
        turns().await;
        assert_eq!(front.open(), 0);
        handed = Some((busy.into_std().unwrap(), front.handed_over().remove(0)));
    });
    let (client, socket) = handed.unwrap();
    with_front(async |front, _, _| {
        let mut client = UnixStream::from_std(client).unwrap();
        client.write_all(b"GET /host HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n").await.unwrap();
        front.adopt(Stream::Unix(UnixStream::from_std(socket.into()).unwrap()), Peer::Local, None);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("\r\n\r\nb"), "{answer}");
    });
}

fn asked(target: &str) -> String {
    let mut answer = String::new();
    with_front(async |_, mut stream, _| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
    });
    answer
}

#[test]
fn an_answer_whose_length_is_no_number_is_not_sent() {
    let answer = asked("/odd");
    assert!(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{answer}");
}

#[test]
fn the_host_of_a_target_counts_and_not_the_header() {
    assert!(asked("/host").ends_with("\r\n\r\na"));
    assert!(asked("http://b:80/host").ends_with("\r\n\r\nb:80"));
}
