"""Links md5sum, sha1sum, ... b2sum to `aio` and GNU's programs of these names, on the same command lines."""

from __future__ import annotations

import hashlib

import pytest

from tests.support.gnu import compare, compare_script

TOOLS = {
    "md5sum": hashlib.md5,
    "sha1sum": hashlib.sha1,
    "sha224sum": hashlib.sha224,
    "sha256sum": hashlib.sha256,
    "sha384sum": hashlib.sha384,
    "sha512sum": hashlib.sha512,
    "b2sum": hashlib.blake2b,
}
CONTENT = b"content\n"
GOOD = hashlib.md5(CONTENT).hexdigest()
BAD = "0" * 32
SHA = hashlib.sha256(CONTENT).hexdigest()


def prepare(folder):
    for name in ("a", "b", "sp ace", "-dash", "new\nline", "back\\slash", "cr\rhere", "*star", " lead"):
        (folder / name).write_bytes(CONTENT)
    (folder / "empty").touch()
    (folder / "large").write_bytes(bytes(range(256)) * 5000)
    (folder / "folder").mkdir()


def hash_like(aio, tool, *args, **options):
    return compare(aio, tool, *args, as_link=True, **options)


@pytest.mark.parametrize("tool", TOOLS)
def test_digests_are_gnus(aio, tool):
    outcome = hash_like(aio, tool, "a", "empty", "large", "missing", "folder", "-", "a", prepare=prepare, stdin=b"x")
    assert outcome.stdout.startswith(TOOLS[tool](CONTENT).hexdigest().encode())
    hash_like(aio, tool, stdin=b"standard input")


@pytest.mark.parametrize("tool", TOOLS)
def test_own_lines_check(aio, tool):
    script = f"{tool} a empty large 'sp ace' - <b >list; {tool} --tag b large >>list; cat list; {tool} -c list"
    compare_script(aio, tool, script, prepare=prepare)


def test_own_lines_of_escaped_names_check(aio):
    script = "md5sum 'new\nline' 'back\\slash' >list; md5sum --tag 'cr\rhere' a >>list; cat list; md5sum -c list"
    compare_script(aio, "md5sum", script, prepare=prepare, since=(9, 10))


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool != "b2sum"])  # which takes shorter digests too
def test_lines_of_other_algorithms_are_told_as_gnu_does(aio, tool):
    lines = [f"{new(CONTENT).hexdigest()}  a" for new in TOOLS.values()]
    lines += [f"{tag} (a) = {SHA}" for tag in ("SHA256", "sha256", "SHA-256", "BLAKE2b-256", "MD5", "SHA3-256")]
    lines += [f"BLAKE2b (a) = {hashlib.blake2b(CONTENT).hexdigest()}"]
    hash_like(aio, tool, "-cw", stdin="\n".join(lines).encode() + b"\n", prepare=prepare)


@pytest.mark.parametrize(
    "options",
    ["", "-b", "-t", "-bt", "-tb", "--tag", "-z", "-bz", "--tag -z", "-b --tag", "--tag -b", "-zt"],
)
def test_lines_are_written_as_gnu_does(aio, options):
    names = ["a", "new\nline", "back\\slash", "cr\rhere", "*star", "sp ace", " lead", "-"]
    hash_like(aio, "md5sum", *options.split(), *names, prepare=prepare, stdin=b"in")
    hash_like(aio, "md5sum", *options.split(), "--", "-dash", prepare=lambda _: None)


@pytest.mark.parametrize(
    "line",
    [
        "-t --tag a",
        "--tag -t a",
        "-c --tag a",
        "-c -z a",
        "-cb list",
        "-ct list",
        "--ignore-missing a",
        "--status a",
        "--warn a",
        "-w a",
        "--quiet a",
        "--strict a",
        "--status --quiet --warn a",
        "--nope",
        "-y",
        "--st",
        "--s",
        "--t",
        "--t a",
        "--check=1",
        "--ta a",
        "--zero --check",
        "-l",
        "--length",
        "a -b b",
    ],
)
def test_options_that_contradict_each_other_are_told_as_gnu_does(aio, line):
    def prepare_list(folder):
        prepare(folder)
        (folder / "list").write_text(f"{GOOD} *a\n")

    since = (9, 10) if line == "-t --tag a" else (0, 0)
    hash_like(aio, "md5sum", *line.split(), prepare=prepare_list, since=since)


