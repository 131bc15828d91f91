"""A till that answers as an attacker would: a bare socket on loopback, one behaviour for each way of answering badly. Every request is kept, headers and all."""
import gzip
import socket
import socketserver
import threading
import zlib

ACCOUNT = b'{"_id":"a","nodes":[{"_id":"n","name":"N"}],"companies":[{"_id":"c","name":"C"}],"shops":[{"_id":"s","name":"S"}],"email":"shop@example.org"}'
MIB = 1 << 20


def answer(body, *headers, status='200 OK', length=None):
    lines = [f'HTTP/1.1 {status}', 'Content-Type: application/json', f'Content-Length: {len(body) if length is None else length}', *headers, '', '']
    return '\r\n'.join(lines).encode('utf-8', 'surrogateescape') + body


def zeros(unit, count, around=(b'[', b']')):
    """A gzip body that is large only once it is unpacked, made without ever being large here."""
    packer, parts = zlib.compressobj(9, zlib.DEFLATED, 31), []
    block = unit * (MIB // len(unit))
    parts.append(packer.compress(around[0]))
    for _ in range(count * MIB // len(block)):
        parts.append(packer.compress(block))
    parts.append(packer.compress(unit.rstrip(b',') + around[1]))
    return b''.join(parts) + packer.flush()


def send_until_refused(connection, head, piece):
    """What has no end: until the other side hangs up. The bound only keeps a broken client from filling this machine."""
    connection.sendall(head)
    for _ in range((4 << 30) // len(piece)):
        connection.sendall(piece)


def plain(body, *headers, **options):
    return lambda connection, till: connection.sendall(answer(body, *headers, **options))


def redirect(code):
    return lambda connection, till: connection.sendall(answer(b'', f'Location: {till.elsewhere}/v1/account/account', status=f'{code} Elsewhere'))


BEHAVIOURS = {
    'gzip bomb': lambda connection, till: connection.sendall(answer(zeros(b'                ', 96), 'Content-Encoding: gzip')),
    'gzip of gzip': lambda connection, till: connection.sendall(answer(gzip.compress(zeros(b'                ', 96)), 'Content-Encoding: gzip, gzip')),
    'values bomb': lambda connection, till: connection.sendall(answer(zeros(b'0,', 48), 'Content-Encoding: gzip')),
    'objects bomb': lambda connection, till: connection.sendall(answer(zeros(b'{"":{}},', 48), 'Content-Encoding: gzip')),
    'depth bomb': plain(b'[' * 200000 + b']' * 200000),
    'depth bomb of objects': plain(b'{"a":' * 200000 + b'1' + b'}' * 200000),
    'endless body': lambda connection, till: send_until_refused(connection, b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n', b' ' * MIB),
    'endless chunks': lambda connection, till: send_until_refused(connection, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', b'100000\r\n' + b' ' * MIB + b'\r\n'),
    'one huge chunk': lambda connection, till: send_until_refused(connection, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF\r\n', b' ' * MIB),
    'endless headers': lambda connection, till: send_until_refused(connection, b'HTTP/1.1 200 OK\r\n', b'X-Filler: ' + b'x' * 4000 + b'\r\n'),
    'one endless header': lambda connection, till: send_until_refused(connection, b'HTTP/1.1 200 OK\r\nX-Filler: ', b'x' * 65536),
    'endless interim answers': lambda connection, till: send_until_refused(connection, b'', b'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n' * 100),
    'length of an exabyte': lambda connection, till: connection.sendall(answer(ACCOUNT, length=1 << 60)),
    'length below zero': lambda connection, till: connection.sendall(answer(ACCOUNT, length=-5)),
    'two lengths': lambda connection, till: connection.sendall(answer(ACCOUNT, 'Content-Length: 3')),
    'too short a length': lambda connection, till: connection.sendall(answer(ACCOUNT, length=20)),
    'html': lambda connection, till: connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n<script>alert(1)</script>\r\n'),
    'image': lambda connection, till: connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 8\r\n\r\n\x89PNG\r\n\x1a\n'),
    'no HTTP': lambda connection, till: connection.sendall(b'\x1b[2JSSH-2.0-OpenSSH\r\n\x9b'),
    'escapes in the status': lambda connection, till: connection.sendall(b'HTTP/1.1 500 \x1b[2J\x1b]0;owned\x07\r\nContent-Length: 0\r\n\r\n'),
    'escapes in an error': plain('{"statusCode":400,"error":"\\u001b[2J","message":"\\u001b]0;owned\\u0007 \\u202e \\u009b2J <script>"}'.encode(), status='400 Bad Request'),
    'a long error': plain(b'{"statusCode":400,"message":"' + b'A' * MIB + b'"}', status='400 Bad Request'),
    'no UTF-8': plain(b'{"_id":"a","email":"\xff\xfe\xc0\x80"}'),
    'a hostile Retry-After': lambda connection, till: connection.sendall(answer(b'', 'Retry-After: 99999999999999999999', status='400 Bad Request')),
    'cookies': lambda connection, till: connection.sendall(answer(ACCOUNT, 'Set-Cookie: a=b; Path=/', 'Strict-Transport-Security: max-age=1', 'Alt-Svc: h2="127.0.0.1:1"')),
    **{f'redirect {code}': redirect(code) for code in (301, 302, 303, 307, 308)},
}


class HostileTill(socketserver.ThreadingTCPServer):
    """Behaves as told for the account, as long as it is told to; everything else is not there."""
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 16

    def __init__(self, behaviour=None, elsewhere=''):
        super().__init__(('127.0.0.1', 0), Exchange)
        self.behaviour, self.elsewhere, self.requests = behaviour, elsewhere, []
        self.port = self.server_address[1]
        self.url, self.key = f'http://127.0.0.1:{self.port}', 'abcdef0123456789abcdef01'
        threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.02}, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that hangs up is what most of these behaviours wait for."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Exchange(socketserver.BaseRequestHandler):
    def handle(self):
        request = b''
        while b'\r\n\r\n' not in request:
            piece = self.request.recv(65536)
            if not piece:
                return
            request += piece
        self.server.requests.append(request)
        # Once: what the client tries again gets a plain end, so that no test waits for its patience.
        if self.server.behaviour and len(self.server.requests) == 1:
            BEHAVIOURS[self.server.behaviour](self.request, self.server)
        else:
            self.request.sendall(answer(b'{"statusCode":404,"error":"Not Found","message":"Not Found"}', 'Connection: close', status='404 Not Found'))
        try:
            self.request.shutdown(socket.SHUT_WR)
        except OSError:
            """Gone already."""
