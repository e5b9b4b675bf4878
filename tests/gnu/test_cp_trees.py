"""Trees and targets by both programs: special files, trees in themselves, parents, slashes, depths, file systems."""

from __future__ import annotations

import shlex

import pytest

from tests.support.duel import lines_of

PREPARE = """
    mkdir -p d/sub/deep e t/sub full/d; echo f > f; echo g > g; echo x > d/f; echo y > d/sub/y; echo z >
    d/sub/deep/z; ln -s f soft; ln -s d dlink; ln -s e elink; mkdir t/f; echo old > t/d; echo old > full/d/sub;
    mkdir over; mkdir over/g
"""

SPECIAL = """
    mkfifo p; cp -r p new
    mkfifo p; cp -R p e
    mkfifo p; cp -r p g
    mkfifo p; cp -a p g
    mkfifo p; cp -rT p e
    mkfifo p; cp -r p nodir/new
    mkfifo p; cp -rl p new; cp -rs p new2; cp -rs $PWD/p e
    mkfifo p; cp -r p p
    mkfifo p; ln p q; cp -r p q
    mkfifo d/p; mksock d/s; cp -rv d new; cp -av d new; cp -rv d new
    mkfifo d/p; mksock d/s; cp -rv --attributes-only d new
    mksock s; cp s new
    mksock s; cp s g
    mksock s; cp -r s new; cp -a s new
    mksock s; cp -r --copy-contents s new
    mksock s; cp f s; cp -f f s; cp -rf f s
    mknod n c 1 3; cp n new; cp -r n new2; cp -a n new3
    mknod n c 1 3; cp -r --copy-contents n new; cp n g; cp -r n g
    mknod n c 1 3; cp f n; cp -r f n; cp -a f n
    mknod n c 1 3; cp --remove-destination f n
    mknod n c 1 3; ln n d/n; ln n d/n2; cp -a d new; cp -r d new2; cp -r --copy-contents d new3
    mknod n c 1 3; su nobody; cp -r n new; cp -rv n d e
    mknod n c 9 99; cp n new; cp -r n new
    cp /dev/null new; cp -r /dev/null new; cp -r --copy-contents /dev/null new; cp f /dev/null
    mknod n c 1 3; cp -p f n
    cp /dev/null g; cp -u /dev/null g; cp -n /dev/null g; cp -b /dev/null g
    cp /proc/cmdline new; cp /proc/version new2; cp -p /proc/version new3
    cp /proc/version /sys/kernel/mm/transparent_hugepage/enabled e
    cp -P /proc/self/root new; cp -L /proc/1/limits new2
    cp f /dev/full
    cp f /dev/full/x
    cp --sparse=always f /dev/null; cp --reflink=always f new; cp --reflink=always f g; cp --reflink=never f new
    cp --reflink=always --sparse=always f new; cp --reflink --sparse=never f new; cp --reflink=x f new; cp --sparse=x f new
    cp --sparse f new
"""  # noqa: E501

INTO_ITSELF = """
    cp -r . e
    cp -r . e/new
    cp -r . new
    cp -rv d d
    cp -rv d d/sub
    cp -rv d d/new
    cp -rv d d/sub/deep
    cp -rv d/ d/sub/
    cp -rv d e d
    cp -rv d f d/sub e
    cp -rv dlink/ d/sub
    cp -rvH dlink d/new
    cp -rvT d dlink
    cp -rv d dlink
    cp -rv dlink d; cp -rv d dlink/sub
    cp -av d d/new; cp -av d/sub d/sub/new
    cp -rv d/sub/. d/sub/deep; cp -av d/sub/. d/sub/deep
    mkdir d/a; echo new > d/z; cp -rv . d; cp -rvb d/. d/a; cp -rvb d/. d/a
    cp -rv d/.. new
    cp -rv d/sub/.. e
    cp -rv d/sub/../../d d/sub
    cp -rvL d d/new
    cp -rl d d/new
    cp -rs $PWD/d d/new
    cp -rv --parents d d
    cp -rv --parents d/sub d
    cp -rv --parents d/sub d/sub
    cp -rv --parents . e
    cp -rv --parents ../w e
    cp -rvn d d/new
    cp -rvb d d/sub
    cp -rv --remove-destination d d/sub
    cp -rv . ./e
    cp -rvT . e
    ln -s .. d/sub/up; cp -rL d e
    ln -s ../d d/self; cp -rL d e; cp -r d t/sub
    ln -s . d/dot; cp -rLv d e
    ln -s ../.. d/sub/top; cp -rLv d/sub e
    cp -r d e d e
    cp -r d ./d d/ e
    cp -r d dlink e; cp -rL d dlink e/d
    cp -rv d/sub d e; cp -rv d d/sub e
    cp -r d e; cp -r d e; cp -rT d e; cp -rT e/d e
"""