LISTS = {
    "good": f"{GOOD}  a\n",
    "several good": f"{GOOD}  a\n{GOOD}  b\n",
    "binary": f"{GOOD} *a\n",
    "one blank": f"{GOOD} a\n",
    "tab": f"{GOOD}\ta\n",
    "three blanks": f"{GOOD}   lead\n",
    "tagged": f"MD5 (a) = {GOOD}\n",
    "tagged tightly": f"MD5(a)= {GOOD}\n",
    "tagged loosely": f"MD5  (a) = {GOOD}\n",
    "tagged with brackets": f"MD5 (a) b) = {GOOD}\n",
    "tagged in lower case": f"md5 (a) = {GOOD}\n",
    "upper case": f"{GOOD.upper()}  a\n",
    "leading blanks": f"  \t{GOOD}  a\n",
    "carriage returns": f"{GOOD}  a\r\n{GOOD}  b\r\n",
    "no newline at the end": f"{GOOD}  a",
    "comments": f"# comment\n#{GOOD}  b\n{GOOD}  a\n",
    "blank lines": f"\n\n{GOOD}  a\n\n",
    "one bad": f"{BAD}  a\n",
    "one of two bad": f"{BAD}  a\n{GOOD}  b\n",
    "two bad": f"{BAD}  a\n{BAD}  b\n",
    "one missing": f"{GOOD}  missing\n",
    "one of two missing": f"{GOOD}  missing\n{GOOD}  a\n",
    "two missing": f"{GOOD}  missing\n{GOOD}  missing 2\n",
    "one improper": f"{GOOD}  a\nimproper\n",
    "two improper": f"{GOOD}  a\nimproper\n{GOOD[:-1]}  b\n",
    "nothing proper": "improper\nimproper, too\n",
    "nothing": "",
    "only comments": "# nothing\n",
    "everything": f"{GOOD}  a\n{BAD}  b\n{BAD}  empty\nx\ny\n{GOOD}  missing\n{GOOD}  gone\n{GOOD}  folder\n",
    "a directory": f"{GOOD}  folder\n",
    "escaped": f"\\{GOOD}  new\\nline\n\\{GOOD}  back\\\\slash\n\\{GOOD}  cr\\rhere\n",
    "escaped and bad": f"\\{BAD}  new\\nline\n\\{BAD}  back\\\\slash\n",
    "escaped and missing": f"\\{GOOD}  no\\nline\n\\{GOOD}  no\\\\slash\n",
    "escaped and tagged": f"\\MD5 (new\\nline) = {GOOD}\n",
    "escaped wrongly": f"\\{GOOD}  ta\\tb\n\\{GOOD}  end\\\n{GOOD}  a\n",
    "backslash unescaped": f"{GOOD}  back\\slash\n",
    "too long": f"{GOOD}00  a\n",
    "not hexadecimal": f"{'g' * 32}  a\n",
    "no name": f"{GOOD}  \n{GOOD} \n{GOOD}\n",
    "standard input in itself": f"{GOOD}  -\n{GOOD}  a\n",
    "NUL bytes": f"{GOOD}  a\0b\n",
    "names that want quotes": f"{GOOD}  mis sing\n{GOOD}  co:lon\n{GOOD}  it's\n{GOOD}  \x1b[31m\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_checked_as_gnu_does(aio, name):
    def prepare_list(folder):
        prepare(folder)
        (folder / "list").write_text(LISTS[name])

    # Older ones escape no name when they check.
    since = (9, 10) if "escaped" in name else (0, 0)
    hash_like(aio, "md5sum", "-cw", "list", prepare=prepare_list, since=since)


@pytest.mark.parametrize("name", ["everything", "nothing proper", "standard input in itself"])
def test_lists_from_standard_input_are_checked_as_gnu_does(aio, name):
    hash_like(aio, "md5sum", "--check", "-", stdin=LISTS[name].encode(), prepare=prepare)


@pytest.mark.parametrize(
    "options",
    [
        "--quiet",
        "--status",
        "--strict",
        "--ignore-missing",
        "--status --ignore-missing",
        "--quiet --strict",
        "--status --warn",
        "--warn --status",
        "--warn --quiet",
        "--quiet --warn",
        "--status --strict",
        "--ignore-missing --quiet",
        "--status --quiet",
    ],
)
def test_options_of_checking_are_gnus(aio, options):
    def prepare_lists(folder):
        prepare(folder)
        for name, text in LISTS.items():
            (folder / f"{name} list").write_text(text)

    names = ["everything", "one missing", "good", "one improper", "nothing proper", "two missing"]
    hash_like(aio, "md5sum", "-c", *options.split(), *(f"{name} list" for name in names), prepare=prepare_lists)


def test_several_lists_are_checked_each_with_its_counts(aio):
    def prepare_lists(folder):
        prepare(folder)
        for name, text in LISTS.items():
            (folder / f"{name} list").write_text(text)

    lists = [f"{name} list" for name in ("everything", "good", "nothing", "two bad", "one improper")]
    hash_like(aio, "md5sum", "-c", *lists, "no list", "folder", prepare=prepare_lists)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_are_quoted_as_gnu_does(aio, locale):
    names = [b"caf\xe9", "café".encode(), b"\x1b[31m", b"new\nline", b"it's", b"co:lon", b"sp ace"]
    hash_like(aio, "md5sum", *names, env={"LC_ALL": locale}, since=(9, 10))
    listed = b"".join(GOOD.encode() + b"  " + name + b"\n" for name in names if b"\n" not in name)
    hash_like(aio, "md5sum", "-c", stdin=listed, env={"LC_ALL": locale}, since=(9, 10))


@pytest.mark.parametrize(
    "script",
    [
        "md5sum a >/dev/full",
        "md5sum a >&-",
        "md5sum - <&-",
        "md5sum a - b <&-",
        "(read line; md5sum) <list",
        "md5sum -c list >/dev/full",
        "md5sum -c list >&-",
        "md5sum -c missing list",
        "md5sum /dev/null /proc/version",
        "md5sum a missing 2> /dev/full",
        "cat list | md5sum -c",
    ],
)
def test_redirections_are_met_as_gnu_does(aio, script):
    def prepare_list(folder):
        prepare(folder)
        (folder / "list").write_text(f"{GOOD}  a\n{BAD}  b\n")

    # Older ones fail at the end only, without the reason.
    since = (9, 10) if ">/dev/full" in script or "list >&-" in script else (0, 0)
    compare_script(aio, "md5sum", script, prepare=prepare_list, since=since)
