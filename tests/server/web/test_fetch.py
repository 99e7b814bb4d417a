"""Files of other servers come from public addresses only, whatever a name, a redirect or a body tries."""

from __future__ import annotations

import gzip
import http.server
import socket
import ssl
import stat
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import DataferryError
from dataferry.server.web import fetch as room
from dataferry.server.web.addresses import is_public
from dataferry.server.web.fetch import Fetched, fetch
from dataferry.server.web.network import Network

BODY = b"name,lat,lon\nPier 7,22.29,114.16\n" * 100
HALF_PACKED = gzip.compress(BODY, mtime=0)[:20]
MOST = 10_000_000

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Server:
    """A web server of this machine whose answers the test gives."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.asked.append((self.path, {key.lower(): value for key, value in self.headers.items()}))
                try:
                    server.answers[self.path](self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        if tls is not None:
            self.http.socket = tls.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def gives(self, path: str, body: bytes = BODY, status: int = 200, **headers: str) -> None:
        def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def loopback(*ports: int, names: dict[str, list[str]] | None = None, **options: Any) -> Network:
    """A network of this test's own, where the loopback address is allowed and names are what the test says."""

    def resolve(host: str, _port: int) -> list[str]:
        return (names or {}).get(host, ["127.0.0.1"])

    return Network(resolve=resolve, permits=lambda each: each == "127.0.0.1" or is_public(each), ports=ports, **options)


@pytest.fixture
def got(tmp_path: Path, server: Server) -> Callable[..., Fetched]:
    def fetched(url: str = "/file", **options: Any) -> Fetched:
        options = {"limit_bytes": MOST, "timeout": 20, "network": loopback(server.port), "into": tmp_path, **options}
        return fetch(f"http://files.example:{server.port}{url}" if url.startswith("/") else url, **options)

    return fetched


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(DataferryError) as caught:
        call()
    assert caught.value.text("zh-Hant")
    return caught.value.code.removeprefix("server.web.fetch_")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(tmp_path: Path) -> Iterator[None]:
    yield
    assert list(tmp_path.glob("fetched-*")) == []


# What works


def test_a_file_comes_whole_with_its_name_into_a_private_place(server: Server, got: Callable[..., Fetched]) -> None:
    server.gives("/a/Stops%20of%20%E6%B8%AF.csv?key=1", Content_Type="Text/CSV; charset=big5")
    with got("/a/Stops%20of%20%E6%B8%AF.csv?key=1#part") as fetched:
        assert fetched.path.read_bytes() == BODY
        assert stat.S_IMODE(fetched.path.stat().st_mode) == 0o600
        assert (fetched.bytes, fetched.media_type, fetched.name) == (len(BODY), "text/csv", "Stops of 港.csv")
        assert fetched.final_url.endswith("?key=1")
    assert not fetched.path.exists()
    ((_path, headers),) = server.asked
    assert headers["host"] == f"files.example:{server.port}"
    assert headers.keys() == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="report 1.csv"', "report 1.csv"),
        ("attachment; filename*=UTF-8''%E6%B8%AF.csv", "港.csv"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\windows\\\\a.csv"', "a.csv"),
        ('attachment; filename="..."', "download"),
        ("attachment; filename*=nonsense''%ff", "ÿ"),
        (f'attachment; filename="{"x" * 500}.csv"', "x" * 138 + ".csv"),
        ("nonsense", "file"),
    ],
)
def test_the_name_is_one_harmless_word(
    server: Server, got: Callable[..., Fetched], disposition: str, name: str
) -> None:
    server.gives("/file", Content_Disposition=disposition, Content_Type="../x")
    with got() as fetched:
        assert (fetched.name, fetched.media_type) == (name, "application/octet-stream")


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_packed_file_is_unpacked(server: Server, got: Callable[..., Fetched], pieces: int) -> None:
    server.gives("/file", b"".join(gzip.compress(BODY * 300) for _ in range(pieces)), Content_Encoding="gzip")
    with got() as fetched:
        assert fetched.path.read_bytes() == BODY * 300 * pieces


def test_redirects_are_followed_and_every_hop_is_checked(server: Server, got: Callable[..., Fetched]) -> None:
    server.gives("/file", b"", 302, Location="b/c")
    server.gives("/b/c", b"", 308, Location=f"http://other.example:{server.port}/end.csv")
    server.gives("/end.csv")
    with got() as fetched:
        assert fetched.final_url == f"http://other.example:{server.port}/end.csv"
    asked = []
    network = loopback(server.port)

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return network.resolve(host, port)

    with got(network=Network(resolve=resolve, permits=network.permits, ports=[server.port])):
        assert asked == ["files.example", "files.example", "other.example"]


