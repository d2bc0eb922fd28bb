//! Which requests a thread of a worker takes from the queue, and which it passes over.

use std::process::Command;

/// A worker of one thread whose front is the test: `ours` is the other end of its slot. It leaves after the request `last`.
const WORKER: &str = "
import marshal, mmap, socket, struct, threading
shim = {'__name__': 'shim'}
for part in ('channel', 'application', 'answer', 'thread'):
    exec(open('src/appserver/wsgi/shim/%s.py' % part).read(), shim)
front, queue = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
ours, slot = socket.socketpair()
queue.setblocking(False)
class Worker:
    places, base, request_key, last = 1, {}, '', 0
    board = mmap.mmap(-1, 16 + 8 + 1)
    called = []
    class channel: about = threading.local()
    def is_leaving(self): return self.last in self.called
    def application(self, environ, start):
        self.called.append(environ['number'])
        start('200 OK', [])
        return [b'good']
def ask(number):
    environ = marshal.dumps({'number': number}, 2)
    front.send(struct.pack('<QIB', number, len(environ), 0) + environ)
worker = Worker()
worker.queue = queue
thread = shim['Thread'](worker, 0, slot)
";

/// What a script that goes on from `WORKER` prints.
pub fn said(script: &str) -> String {
    let out = Command::new("python3").args(["-B", "-c", &[WORKER, script].concat()]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn who_was_never_let_in_takes_nothing() {
    let script = "ask(1); ours.close(); thread.run(); print(worker.called, queue.recv(8))";
    assert_eq!(said(script), "[] b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00'\n");
}

#[test]
fn who_waits_to_be_let_in_hears_that_its_front_has_ended() {
    assert_eq!(said("front.close(); thread.run(); print(worker.called)"), "[]\n");
}

#[test]
fn a_request_that_was_refused_is_passed_over_and_said_to_be() {
    let script = "
ask(1); ask(2); ask(3); ours.send(b'!'); worker.last = 3
struct.pack_into('<Q', worker.board, 16, 2)
thread.run()
frames, kinds = ours.recv(4096), []
while frames:
    length, kind, number = struct.unpack_from('<IBQ', frames)
    kinds.append((number, kind))
    frames = frames[13 + length:]
print(worker.called, kinds)";
    assert_eq!(said(script), "[3] [(1, 7), (2, 7), (3, 6)]\n");
}
