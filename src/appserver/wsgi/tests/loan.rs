//! A long body that its worker writes to the client itself: what the client gets from it, and what the front.

use super::thread::said;

/// A worker with an answer of 100,002 bytes, for which there is room in the client's socket, and the front's side of it: what
/// it does when it is asked for that socket. In the end it prints the kinds of frames that the front got, without those of the
/// body; whether the client got as much from the worker as that told, and the front the rest; and how much the worker wrote.
const ANSWER: &str = "
lent, client = socket.socketpair()
lent.setblocking(False)
body = b''.join(b'%06d' % n for n in range(16667))
head = b'HTTP/1.1 200 OK\\r\\n\\r\\n'
got, frames = [], []
def reads():
    data = client.recv(65536)
    while data:
        got.append(data)
        data = client.recv(65536)
def exactly(length):
    data = b''
    while len(data) < length: data += ours.recv(length - len(data))
    return data
def frame():
    length, kind, number = struct.unpack('<IBQ', exactly(13))
    frames.append((kind, exactly(length)))
    return kind
def lend(descriptor):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', descriptor))]
    ours.sendmsg([struct.pack('<I', len(head)), head], rights)
def front(lends):
    while frame() != 8: pass
    lends()
    while frame() != 3: pass
answer = shim['Answer'](thread, 7)
def answered(lends):
    other = threading.Thread(target=front, args=(lends,))
    other.start()
    answer.start('200 OK', [('Content-Length', '100002')])
    answer.write(body)
    answer.end()
    lent.close()
    other.join()
    if client.fileno() >= 0: reads()
    whole, direct = head + body, b''.join(got)
    rest = b''.join(data for kind, data in frames if kind == 1)
    written = sum(struct.unpack('<Q', data)[0] for kind, data in frames if kind == 9)
    print([kind for kind, _ in frames if kind != 1], direct == whole[:written], rest == whole[max(written, len(head)):],
          'all' if written == len(whole) else 'some' if written > len(head) else written)
";

fn answered(script: &str) -> String {
    said(&[ANSWER, script].concat())
}

#[test]
fn a_client_with_room_gets_all_of_it_from_the_worker() {
    assert_eq!(answered("answered(lambda: lend(lent.fileno()))"), "[0, 8, 9, 3] True True all\n");
}

#[test]
fn what_a_client_does_not_take_at_once_goes_through_the_front() {
    let small =
        "lent.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20000); answered(lambda: lend(lent.fileno()))";
    assert_eq!(answered(small), "[0, 8, 9, 3] True True some\n");
}

#[test]
fn what_is_not_lent_goes_through_the_front() {
    assert_eq!(answered("answered(lambda: ours.send(bytes(4)))"), "[0, 8, 9, 3] True True 0\n");
}

#[test]
fn a_client_that_is_gone_is_met_by_the_front() {
    assert_eq!(
        answered("client.close(); answered(lambda: lend(lent.fileno()))"),
        "[0, 8, 9, 3] True True 0\n"
    );
}

#[test]
fn a_worker_that_is_told_to_go_while_it_asks_sends_the_answer_through_the_front() {
    assert_eq!(answered("answered(thread.stop_waiting)"), "[0, 8, 9, 3] True True 0\n");
}