WAYS = """
    cp -r d t
    cp -rT d t
    cp -rT d new; cp -rT d new
    cp -rT d g
    cp -r d g
    cp -r d over
    cp -r d full
    cp -rf d full
    cp -r --remove-destination d full
    cp -rb d full
    cp g over
    cp -f g over
    cp -b g over
    cp -rT f t
    cp -rv f g d e
    cp -rv f g d nodir
    cp -rv f g d g
    cp -rv f g d g/x
    cp -rv f nope g d e nope2
    cp -v f d g e
    cp f g over e
    cp -rv d over e; cp -rv over/. e
    cp -t e f g
    cp -t nodir f
    cp -t g f
    cp -t e
    cp -t e -T f
    cp -T f g e
    cp -T f
    cp -T f e
    cp -T f elink
    cp -rT d elink
    cp -t elink f
    cp -t e -t d f
    cp -t '' f
    cp -T f new; cp -T f new/; cp -T f ./new
    cp -te f; cp --target-directory=e g; cp --target=e -v g
    cp f g
    cp f new/
    cp f e/
    cp f e//
    cp f e/new/
    cp f g/
    cp f/ new
    cp d/ new
    cp -r d/ new/
    cp -r d/ new//
    cp -r d/// e
    cp -r d/./ e
    cp -r d/. e
    cp -r d/.. e
    cp -r d/sub/.. e
    cp -r ./d ./e/.
    cp -r d e/..
    cp -r d e/../t/sub
    cp -r f new/
    cp -rT d new/
    cp -a d/ new; cp -a d/. new
    cp soft/ new
    cp -r soft/ new
    cp -r dlink/ new; cp -r dlink new2
    cp f soft/
    cp f dlink/
    cp -r d dlink/
    cp --strip-trailing-slashes f/ new; cp --strip-trailing-slashes -r dlink/ d/// e
    cp '' new
    cp f ''
    cp -r '' e
    cp -t e '' f
    cp f nodir/new
    cp -r d nodir/new
    cp f g/new
    cp f f/new
    cp -r d f/new
    cp f d e; cp -R f d e; cp -r -R --recursive d new
    cp -r d new1 new2
    cp
    cp f
    cp -r d
    cp -v
    cp -ls f g
    cp -b --update=none f g; cp -n --backup=numbered f g
    cp --nope f g
    cp -y f g
    cp -lsr d new
    POSIXLY_CORRECT=1 cp f new -v
    POSIXLY_CORRECT=1 cp -v f g e
    cp f new -v; cp -- f -v; cp -- -v new3
    cp --no-target-directory f new; cp --no-t f new; cp --archi d new2; cp --verb f new4
    cp --link f new; cp --symbolic-link f new2; cp --force f new; cp --deref f new3; cp --no-deref soft new4; cp --one-file-system f new5
    cp --recursive d new; cp --interactive f g; cp --no-clobber f g; cp --parent f e; cp --path d/f e; cp --debug f g
    cp --strip f new; cp --copy f new; cp --attr f new; cp --remove f new; cp --keep f new; cp --p f e; cp --no f new
"""  # noqa: E501

PARENTS = """
    cp --parents d/f e
    cp --parents -v d/f d/sub/y e
    cp --parents -v d/f g f e
    cp --parents -rv d/sub e
    cp --parents -rv d e
    cp --parents -rv d/ e
    cp --parents -rv d/sub/ d/./f e/
    cp --parents -rv d//sub e
    cp --parents -rv d/sub/../f e
    cp --parents -rv ./d/f e
    cp --parents -v $PWD/d/f e
    cp --parents -rv $PWD/d/sub e
    cp --parents -rv $PWD/d/sub/ e; cp --parents -rv $PWD/d/sub/ e
    cp --parents d/f new
    cp --parents d/f g
    cp --parents d/f
    cp --parents -T d/f e
    cp --parents -t e d/f d/sub/y
    cp --parents -v d/nope e
    cp --parents -v nope/x d/f e
    cp --parents -v d/f/x e
    cp --parents -v d/sub e
    cp --parents -v d/f t
    cp --parents -rv d/sub t
    cp --parents -rv d/sub full
    cp --parents -v f t
    cp --parents -v dlink/f e
    cp --parents -rv dlink e
    cp --parents -rv dlink/ e
    cp --parents -rv dlink/sub e
    cp --parents -av dlink/sub e
    cp --parents -Pv dlink/f soft e
    cp --parents -v d/f elink
    cp --parents -v d/f dlink
    cp --parents -nv d/f e; cp --parents -nv d/f e; cp --parents -uv d/f e; cp --parents -bv d/f e; cp --parents -fv d/f e
    cp --parents -av d/f e; cp --parents -av d/sub/y e; cp --parents -pv d/sub/deep/z t/sub
    cp --parents -lv d/f e; cp --parents -sv d/sub/y e
    cp --parents --debug d/f e; cp --parents --debug -n d/f e
    cp --parents -v --strip-trailing-slashes d/f/ d/sub/ e
    cp --parents -v .. e; cp --parents -v . e; cp --parents -rv d/. e
    cp --parents -v ../w/f e
    cp --parents '' e; cp --parents / e
    mkdir e/d; chmod 555 e/d; su nobody; cp --parents -v d/f d/sub/y e
    mkdir e/d; chmod 0 e/d; su nobody; cp --parents -v d/f d/sub/y e
    chmod 555 e; su nobody; cp --parents -v d/f d/sub/y e
    chmod 0 d/sub; su nobody; cp --parents -v d/sub/y d/f e
    ln -s ../g e/d; cp --parents -v d/f e
    ln -s nowhere e/d; cp --parents -v d/f e
    ln -s ../t e/d; cp --parents -v d/f d/sub/y e
"""  # noqa: E501