# What does not


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "scheme"),
        ("data.csv", "scheme"),
        ("//example.org/x", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://example.org/a", "scheme"),
        ("gopher://example.org/", "scheme"),
        ("data:text/plain,a", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://", "bad_address"),
        ("http:///etc/passwd", "bad_address"),
        ("http://exa mple.org/", "bad_address"),
        ("http://example.org\\@127.0.0.1/", "bad_address"),
        ("http://example.org/\r\nHost: inside", "bad_address"),
        ("http://example.org/\x00", "bad_address"),
        ("http://[::1", "bad_address"),
        ("http://example.org:99999/", "port"),
        ("http://" + "a" * 3000, "bad_address"),
        ("http://me:secret@example.org/", "credentials"),
        ("http://me@example.org/", "credentials"),
        ("http://@example.org/", "credentials"),
        ("http://example.org:22/", "port"),
        ("https://example.org:8443/", "port"),
        ("http://127.0.0.1/", "private"),
        ("http://127.1/", "private"),
        ("http://2130706433/", "private"),
        ("http://0x7f000001/", "private"),
        ("http://0177.0.0.1/", "private"),
        ("http://0/", "private"),
        ("http://localhost/", "private"),
        ("http://localhost./", "private"),
        ("http://①②⑦.0.0.1/", "private"),
        ("http://[::1]/", "private"),
        ("http://[::]/", "private"),
        ("http://[::ffff:127.0.0.1]/", "private"),
        ("http://[fe80::1%25lo]/", "private"),
        ("http://10.0.0.1/", "private"),
        ("http://192.168.1.1/", "private"),
        ("http://169.254.169.254/latest/meta-data/", "private"),
        ("http://100.100.100.200/", "private"),
        ("http://[64:ff9b::a9fe:a9fe]/", "private"),
    ],
)
def test_hostile_addresses_are_refused_before_anything_is_sent(tmp_path: Path, url: str, code: str) -> None:
    """With the real network: the system's own resolver knows all of these without asking anybody."""
    network = Network(ports=[80, 443])
    found = code_of(lambda: fetch(url, limit_bytes=MOST, timeout=20, into=tmp_path, network=network))
    # A name that this resolver cannot make out leads nowhere either.
    assert found == code or (code == "private" and found in {"unknown_host", "bad_address"})


@pytest.mark.parametrize("target", ["http://inside.example:{port}/", "http://10.0.0.1:{port}/", "http://[::1]:{port}/"])
def test_a_redirect_to_the_inside_is_refused(server: Server, got: Callable[..., Fetched], target: str) -> None:
    server.gives("/file", b"", 302, Location=target.format(port=server.port))
    names = {"inside.example": ["192.168.1.1", "::1"], "10.0.0.1": ["10.0.0.1"], "::1": ["::1"]}
    assert code_of(lambda: got(network=loopback(server.port, names=names))) == "private"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("location", "code"),
    [("file:///etc/passwd", "scheme"), ("http://a@b.example/", "credentials"), ("http://b.example:22/", "port"),
     ("/file", "redirects"), ("", "broken"), ("http://[::1", "broken")],
)  # fmt: skip
def test_a_redirect_is_no_way_round_the_rules(
    server: Server, got: Callable[..., Fetched], location: str, code: str
) -> None:
    server.gives("/file", b"", 301, Location=location)
    assert code_of(got) == code
    assert len(server.asked) <= room.MOST_REDIRECTS + 1


