"""The table of digests: names in all spellings, lengths, published values, what is missing."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from aiocli.engines.hash.algorithms import (
    ALGORITHMS,
    COMMON_SET,
    DEFAULT,
    FAMILIES,
    Form,
    LengthError,
    MissingPackage,
    find,
    of_length,
)
from aiocli.engines.hash.makers import standard

SIZED = ["blake2b-8", "blake2b-256", "blake2s-128", "blake3-512", "shake128-128", "shake256-8", "shake128-8388608"]

SPELLINGS = {
    "md5": "MD5 md-5 md5sum",
    "sha1": "SHA1 SHA-1 sha1sum",
    "sha224": "SHA2-224 sha224sum SHA-224",
    "sha256": "SHA256 SHA-256 SHA2-256 sha_256 sha256sum",
    "sha384": "SHA2-384 sha384sum",
    "sha512": "SHA2-512 sha512sum",
    "sha512-224": "sha512_224 SHA512/224 SHA-512/224 SHA2-512/224 SHA512t224",
    "sha512-256": "sha512_256 SHA512-256 SHA-512/256 SHA2-512/256 SHA512t256",
    "sha3-224": "SHA3-224 sha3_224",
    "sha3-256": "SHA3-256 sha3_256 SHA3256",
    "sha3-384": "SHA3-384",
    "sha3-512": "SHA3-512",
    "shake128": "shake_128 SHAKE-128 SHAKE128 shake128-256",
    "shake256": "shake_256 SHAKE-256 shake256-512",
    "blake2b": "BLAKE2b b2sum blake2b512 BLAKE2B-512",
    "blake2s": "BLAKE2s blake2s256 BLAKE2S-256",
    "blake3": "BLAKE3 b3sum blake3-256",
    "ripemd160": "RIPEMD-160 rmd160 ripemd RIPEMD160",
    "sm3": "SM3 sm3sum",
    "xxh32": "XXH32 xxh32sum",
    "xxh64": "XXH64 xxh64sum",
    "xxh3-64": "XXH3 xxh3_64 XXH3-64",
    "xxh3-128": "XXH128 xxh3_128 xxh128sum",
    "crc": "CRC cksum",
    "crc32b": "crc32 CRC32 CRC-32 CRC32B",
    "crc32c": "CRC32C crc-32c CRC-32/ISCSI Castagnoli",
    "crc64-nvme": "CRC-64/NVME crc64nvme CRC64NVME",
    "adler32": "ADLER32 Adler-32",
    "bsd": "sum BSD",
    "sysv": "SYSV sysv",
    "blake2b-256": "BLAKE2b-256 blake2b256",
    "shake128-512": "SHAKE128-512",
}

# Of b"123456789": the check values of the catalogue of parametrised CRC algorithms; adler32 is RFC 1950's sum.
CHECK_VALUES = {
    "crc32b": "cbf43926",
    "crc32c": "e3069283",
    "crc64-nvme": "ae8b14860a799888",
    "adler32": "091e01de",
}

# Of b"abc": FIPS 180-4 and 202, RFC 1321, 3174 and 7693, the papers of RIPEMD-160, SM3 and BLAKE3; what xxhsum and
# GNU's programs print.
ABC = {
    "md5": "900150983cd24fb0d6963f7d28e17f72",
    "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
    "sha224": "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
    "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "sha512-256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
    "sha3-256": "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
    "shake128": "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8",
    "blake2b": (
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    ),
    "blake2s": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
    "blake3": "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
    "ripemd160": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    "sm3": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    "xxh32": "32d153ff",
    "xxh64": "44bc2cf5ad770999",
    "xxh3-64": "78af5f94892f3950",
    "xxh3-128": "06b05ab6733a618578af5f94892f3950",
    "crc": "48aa78a2",
    "crc32b": "352441c2",
    "bsd": "40ac",
    "sysv": "0126",
}

FIPS_SETTINGS = """openssl_conf = settings
[settings]
alg_section = algorithms
[algorithms]
default_properties = "fips=yes"
"""


def hexdigest(name: str, data: bytes) -> str:
    hasher = find(name).new()
    hasher.update(data)
    return hasher.digest().hex()


@pytest.mark.parametrize("name", [*ALGORITHMS, *SIZED])
def test_a_name_leads_back_to_its_algorithm(name: str) -> None:
    algorithm = find(name)
    assert algorithm.name == name
    assert find(algorithm.name) == algorithm
    assert find(algorithm.tag) == algorithm
    assert hash(find(algorithm.name)) == hash(algorithm)
    assert pickle.loads(pickle.dumps(algorithm)) == algorithm


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_is_known(name: str) -> None:
    for spelling in SPELLINGS[name].split():
        assert find(spelling).name == name, spelling
        assert find(spelling.upper()) == find(spelling.lower()) == find(name)


@pytest.mark.parametrize("name", ["", "-", "nonsense", "sha", "sha2x", "blake2", "rsa-sha256", "md5 ", "xxh", "ck"])
def test_an_unknown_name_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        find(name)


@pytest.mark.parametrize(
    ("name", "bits", "found"),
    [
        ("sha2", 224, "sha224"),
        ("SHA2", 512, "sha512"),
        ("sha3", 384, "sha3-384"),
        ("sha256", 256, "sha256"),
        ("sha256", 0, "sha256"),
        ("sha256", None, "sha256"),
        ("blake2b", 0, "blake2b"),
        ("b2sum", 512, "blake2b"),
        ("blake2b", 8, "blake2b-8"),
        ("blake2b-8", 8, "blake2b-8"),
        ("blake3", 1024, "blake3-1024"),
        ("shake256", 512, "shake256"),
        ("crc", 32, "crc"),
    ],
)
def test_bits_choose_the_length(name: str, bits: int | None, found: str) -> None:
    assert find(name, bits).name == found


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("sha2", None),
        ("sha3", 0),
        ("sha2", 160),
        ("sha3", 12),
        ("sha3-128", None),
        ("sha256", 512),
        ("md5", 64),
        ("blake2b", 13),
        ("blake2b", 520),
        ("blake2b", -8),
        ("blake2b-256", 512),
        ("blake2b-0", None),
        ("blake2s", 264),
        ("blake3", 7),
        ("shake128", 8_388_616),
        ("shake128-999999999", None),
    ],
)
def test_a_length_that_there_is_not_is_an_error(name: str, bits: int | None) -> None:
    with pytest.raises(LengthError, match="length"):
        find(name, bits)


def test_longer_digests_of_extendable_functions_begin_as_the_shorter_ones() -> None:
    for name in ("shake128", "shake256", "blake3"):
        long = hexdigest(f"{name}-4096", b"abc")
        assert len(long) == 1024
        assert long.startswith(hexdigest(name, b"abc"))
        assert hexdigest(name, b"abc").startswith(hexdigest(f"{name}-8", b"abc"))
    assert hexdigest("blake2b-256", b"abc") != hexdigest("blake2b", b"abc")[:64]


@pytest.mark.parametrize("name", [*ALGORITHMS, *SIZED])
def test_digests_have_the_size_that_is_promised(name: str) -> None:
    algorithm = find(name)
    assert len(algorithm.new().digest()) == algorithm.digest_size
    assert algorithm.speed > 0
    assert (algorithm.block_size > 0) == (algorithm.form is Form.SUM)


@pytest.mark.parametrize(("name", "value"), CHECK_VALUES.items())
def test_check_values_of_the_catalogue(name: str, value: str) -> None:
    assert hexdigest(name, b"123456789") == value


@pytest.mark.parametrize(("name", "value"), ABC.items())
def test_published_values(name: str, value: str) -> None:
    assert hexdigest(name, b"abc") == value


def test_a_digest_may_be_asked_for_between_updates() -> None:
    for algorithm in ALGORITHMS.values():
        hasher = algorithm.new()
        hasher.update(b"abc")
        first = hasher.digest()
        assert hasher.digest() == first, algorithm.name
        hasher.update(b"def")
        assert hasher.digest().hex() == hexdigest(algorithm.name, b"abcdef"), algorithm.name


def test_any_kind_of_bytes_is_taken() -> None:
    for algorithm in ALGORITHMS.values():
        hasher = algorithm.new()
        for data in (b"ab", bytearray(b"cd"), memoryview(b"ef"), memoryview(bytearray(b"xghx"))[1:3], b""):
            hasher.update(data)
        assert hasher.digest().hex() == hexdigest(algorithm.name, b"abcdefgh"), algorithm.name


def test_the_sets_are_of_algorithms_that_are_there() -> None:
    assert {*COMMON_SET, DEFAULT} <= set(ALGORITHMS)
    assert {name for name, family in FAMILIES.items() if family.make is not None} <= set(ALGORITHMS)


def test_a_length_is_guessed_as_the_first_that_has_it() -> None:
    named = {digits: found.name for digits in range(200) if (found := of_length(digits))}
    assert named == {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
    assert of_length(64, ("blake3", "sha256")) == ALGORITHMS["blake3"]
    assert of_length(64, ()) is None


@pytest.mark.parametrize(
    ("package", "names"),
    [("xxhash", ("xxh32", "xxh64", "xxh3-64", "xxh3-128")), ("fastcrc", ("crc32c",)), ("anycrc", ("crc64-nvme",))],
)
def test_a_missing_package_is_named_and_how_to_get_it(
    package: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in names:
        with pytest.raises(MissingPackage) as caught:
            find(name).new()
        assert str(caught.value) == f"{name} needs the package {package}: pip install {package}"


def test_crcs_that_zlib_can_do_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(range(256)) * 1001
    fast = [hexdigest(name, data) for name in ("crc", "crc32b")]
    monkeypatch.setitem(sys.modules, "fastcrc", None)
    assert [hexdigest(name, data) for name in ("crc", "crc32b")] == fast


def test_what_openssl_does_not_have_is_said() -> None:
    with pytest.raises(MissingPackage, match=r"^nonsense needs an OpenSSL that has it; Python uses OpenSSL \d"):
        standard("nonsense")


def test_a_python_that_must_only_use_approved_algorithms_computes_all(tmp_path: Path) -> None:
    settings = tmp_path / "openssl.cnf"
    settings.write_text(FIPS_SETTINGS)
    script = (
        "import hashlib\n"
        "try: hashlib.new('ripemd160')\n"
        "except ValueError: pass\n"
        "else: print('no effect'); raise SystemExit\n"
        "from aiocli.engines.hash.algorithms import ALGORITHMS\n"
        "print(sum(len(algorithm.new().digest()) > 0 for algorithm in ALGORITHMS.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"OPENSSL_CONF": str(settings)}, capture_output=True, text=True, check=False
    )
    if done.stdout == "no effect\n":
        pytest.skip("this Python's OpenSSL takes no settings from a file")
    assert (done.stdout, done.stderr) == (f"{len(ALGORITHMS)}\n", "")


def test_only_what_is_used_is_imported() -> None:
    script = (
        "import sys\n"
        "from aiocli.engines.hash.algorithms import find\n"
        "heavy = ['hashlib', 'blake3', 'xxhash', 'fastcrc', 'anycrc', 'zlib', 'struct']\n"
        "before = [name for name in heavy if name in sys.modules]\n"
        "find('md5').new()\n"
        "print(before, [name for name in heavy if name in sys.modules and name not in before])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout in ("[] ['hashlib']\n", "['zlib'] ['hashlib']\n")
