"""Lists of digests that GNU's programs check, and how: all that is odd; tests/gnu/test_hash.py has the rest."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest

from tests.support.checksums import CONTENT
from tests.support.gnu import compare_script

MD5, SHA256, SHA384, SHA512 = (hashlib.new(name, CONTENT).hexdigest() for name in ("md5", "sha256", "sha384", "sha512"))
SHA3_256, SHA3_512 = (hashlib.new(name, CONTENT).hexdigest() for name in ("sha3_256", "sha3_512"))
BLAKE2B, BLAKE2B_128, BLAKE2B_8 = (hashlib.blake2b(CONTENT, digest_size=size).hexdigest() for size in (64, 16, 1))


def b64(hexdigest: str) -> str:
    return base64.b64encode(bytes.fromhex(hexdigest)).decode()


NOT_QUITE = b64(MD5)[:-3] + "R=="
"""Base64 whose last character says more than there is: the same bytes, and another text."""

FAMILIES = {
    "md5": (MD5,),
    "sha1": (hashlib.sha1(CONTENT).hexdigest(),),
    "sha2": (SHA256, SHA384, SHA512, hashlib.sha224(CONTENT).hexdigest()),
    "sha256": (SHA256, SHA512),
    "sha3": (SHA3_256, SHA3_512),
    "blake2b": (BLAKE2B, BLAKE2B_128, BLAKE2B_8),
    "sm3": ("0" * 64,),
}
ALL_DIGESTS = sorted({digest for digests in FAMILIES.values() for digest in digests})
UNTAGGED = [
    *(f"{text}  a" for digest in ALL_DIGESTS for text in (digest, b64(digest), digest.upper(), digest[:-2])),
    *("00 a", "0  a", "000  a", "00==  a", "0000  a", "zzzz  a", "zz==  a", "000=  a", "zzz=  a", "z0==  a", "00a"),
    *("0" * 64 + "  a", "z" * 64 + "  a", "0" * 56 + "zzzzzzzz  a", "0" * 58 + "zzzzzz  a", "0" * 65 + "  a"),
    *(f"{NOT_QUITE}  a", f"{b64(MD5)[:-2]}  a", f"MD5{'z' * 19}==  a", f"{BLAKE2B}00  a", "3495242713 8 a"),
]
TAGGED = [
    *(f"MD5{form}{MD5}" for form in (" (a) = ", "(a)= ", " (a)=", "  (a) = ", "\t(a) = ", " (a)\t=\t", " (a) x= ")),
    *(f"MD5 {form} = {MD5}" for form in ("(a) b)", "(a))", "()", "(a", "a)", "( a )", "(a)  ")),
    *(f"MD5 (a) = {text}" for text in (b64(MD5), NOT_QUITE, b64(MD5)[:-2], MD5 + " ", MD5 + "0", MD5[:-1], "")),
    *(f"MD5-{bits} (a) = {MD5}" for bits in ("128", "+128", " 128", "0x80", "0200", "0b10000000")),
    *(f"MD5-{bits} (a) = {MD5}" for bits in ("-128", "0", "", "9" * 30)),
    *(f"MD5-{bits} (a) = {MD5[: bits // 4]}" for bits in (8, 64, 120, 256)),
    *(f"{tag} (a) = {SHA256}" for tag in ("SHA256", "SHA2-256", "SHA256-256", "SHA2", "SHA2-512", "SHA-256", "sha256")),
    *(f"{tag} (a) = {SHA512}" for tag in ("SHA512", "SHA2", "SHA2-512", "SHA2-0x200", "SHA512-520", "SHA512512")),
    *(f"{tag} (a) = {SHA3_256}" for tag in ("SHA3-256", "SHA3", "SHA3-224", "SHA3-256-", "SHA3256")),
    *(f"BLAKE2b{rest} (a) = {BLAKE2B}" for rest in ("", "-512", "-0", "-520", "512", "p")),
    *(f"BLAKE2b-{bits} (a) = {BLAKE2B_128}" for bits in ("128", "0128", "0200", "7", "127", "")),
    *(f"BLAKE2b-16 (a) = {text}" for text in ("0000", "000=", "00==", "0=00")),
    *(f"{tag} (a) = 3495242713" for tag in ("CRC", "crc", "CRC32B", "BSD", "SYSV", "CRC-32")),
    *("MD5", "MD5 (", "MD5-", "SHA", "SHA2-", "BLAKE2b", "\\MD5 (back\\\\slash) = " + MD5, f"\\ MD5 (a) = {MD5}"),
]  # fmt: skip
STICKY = [
    *("MD5-64 (x", f"MD5-64 (a) = {MD5[:16]}", f"{MD5}  a", f"{MD5[:16]}  a", "MD5-7", f"{MD5[:16]}  a", "MD5x"),
    *(f"{MD5}  a", "MD5-32 x", f"{MD5[:8]}  a", f"SHA256-64 (a) = {SHA256[:16]}", f"{SHA256}  a", f"{SHA512}  a"),
    *(f"SHA256 (a) = {SHA256}", f"{SHA256}  a", "SHA256-", f"{b64(SHA256)}  a", f"SHA512 (a) = {SHA512}"),
    *("x", f"SHA3-256 (a) = {SHA3_256}", "x", "BLAKE2b-7 (a) = 00", "x", f"{BLAKE2B_8} a", f"{BLAKE2B_8}  a"),
]  # fmt: skip


def as_list(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize("family", ["", *FAMILIES])
@pytest.mark.parametrize(
    "lines", [UNTAGGED, TAGGED, STICKY, [*STICKY, *STICKY]], ids=["untagged", "tagged", "sticky", "twice"]
)
def test_cksum_takes_the_lines_that_gnus_takes(checksums, lines, family):
    algorithm = ["-a", family] if family else []
    checksums.same("cksum", *algorithm, "-cw", stdin=as_list(lines))


@pytest.mark.parametrize("tool", ["md5sum", "sha256sum", "sha384sum", "b2sum"])
@pytest.mark.parametrize("lines", [UNTAGGED, TAGGED], ids=["untagged", "tagged"])
def test_others_take_the_lines_that_gnus_take(checksums, tool, lines):
    checksums.same(tool, "-cw", stdin=as_list(lines))
    if tool == "b2sum":
        checksums.same(tool, "-l128", "-cw", stdin=as_list(lines))


@pytest.mark.parametrize(
    "family", [["-a", "sha2", "-l", "256"], ["-a", "sha3", "-l", "224"], ["-a", "blake2b", "-l128"]]
)
def test_a_length_changes_no_check(checksums, family):
    checksums.same("cksum", *family, "-cw", stdin=as_list([*UNTAGGED, *TAGGED]))


@pytest.mark.parametrize("word", ["bsd", "sysv", "crc", "crc32b"])
def test_sums_are_not_checked(checksums, word):
    checksums.same("cksum", "-a", word, "-c", stdin=b"3495242713 8 a\n")


NULS = [
    *(f"{MD5}  a\0b", f"{MD5} \0 a", f"{MD5}\0  a", f"{MD5}\0a", f"{MD5}\0", f"{MD5}\0\0", f"\0{MD5}  a"),
    *(f"MD5 (a\0b) = {MD5}", f"MD5 (a)\0 = {MD5}", f"MD5 (a) = {MD5}\0", f"MD5 (a) =\0{MD5}", f"\\MD5 (a\0) = {MD5}"),
    *(f"\\{MD5}  a\0b", f"\\{MD5}  a\\\0", f"\\{MD5}  \0", "#\0", ")\0", f"{b64(MD5)}\0a", f"{b64(MD5)}\0"),
    f"{MD5[:-1]}\0  a",
]  # fmt: skip
ENDS = [
    *(f"{MD5}  a\r", f"{MD5}  a\r\r", "\r", "\r\r", " ", " #", "\t#", "#", f" {MD5}  a"),
    *(f"\t \\{MD5}  a", f"\\ {MD5}  a"),
    *(MD5, f"{MD5} ", f"{MD5}  ", f"{MD5} *", f"\\{MD5} ", f"\\{MD5}  ", f"{b64(MD5)} ", f"{MD5}\t a", f"{MD5} \ta"),
    *(f"\\{MD5}  new\\nline", f"\\{MD5}  cr\\rhere", f"\\{MD5}  a\\", f"\\{MD5}  a\\q", f"{MD5}  back\\slash"),
]  # fmt: skip


@pytest.mark.parametrize("words", [["md5sum"], ["cksum", "-a", "md5"], ["cksum"], ["b2sum"]])
@pytest.mark.parametrize("lines", [NULS, ENDS], ids=["NULs", "ends"])
def test_odd_bytes_are_met_as_gnu_does(checksums, words, lines):
    for line in lines:
        checksums.same(*words, "-cw", stdin=as_list([line]))
    checksums.same(*words, "-cw", stdin=as_list(lines)[:-1])


@pytest.mark.parametrize("lines", [[f"{MD5} a", f"{MD5}  a"], [f"{MD5}  a", f"{MD5} a"], [f"{MD5}\t a", f"{MD5} *a"]])
def test_what_blanks_mean_is_kept_from_list_to_list(checksums, lines):
    names = []
    for number, line in enumerate(lines):
        names.append(f"list{number}")
        (checksums.folder / names[-1]).write_bytes(as_list([line]))
    checksums.same("md5sum", "-cw", *names, *names)


def test_the_algorithm_of_messages_is_kept_from_list_to_list(checksums):
    (checksums.folder / "list0").write_bytes(as_list(["x", f"MD5 (a) = {MD5}", "x"]))
    (checksums.folder / "list1").write_bytes(as_list(["x", f"SHA256 (a) = {SHA256}", "x"]))
    checksums.same("cksum", "-cw", "list0", "list1", "list0")


WRONG = ["x", f"{MD5}  a", f"{'0' * 32}  a", f"{MD5}  missing", f"{MD5}  folder"]
OPTIONS = ["", "-w", "--quiet", "--status", "--strict", "--ignore-missing", "--ignore-missing --strict", "--status -w"]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("program", [["md5sum"], ["cksum", "-a", "md5"]])
def test_counts_and_statuses_are_gnus(checksums, program, options):
    for wrong in (0, 1, 2):
        for kind in range(len(WRONG)):
            lines = [line for number, line in enumerate(WRONG) for _ in range(wrong if number == kind else 1)]
            checksums.same(*program, "-c", *options.split(), stdin=as_list(lines))
    for line in (*WRONG, "#"):
        checksums.same(*program, "-c", *options.split(), stdin=as_list([line]))


def test_lists_that_cannot_be_read_are_told_as_gnu_does(checksums):
    (checksums.folder / "list0").write_bytes(as_list([f"{MD5}  a"]))
    for names in (["folder"], ["missing"], ["/dev/null"], ["missing", "list0", "folder"], ["list0", "-", "-"], []):
        checksums.same("md5sum", "-c", *names, stdin=as_list([f"{MD5}  a", f"{MD5}  -"]))


@pytest.mark.parametrize("lines", [[f"{MD5}  -"], [f"{MD5}  -", f"MD5 (-) = {MD5}"], [f"\\{MD5}  -", f"{MD5}  ./-"]])
def test_standard_input_may_be_listed_but_not_in_itself(checksums, lines):
    (checksums.folder / "list0").write_bytes(as_list(lines))
    checksums.same("md5sum", "-cw", "list0", stdin=CONTENT)
    checksums.same("md5sum", "-cw", "-", stdin=as_list(lines))
    checksums.same("md5sum", "-cw", "/dev/stdin", stdin=as_list(lines))


@pytest.mark.parametrize(
    "script",
    [
        "md5sum -c <&-",
        "md5sum -c - <&-",
        "md5sum -c list <&-",
        "md5sum -c stdin <&-",
        "md5sum -c stdin stdin <&-",
        "md5sum -c list stdin >/dev/full",
        "md5sum -c list stdin 2>/dev/full",
        "md5sum -c list - <fifo & echo >fifo; wait",
    ],
)
def test_redirections_are_met_as_gnu_does(aio, script):
    def prepare(folder):
        (folder / "a").write_bytes(CONTENT)
        (folder / "folder").mkdir()
        os.mkfifo(folder / "fifo")
        (folder / "list").write_bytes(as_list([f"{MD5}  a", "x"]))
        (folder / "stdin").write_bytes(as_list([f"{MD5}  -"]))

    compare_script(aio, "md5sum", script, prepare=prepare, since=(9, 10))