def test_a_name_that_changes_between_two_looks_leads_to_the_first_answer(
    server: Server, got: Callable[..., Fetched]
) -> None:
    """Rebinding: the name is public when it is checked and inside when it is connected to. There is no second look."""
    answers = [["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]]
    seen = []

    def resolve(_host: str, _port: int) -> list[str]:
        seen.append(answers.pop(0))
        return seen[-1]

    server.gives("/file")
    network = Network(resolve=resolve, permits=lambda each: each == "127.0.0.1", ports=[server.port])
    with got(network=network):
        assert seen == [["127.0.0.1"]]


def test_of_several_addresses_only_public_ones_are_tried(server: Server, got: Callable[..., Fetched]) -> None:
    server.gives("/file")
    tried = []
    network = loopback(server.port, names={"files.example": ["10.0.0.1", "127.0.0.1"]})

    def permits(address: str) -> bool:
        tried.append(address)
        return network.permits(address)

    with got(network=Network(resolve=network.resolve, permits=permits, ports=[server.port])) as fetched:
        assert fetched.bytes == len(BODY)
    assert tried == ["10.0.0.1", "127.0.0.1"]


def test_only_the_hosts_asked_for_are_reached_where_a_list_is_given(
    server: Server, got: Callable[..., Fetched]
) -> None:
    server.gives("/file", b"", 302, Location=f"http://other.example:{server.port}/file")
    assert code_of(lambda: got(allow_hosts={"data.example"})) == "other_host"
    assert server.asked == []
    assert code_of(lambda: got(allow_hosts={"Files.example"})) == "other_host"
    assert len(server.asked) == 1


@pytest.mark.parametrize("proxy", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(
    server: Server, got: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv(proxy, "http://127.0.0.1:1/")
    server.gives("/file")
    with got() as fetched:
        assert fetched.bytes == len(BODY)


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [(404, "status", False), (401, "status", False), (206, "status", False), (429, "busy", True), (503, "busy", True)],
)
def test_an_answer_without_the_file_is_told(
    server: Server, got: Callable[..., Fetched], status: int, code: str, retry: bool
) -> None:
    server.gives("/file", b"secret page of an error", status)
    with pytest.raises(DataferryError) as caught:
        got()
    assert (caught.value.code, caught.value.retry) == (f"server.web.fetch_{code}", retry)
    assert "secret" not in str(caught.value)


# Bodies that do harm


def test_a_file_that_states_its_size_is_refused_at_once(server: Server, got: Callable[..., Fetched]) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1" + "0" * 15)
        handler.end_headers()

    server.answers["/file"] = answer
    assert code_of(lambda: got(limit_bytes=1000)) == "too_big"


def test_a_file_without_end_is_cut_off(server: Server, got: Callable[..., Fetched]) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    server.answers["/file"] = answer
    assert code_of(lambda: got(limit_bytes=1_000_000)) == "too_big"


def test_a_small_body_that_unpacks_to_a_huge_one_is_cut_off_in_small_memory(
    server: Server, got: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(500)) + packer.flush()
    assert len(bomb) < 1_000_000
    server.gives("/file", bomb, Content_Encoding="gzip")
    pieces = []
    whole = room._unpacked

    def watched(*arguments: Any) -> Iterator[bytes]:
        for piece in whole(*arguments):
            pieces.append(len(piece))
            yield piece

    monkeypatch.setattr(room, "_unpacked", watched)
    assert code_of(lambda: got(limit_bytes=1_000_000)) == "too_big"
    assert max(pieces) <= room.CHUNK
    assert sum(pieces) <= 1_000_000 + room.CHUNK


@pytest.mark.parametrize("what", ["body", "headers"])
def test_a_server_that_drips_for_ever_is_left_at_the_deadline(
    server: Server, got: Callable[..., Fetched], what: str
) -> None:
    ended = threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if what == "body":
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        try:
            while not ended.wait(0.02):
                handler.wfile.write(b"x")
                handler.wfile.flush()
        finally:
            handler.close_connection = True

    server.answers["/file"] = answer
    assert code_of(lambda: got(timeout=0.5)) == "slow"
    ended.set()


def test_a_resolver_that_never_answers_is_left_at_the_deadline(got: Callable[..., Fetched]) -> None:
    ended = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        ended.wait(60)
        return ["127.0.0.1"]

    assert (
        code_of(lambda: got("http://slow.example/", timeout=0.2, network=Network(resolve=resolve, ports=[80])))
        == "slow"
    )
    ended.set()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "broken"),
        (b"nonsense\r\n\r\n", "broken"),
        (b"", "broken"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx", "encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip", "broken"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + HALF_PACKED,
            "broken",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "broken"),
    ],
)
def test_half_an_answer_leaves_no_file(server: Server, got: Callable[..., Fetched], raw: bytes, code: str) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(raw)
        handler.close_connection = True

    server.answers["/file"] = answer
    assert code_of(got) == code


def test_a_server_that_is_not_there_is_told(got: Callable[..., Fetched]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    network = loopback(port)
    assert code_of(lambda: got(f"http://files.example:{port}/", network=network)) == "unreachable"

    def nobody(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(-2, "secret detail")

    with pytest.raises(DataferryError) as caught:
        got("http://nobody.example/", network=Network(resolve=nobody, ports=[80]))
    assert caught.value.code == "server.web.fetch_unknown_host"
    assert "secret" not in str(caught.value)


# Certificates


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for `name`, and a client's that trusts it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(file)
    return theirs, ssl.create_default_context(cadata=made.public_bytes(serialization.Encoding.PEM).decode())


def test_the_certificate_is_checked_against_the_name_though_the_address_is_pinned(
    tmp_path: Path, server: Server
) -> None:
    theirs, trusting = certificate(tmp_path, "files.example")
    asked = []
    theirs.sni_callback = lambda _socket, name, _context: asked.append(name)
    secure = Server(theirs)
    try:
        secure.gives("/file")
        secure.gives("/down", b"", 302, Location=f"http://files.example:{server.port}/file")

        def get(host: str, path: str = "/file", **tls: Any) -> Fetched:
            network = loopback(secure.port, server.port, **tls)
            url = f"https://{host}:{secure.port}{path}"
            return fetch(url, limit_bytes=MOST, timeout=20, into=tmp_path, network=network)

        with get("files.example", tls=lambda: trusting) as fetched:
            assert fetched.bytes == len(BODY)
        assert asked == ["files.example"]
        assert code_of(lambda: get("other.example", tls=lambda: trusting)) == "tls"
        assert code_of(lambda: get("files.example")) == "tls"
        assert code_of(lambda: get("files.example", "/down", tls=lambda: trusting)) == "downgrade"
        assert server.asked == []
    finally:
        secure.close()