REPEATED = """
    cp f f e
    cp f ./f e
    cp -v f d/f e
    cp -v d/f f d/f e
    cp -rv d d e
    cp -rv d ./d e
    cp -rv d d/ e
    cp -rv d e/../d t/sub
    cp -rv f soft f e
    cp -rv soft soft e
    cp -v soft f e
    cp -v f soft e
    cp -a f f e
    cp -l f f e
    cp -lf f f e
    cp -s $PWD/f $PWD/f e
    cp -b f f e
    cp --backup=numbered -v f f e
    cp -b -v f d/f e
    cp -n f f e
    cp -u f f d/f e
    cp -f f d/f e
    cp --remove-destination f d/f e
    cp -v nope nope e
    cp -r f f d d nope e
    cp --parents -v d/f d/f e
    cp -t e f f
    mkdir a; echo 1 > a/f; cp -rv f a/. e; cp -rv --parents f ./f t/sub
    mkdir a b; echo 1 > a/x; mkdir b/x; cp -rv a/x b/x e; cp -rv b/x a/x t/sub
    mkdir a b; ln -s ../f a/x; echo 1 > b/x; cp -rv a/x b/x e; cp -rv b/x a/x t/sub
    mkdir -p a/x b/x; echo 1 > a/x/1; echo 2 > b/x/1; cp -rv a/x b/x e; cp -rv a/. b/. t/sub
    mkdir -p a/x b/x; ln -s 1 a/x/1; ln -s 2 b/x/1; cp -rv a/x b/x e; cp -rvf a/. b/. t/sub
    mkdir -p a/x b/x; mkfifo a/x/1; mkfifo b/x/1; cp -rv a/x b/x e; cp -av a/. b/. t/sub
"""


@pytest.mark.parametrize("line", lines_of(SPECIAL))
def test_special_files_are_met_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(INTO_ITSELF))
def test_trees_in_themselves_are_met_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(WAYS))
def test_targets_are_found_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(PARENTS))
def test_parents_are_made_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(REPEATED))
def test_what_was_just_made_is_spared_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("options", ["-r", "-rx", "-a", "-ax", "-rLx", "-rlx", "-rsx", "-rx --parents"])
def test_other_file_systems_are_met_as_gnu_does(cp_same, options):
    mounted = (
        "mkdir -p d/there d/there/in; mount d/there; echo far > d/there/far; mkdir d/there/sub; ln -s there/sub d/link"
    )
    source = "$PWD/d" if "s" in options else "d"
    cp_same(f"{PREPARE}; {mounted}; cp -v {options} {source} e; cp -v {options} d/there e; cp -v {options} d/. t/sub")


ODD_NAMES = (
    *("\udcff\udcfe", "caf\udce9", "café", "new\nline", "tab\t", "\x1b[31m", "-dash", "sp ace", "q'uote", 'dq"'),
    *("$x", "a:b", "x" * 255, "~", "back\\slash", "*"),
)


@pytest.mark.parametrize("options", ["-v", "-rv", "-av", "-bv", "-rsvf", "-rlv", "--parents -v", "--debug -n"])
def test_odd_names_are_told_as_gnu_does(cp_same, options):
    make = "; ".join(f"echo x > {shlex.quote(name)}; mkdir {shlex.quote(f'd/{name[:254]}_')}" for name in ODD_NAMES)
    words = " ".join(map(shlex.quote, ODD_NAMES))
    for script in (f"cp {options} -- {words} d e", f"cp {options} -- {words} d e; cp {options} -- {words} d e"):
        cp_same(f"mkdir d e; {make}; {script}")


@pytest.mark.parametrize("options", ["-r", "-a", "-rL", "-rl", "-rv"])
def test_deep_trees_are_copied_as_gnu_does(cp_same, options):
    path = "/".join(["d"] * 300)
    cp_same(f"mkdir -p {path}; echo x > {path}/f; ln -s f {path}/l; cp {options} d new; cp {options} d new")
