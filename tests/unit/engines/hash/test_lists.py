"""Lists of digests in all the forms that are about."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

import pytest

from aiocli.engines.hash.algorithms import ALGORITHMS, find
from aiocli.engines.hash.lists import Line, LineForm, LineSplitter, Listed, Promise, grammar_for, line_writer
from aiocli.engines.hash.lists.guessing import MAX_MISFITS, Guess
from aiocli.engines.hash.lists.splitting import MAX_LINE_BYTES

DATA = b"content\n"
MD5, SHA1, SHA256, SHA384, SHA512 = (hashlib.new(name, DATA) for name in ("md5", "sha1", "sha256", "sha384", "sha512"))
CRC = f"{zlib.crc32(DATA):08x}"
BLAKE2B_128 = hashlib.blake2b(DATA, digest_size=16)
BLAKE2B_256 = hashlib.blake2b(DATA, digest_size=32)


def b64(hasher):
    return base64.b64encode(hasher.digest()).decode()


def read(*lines, name="list", given=()):
    """Read a list as `aio hash -c` does; return what its last line is."""
    grammar = grammar_for("hash", given)
    data = "".join(f"{line}\n" for line in lines).encode()
    grammar.begin(name, data, is_whole=True)
    last = [grammar.parse(line) for line in data.split(b"\n")[:-1]][-1]
    return last._replace(is_guessed=False) if isinstance(last, Listed) else last


def listed(name, *promises, size=None, is_one_enough=False):
    found = (Promise(algorithm, value if isinstance(value, bytes) else value.digest()) for algorithm, value in promises)
    return Listed(name, tuple(found), size, is_one_enough)


CRC_PROMISE = ("crc32b", bytes.fromhex(CRC))
POSIX_CRC = ("crc", (3495242713).to_bytes(4, "big"))
BSD_SUM = ("bsd", (21113).to_bytes(2, "big"))

FORMS = {
    "GNU": (f"{SHA256.hexdigest()}  a b", listed("a b", ("sha256", SHA256))),
    "GNU, binary": (f"{SHA256.hexdigest()} *a", listed("a", ("sha256", SHA256))),
    "GNU, one blank": (f"{SHA256.hexdigest()} a", listed("a", ("sha256", SHA256))),
    "GNU, base64": (f"{b64(SHA384)}  a", listed("a", ("sha384", SHA384))),
    "GNU, escaped": (f"\\{MD5.hexdigest()}  a\\nb", listed("a\nb", ("md5", MD5))),
    "upper case": (f"{SHA1.hexdigest().upper()}  a", listed("a", ("sha1", SHA1))),
    "BSD": (f"SHA256 (a (1) = b) = {SHA256.hexdigest()}", listed("a (1) = b", ("sha256", SHA256))),
    "BSD, base64": (f"SHA256 (a) = {b64(SHA256)}", listed("a", ("sha256", SHA256))),
    "BSD, a length": (f"BLAKE2b-128 (a) = {BLAKE2B_128.hexdigest()}", listed("a", ("blake2b-128", BLAKE2B_128))),
    "BSD, escaped": (f"\\MD5 (a\\\\b) = {MD5.hexdigest()}", listed("a\\b", ("md5", MD5))),
    "OpenSSL": (f"SHA2-256(a)= {SHA256.hexdigest()}", listed("a", ("sha256", SHA256))),
    "rhash --bsd": (f"MD5   (a) = {MD5.hexdigest()}", listed("a", ("md5", MD5))),
    "rhash --bsd, a CRC": (f"CRC32 (a) = {CRC}", listed("a", CRC_PROMISE)),
    "rhash, two": (
        f"a b  {MD5.hexdigest()}  {SHA1.hexdigest()}",
        listed("a b", ("md5", MD5), ("sha1", SHA1)),
    ),
    "rhash, a CRC and others": (
        f"a b  {CRC}  {MD5.hexdigest()}  {SHA1.hexdigest()}",
        listed("a b", CRC_PROMISE, ("md5", MD5), ("sha1", SHA1)),
    ),
    "rhash --sfv": (f"a b {MD5.hexdigest().upper()}", listed("a b", ("md5", MD5))),
    "rhash --simple": (f"{CRC}  a", listed("a", CRC_PROMISE)),
    "cksum": ("3495242713 8 a b", listed("a b", POSIX_CRC, size=8)),
    "sum": ("21113     1 a", listed("a", BSD_SUM)),
    "integrity": (f"sha384-{b64(SHA384)}  a", listed("a", ("sha384", SHA384), is_one_enough=True)),
    "integrity, the strongest": (
        f"sha256-{b64(SHA256)} sha512-{b64(SHA512)}?x  a",
        listed("a", ("sha512", SHA512), is_one_enough=True),
    ),
    "integrity, several as strong": (
        f"sha384-{'z' * 64} sha256-{b64(SHA256)} sha384-{b64(SHA384)}  a",
        listed("a", ("sha384", base64.b64decode("z" * 64)), ("sha384", SHA384), is_one_enough=True),
    ),
    "JSON": (
        json.dumps({"v": 1, "event": "file", "path": "a\nb", "size": 8, "digests": {"sha256": SHA256.hexdigest()}}),
        listed("a\nb", ("sha256", SHA256), size=8),
    ),
    "JSON, bytes in the name": (
        json.dumps(
            {"path": "a?", "path_b64": "Yf8=", "digests": {"md5": MD5.hexdigest(), "tiger": "00"}, "event": "file"}
        ),
        listed("a\udcff", ("md5", MD5)),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_are_read(form):
    line, expected = FORMS[form]
    assert read("# more than one line", line, line) == expected
    assert read(f"{line}\r", f"{line}\r") == expected


def test_forms_may_be_mixed():
    lines = [line for line, _ in FORMS.values() if "one blank" not in line]
    for line, expected in FORMS.values():
        assert line.startswith(f"{SHA256.hexdigest()} a") or read(*lines, line) == expected


HASHDEEP = ("%%%% HASHDEEP-1.0", "%%%% size,md5,tiger,sha256,filename", "## Invoked from: /")


def test_hashdeep_is_read_by_its_header():
    line = f"8,{MD5.hexdigest()},0,{SHA256.hexdigest()},/a,b"
    assert read(*HASHDEEP, line) == listed("/a,b", ("md5", MD5), ("sha256", SHA256), size=8)
    assert read(line, line) is Line.IMPROPER
    assert read(*HASHDEEP, line.replace(MD5.hexdigest(), "00")) is Line.IMPROPER
    assert read(*HASHDEEP, "8,x") is Line.IMPROPER
    assert read("%%%% size,tiger,filename", "8,0,a") is Line.IMPROPER


def test_sfv_is_read_where_it_can_be_nothing_else():
    line = f"a b {CRC.upper()}"
    assert read("; Generated by RHash", line) == listed("a b", CRC_PROMISE)
    assert read(line, line, name="x.sfv") == listed("a b", CRC_PROMISE)
    assert read(line, line, given=("crc32b",)) == listed("a b", CRC_PROMISE)
    assert read(line, line) is Line.IMPROPER


def test_sfv_may_have_several_digests_the_shorter_ones_first():
    several = f"{CRC} {MD5.hexdigest()} {SHA256.hexdigest()}"
    expected = listed("a b", CRC_PROMISE, ("md5", MD5), ("sha256", SHA256))
    assert read("; Generated by RHash", f"a b {several}") == expected
    assert read("; Generated by RHash", f"a {MD5.hexdigest()} {CRC}") == listed(f"a {MD5.hexdigest()}", CRC_PROMISE)


@pytest.mark.parametrize("line", ["", " \t", "# comment", "; comment", '{"v": 1, "event": "summary"}', "\r"])
def test_comments_and_what_is_made_for_others_is_passed_over(line):
    assert read(line) is Line.PASSED


@pytest.mark.parametrize(
    "line",
    [
        "word",
        "some words",
        "0",
        f"{SHA256.hexdigest()}0  a",
        f"{'0' * 30}  a",
        f"SHA256 (a) = {MD5.hexdigest()}",
        f"TIGER (a) = {MD5.hexdigest()}",
        f"SHA256 () = {SHA256.hexdigest()}",
        f"SHA256 (a) = {SHA256.hexdigest()[:-1]}",
        f"\\{MD5.hexdigest()}  a\\q",
        "{",
        "{}",
        '{"event": "file", "path": 1, "digests": {}}',
        '{"event": "file", "path": "a", "digests": {"md5": "0"}}',
        json.dumps({"event": "file", "path": "a", "digests": {"md5": MD5.hexdigest()}, "has_changed": True}),
        json.dumps({"event": "file", "path": "\ud800", "digests": {"md5": MD5.hexdigest()}}),
        json.dumps({"event": "file", "path": "a\0", "digests": {"md5": MD5.hexdigest()}}),
        "[" * 100_000,
        '{"a":' * 100_000,
        "99999999999 1 a",
        "4294967296 8 a",
        "sha256-AAAA  a",
        f"magnet:?xl=8&dn=a&xt=urn:md5:{MD5.hexdigest()}",
    ],
)
def test_other_lines_are_improper(line):
    assert read(line, line) is Line.IMPROPER


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("list", "sha256"),
        ("SHA256SUMS", "sha256"),
        ("B3SUMS", "blake3"),
        ("b2sums.txt", "blake2b-256"),
        ("x.iso.blake3", "blake3"),
        ("x.b3", "blake3"),
        ("sums-sha3-256.txt", "sha3-256"),
        ("sha3_256sum", "sha3-256"),
        ("x.sha3", "sha3-256"),
        ("x-1.0-b3.txt", "sha256"),
        ("x.sha512", "sha256"),
        ("checksums.txt", "sha256"),
        ("folder.blake3/list", "sha256"),
        ("sm3.txt", "sm3"),
    ],
)
def test_the_name_of_a_list_tells_its_algorithm(name, algorithm):
    line = f"{SHA256.hexdigest()}  a"
    assert read(line, line, name=name) == listed("a", (algorithm, SHA256))


def test_only_what_is_given_is_accepted():
    line = f"{BLAKE2B_256.hexdigest()}  a"
    assert read(line, line, given=("blake3",)) == listed("a", ("blake3", BLAKE2B_256))
    assert read(line, line, given=("md5", "blake2b")) == listed("a", ("blake2b-256", BLAKE2B_256))
    assert read(line, line, given=("sha512",)) is Line.IMPROPER
    tagged = f"SHA256 (a) = {SHA256.hexdigest()}"
    assert read(tagged, tagged, given=("sha1",)) is Line.IMPROPER
    assert read("773 1 a", "773 1 a", given=("sysv",)) == listed("a", ("sysv", (773).to_bytes(2, "big")))
    assert read("773 1 a", "773 1 a", given=("md5",)) is Line.IMPROPER
    assert grammar_for("hash", ("sha1",)).tag == "SHA1"
    assert grammar_for("hash").tag == ""


@pytest.mark.parametrize(
    ("name", "digest", "expected"),
    [
        ("folder/a.sha256", SHA256.hexdigest(), listed("folder/a", ("sha256", SHA256))),
        ("a.tar.md5", f"  {MD5.hexdigest()} ", listed("a.tar", ("md5", MD5))),
        ("a.blake2b", BLAKE2B_256.hexdigest(), listed("a", ("blake2b-256", BLAKE2B_256))),
        ("a.b64", b64(SHA512), listed("a", ("sha512", SHA512))),
        ("a.sri", f"sha384-{b64(SHA384)}", listed("a", ("sha384", SHA384), is_one_enough=True)),
        ("a.sfv", CRC, listed("a", CRC_PROMISE)),
        ("sums", SHA256.hexdigest(), Line.IMPROPER),
        ("-", SHA256.hexdigest(), Line.IMPROPER),
    ],
)
def test_a_digest_alone_is_of_the_file_beside_it(name, digest, expected):
    assert read(digest, name=name) == expected
    assert read("# comment", "", digest, name=name) == expected
    assert read(f"\N{ZERO WIDTH NO-BREAK SPACE}{digest}", name=name) == expected
    assert read(digest, digest, name=name) is Line.IMPROPER


def test_blanks_mean_what_the_first_line_says():
    digest = MD5.hexdigest()
    assert read(f"{digest}  a", f"{digest} a") is Line.IMPROPER
    assert read(f"{digest} a", f"{digest}  a") == listed(" a", ("md5", MD5))


def test_size_and_all_digests_must_be_right():
    entry = listed("a", ("md5", MD5), ("sha1", SHA1), size=8)
    values = {"md5": MD5.digest(), "sha1": SHA1.digest()}
    assert entry.is_kept(values, 8)
    assert not entry.is_kept(values, 9)
    assert not entry.is_kept({**values, "sha1": bytes(20)}, 8)
    assert not listed("a", ("md5", b"")).is_kept(values, 8)


WRITERS = [
    *(("md5sum", name, "") for name in ("md5",)),
    *(("sha256sum", name, "") for name in ("sha256",)),
    *(("b2sum", name, "") for name in ("blake2b", "blake2b-8", "blake2b-256")),
    *(("cksum", name, name) for name in ("md5", "sha1", "sm3", "sha512")),
    *(("cksum", name, "sha2") for name in ("sha224", "sha256", "sha384")),
    *(("cksum", name, "sha3") for name in ("sha3-256", "sha3-512")),
    *(("cksum", name, "blake2b") for name in ("blake2b", "blake2b-8", "blake2b-256")),
    *(("hash", name, "") for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32b")),
]


def writings():
    """Yield programs, algorithms, and forms of lines that both write and read."""
    for program, algorithm, family in WRITERS:
        for is_tagged in (False, True):
            if is_tagged or find(algorithm).digest_size >= 16 or program != "hash":  # crc32b in decimal: see below
                yield program, algorithm, family, is_tagged, False
                if program in ("cksum", "hash") and find(algorithm).digest_size >= 16:
                    yield program, algorithm, family, is_tagged, True


@pytest.mark.parametrize(("program", "algorithm", "family", "is_tagged", "is_base64"), [*writings()])
def test_what_is_written_is_read(program, algorithm, family, is_tagged, is_base64):
    found = find(algorithm)
    value = hashlib.shake_128(DATA).digest(found.digest_size)
    grammar = grammar_for(program, (algorithm,) if program != "cksum" else (), family)
    for name in ("a", " a", "a\nb\\", "*", ") = (", "é\udcff"):
        write = line_writer(LineForm(algorithm, is_tagged=is_tagged, is_base64=is_base64))
        line = write(value, name, 0).encode(errors="surrogateescape")
        is_guessed = program == "hash" and not is_tagged
        assert grammar.parse(line[:-1]) == listed(name, (algorithm, value))._replace(is_guessed=is_guessed)


def test_numbers_are_written_and_read():
    for name, value, line in (
        ("crc", 3495242713, "3495242713 8 a\n"),
        ("crc32b", 7, "7 8 a\n"),
        ("bsd", 120, "00120     1 a\n"),
        ("sysv", 120, "120 1 a\n"),
    ):
        data = value.to_bytes(ALGORITHMS[name].digest_size, "big")
        assert line_writer(LineForm(name))(data, "a", 8) == line
        found = read(line[:-1], given=(name,))
        assert isinstance(found, Listed)
        assert found.promises == ((name, data),)


def test_lines_without_a_name_are_the_digest_alone():
    md5, crc = (line_writer(LineForm(name, is_binary=True, has_name=False)) for name in ("md5", "crc"))
    assert md5(MD5.digest(), "a", 5) == f"{MD5.hexdigest()}\n"
    assert crc(bytes(4), "a", 5) == "0 5\n"


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_lines_are_cut_wherever_blocks_end(step):
    data = b"one\n\ntwo\r\nthree"
    splitter = LineSplitter()
    pieces = [piece for at in range(0, len(data), step) for piece in splitter.feed(data[at : at + step])]
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert b"".join(pieces) == b"one\n\ntwo\r\n"
    assert [*splitter.finish()] == [b"three"]
    assert [*splitter.finish()] == []


def test_lines_without_an_end_take_no_memory():
    splitter = LineSplitter()
    block = b"a" * 100_000
    for _ in range(2 * MAX_LINE_BYTES // len(block)):
        assert [*splitter.feed(block)] == []
        assert sum(map(len, splitter._pieces)) <= MAX_LINE_BYTES
    lines = [*splitter.feed(b"\n#" + block), *splitter.feed(block * 11), *splitter.feed(b"\nb\n")]
    assert [grammar_for("md5sum", ("md5",)).parse(line.removesuffix(b"\n")) for line in lines] == [
        Line.IMPROPER,
        Line.PASSED,
        Line.IMPROPER,
    ]


def test_other_algorithms_are_thought_of_until_files_tell_or_fit_none():
    promise = Promise("sha256", SHA256.digest())
    guess = Guess()
    assert guess.of_value(promise.value) == "sha256"
    assert {"blake3", "blake2b-256", "sha3-256"} <= {*guess.others_of(promise)}
    guess.settle(promise._replace(algorithm="blake3"))
    assert (guess.of_value(promise.value), guess.others_of(promise)) == ("blake3", ("blake3",))
    guess = Guess()
    guess.of_value(promise.value)
    for _ in range(MAX_MISFITS):
        assert guess.others_of(promise)
        guess.miss(promise)
    assert guess.others_of(promise) == ()


@pytest.mark.parametrize("made", [Guess(["sha256"]), Guess([], "SHA256SUMS")])
def test_an_algorithm_that_is_told_is_the_only_one(made):
    promise = Promise("sha256", SHA256.digest())
    assert made.of_value(promise.value) == "sha256"
    assert made.others_of(promise) == ()


MANY = MAX_LINE_BYTES // 16


@pytest.mark.parametrize(
    "line",
    [
        b"A (" + b")=x" * MANY + b" y",
        b"MD5 (" + b") = " * MANY,
        b"MD5" + b" " * MAX_LINE_BYTES + b"(",
        b"a" + b" \t" * MANY + b"x",
        b"n " + b"00000000  " * MANY,
        b"n " + b"00000000 " * MANY + b"!",
        b"sha256-AAAA " * MANY,
        b"sha256-A?" * MANY + b"\0",
        b'{"v":1,"digests":' + b"[" * MANY,
        b"1 " + b" " * MAX_LINE_BYTES + b"1 x",
        b"%%%% " + b"size," * MANY,
        b"a.b_c-d/" * MANY + b")",
        b"\\MD5 (" + b"\\n" * MANY + b") = " + b"0" * 32,
    ],
    ids=lambda line: repr(line[:20]),
)
@pytest.mark.parametrize("program", ["hash", "md5sum", "cksum"])
def test_no_line_of_a_stranger_takes_for_ever(program, line):
    """What grows with the square of the length would take hours for these."""
    grammar = grammar_for(program, () if program == "hash" else ("md5",))
    grammar.begin("list", line, is_whole=False)
    grammar.parse(line)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"MD5 (a)b) = {MD5.hexdigest()}", "a)b"),
        (f"MD5(a)= {MD5.hexdigest()}", "a"),
        (f"MD5 ()) = {MD5.hexdigest()}", ")"),
        (f" \tMD5\t(a (b)\t=\t{MD5.hexdigest()} \t", "a (b"),
        (f"MD5 (a) = b) = {MD5.hexdigest()}", "a) = b"),
    ],
)
def test_the_last_bracket_ends_the_name(line, name):
    assert read(line) == listed(name, ("md5", MD5))


@pytest.mark.parametrize("line", ["MD5 (a", "MD5 (a) =", "MD5 (a) = b c", "MD5 a) = 00", "(a) = 00", ") = ("])
def test_tags_that_are_none_are_improper(line):
    assert read(line) is Line.IMPROPER
