"""Links by both programs: followed or not, kept or not, made instead of copies, dangling, in loops, in the target."""

from __future__ import annotations

import pytest

from tests.support.duel import lines_of

PREPARE = """
    mkdir -p d/sub e full/d; echo f > f; echo g > g; echo x > d/f; echo y > d/sub/f; echo old > full/d/f; ln -s f
    soft; ln -s d dlink; ln -s nowhere dangling; ln -s loop2 loop; ln -s loop loop2; ln -s dangling dangling2; ln
    -s e elink; ln -s e/new outside; ln -s f d/l; ln -s sub d/dl; ln -s nowhere d/dang; ln d/f d/hard; ln d/f
    d/sub/hard; ln -s ../f d/up; ln f hard; ln soft softhard; ln -s $PWD/f absolute
"""

FOLLOWING = """
    cp soft new
    cp -P soft new
    cp -d soft new
    cp -L soft new
    cp -H soft new
    cp -r soft new
    cp -rL soft new
    cp -rH soft new
    mkdir e/d; echo old > e/d/l; ln -s nowhere e/d/dl; cp -rvH d e
    cp -rv -f d loop/.; cp -rv d loop/.; cp -rfv d loop/; cp -fPv soft loop/new; cp -fv f loop/new; cp -fvb f loop/
    cp -rP soft new
    cp -R dlink new
    cp -RL dlink new
    cp -RH dlink new
    cp -RP dlink new
    cp -Rd dlink new
    cp -R dlink/ new
    cp -RP dlink/ new
    cp -R dlink/. new
    cp -R --strip-trailing-slashes dlink/ new
    cp --strip-trailing-slashes soft/ new
    cp soft/ new
    cp dlink new
    cp -L dlink new
    cp -P dlink new
    cp -RL d new
    cp -RH d new
    cp -RP d new
    cp -RHL dlink new
    cp -RLP dlink new
    cp -RPH dlink new
    cp -RLH dlink new; cp -Rd dlink e; cp -a -L dlink e/x; cp -a -H dlink e/y
    cp -a dlink new
    cp -aL dlink new
    cp -aH dlink new
    cp -rLa dlink new
    cp -dR d new; cp -dR d new
    cp -PR d e; cp -LR d e
    cp -LR d e; cp -PR d e
    cp -p -P soft softhard absolute e
    cp -a soft softhard absolute outside e
    cp -L soft softhard absolute e
    cp dangling new
    cp -L dangling new
    cp -P dangling new
    cp -r dangling new
    cp -rL dangling new
    cp -rH dangling new
    cp loop new
    cp -P loop new
    cp -r loop e
    cp -L loop e
    cp -L d/dang d/dl e
    cp -RL d/dang d/dl e
    cp -RL loop d dangling e
"""

DANGLING_TARGETS = """
    cp f dangling
    cp -f f dangling
    cp -n f dangling
    cp -u f dangling
    cp -b f dangling
    cp -d f dangling
    cp --remove-destination f dangling
    cp -l f dangling
    cp -lf f dangling
    cp -s f dangling
    cp -sf f dangling
    cp -r d dangling
    cp -rT d dangling
    cp -P soft dangling
    cp -P soft dangling2
    cp -Pn soft dangling
    cp f dangling2
    cp f dangling/
    cp f loop
    cp -f f loop
    cp --remove-destination f loop
    cp -b f loop
    cp f outside
    cp f outside; cp -f g outside
    cp -T f elink
    cp -rT d elink
    cp -rTf d elink
    cp -rT --remove-destination d elink
    cp f elink
    cp f elink/
    cp -t elink f
    cp -t dangling f
    cp -t loop f
    cp -t soft f
    cp --update=none-fail f dangling
    cp --attributes-only f dangling
    POSIXLY_CORRECT=1 cp f dangling
    POSIXLY_CORRECT=1 cp f outside
    POSIXLY_CORRECT=1 cp f dangling2
    POSIXLY_CORRECT=1 cp f loop
    POSIXLY_CORRECT=1 cp -f f loop
    POSIXLY_CORRECT=1 cp -f f outside
    POSIXLY_CORRECT=1 cp -r d dangling
    POSIXLY_CORRECT=1 cp -u f outside
    POSIXLY_CORRECT=1 cp -n f outside
    POSIXLY_CORRECT=1 cp -p f outside
    POSIXLY_CORRECT=1 cp --remove-destination f outside
    POSIXLY_CORRECT=1 cp -P soft outside
    POSIXLY_CORRECT=1 cp f -v outside
    ln -s ../f e/f; cp g e/f; cp f e
    ln -s ../f e/f; cp -r g e/f; cp -rf f e
    ln -s ../f e/g; cp f g e
    ln -s ../nowhere e/g; cp f g e; cp f g f e
    mkdir -p t/d; ln -s ../../nowhere t/d/f; cp -r d t
    mkdir -p t/d; ln -s ../../nowhere t/d/f; cp -rf d t
    mkdir -p t/d; ln -s ../../nowhere t/d/f; cp -a d t
    mkdir -p t/d; ln -s ../../nowhere t/d/f; cp -r --remove-destination d t
    mkdir -p t/d; ln -s ../../g t/d/f; cp -rv d t
    mkdir -p t/d; ln -s ../../g t/d/f; cp -rvb d t
    mkdir -p t/d; ln -s ../../g t/d/l; cp -rv d t
    mkdir -p t/d; ln -s ../../g t/d/l; cp -rvf d t
    mkdir -p t/d; ln -s ../../e t/d/sub; cp -rv d t
    mkdir -p t/d; ln -s ../../g t/d/sub; cp -rv --keep-directory-symlink d t
    mkdir -p t/d; ln -s ../../e t/d/sub; cp -rvf d t
    mkdir -p t/d; ln -s ../../e t/d/sub; cp -rv --remove-destination d t
    mkdir -p t/d; ln -s ../../e t/d/sub; cp -rvb d t
    mkdir t; ln -s ../e t/d; cp -rv d t; cp -rvT d t/d
    mkdir t; ln -s ../e t/d; cp -rv --parents d/sub t
    mkdir t; ln -s ../nowhere t/d; cp -rv --parents d/sub t
    mkdir t; ln -s ../f t/d; cp -v --parents d/f t
"""

HARD_LINKS = """
    cp -d f hard e
    cp -p f hard e
    cp -a f hard e; cp -a f hard e
    cp --preserve=links f hard e
    cp --preserve=links f e/a; cp --preserve=links hard e/b
    cp -a --no-preserve=links f hard e
    cp -dL f soft hard e
    cp -aL f soft hard e
    cp -aH f soft hard e
    cp -a soft softhard e
    cp -dv f hard e; cp -dv f hard e
    cp -dv f hard f e
    cp -r d e
    cp -a d e
    cp -dR d e
    cp -R --preserve=links d e
    cp -RL --preserve=links d e
    cp -pR d e
    cp -a d/f d/hard d/sub/hard e
    cp -a d/f d e
    cp -a d d/f e
    cp -av d d/sub/hard d/f e
    cp -av d/hard d e; cp -av d/sub e
    mkdir e/d; echo old > e/d/f; ln e/d/f e/d/hard; cp -av d e
    mkdir e/d; echo old > e/d/f; ln e/d/f e/d/other; cp -av d e
    mkdir e/d; echo old > e/d/hard; cp -av d e
    mkdir e/d; echo old > e/d/hard; cp -abv d e
    mkdir e/d; echo old > e/d/hard; cp -anv d e
    mkdir e/d; echo old > e/d/hard; touch -d @1500000000 e/d/hard; cp -auv d e
    mkdir e/d; echo old > e/d/f; touch -d @1500000000 e/d/f; cp -auv d e
    cp -L d/l d/up e; cp -auLv d/l d/up f e
    mkdir -p e/d/hard; cp -av d e
    mkdir -p e/d; ln -s ../../g e/d/hard; cp -av d e
    mkdir -p e/d; ln -s ../../nowhere e/d/hard; cp -av d e
    mkdir -p e/d; ln d/f e/d/f; cp -av d e
    mkdir -p e/d; ln d/f e/d/f; ln d/f e/d/hard; cp -rv d e; cp -av d e; cp -rvf d e
    cp -av d e; cp -av d e; cp -av --remove-destination d e
    cp -al d e; cp -av d e
    mkfifo d/p; ln d/p d/p2; mksock d/s; ln d/s d/s2; ln d/l d/l2; cp -av d e; cp -r d e/r
    cp -av --attributes-only d e
    cp -av --parents d/f d/sub/hard e
    mkdir a b; echo 1 > a/x; ln a/x a/y; cp -a a/x a/y d b
    mkdir b; cp -d f hard g d/f d/hard b; cp -d hard f d/sub/hard b
"""

LINKS_INSTEAD = """
    cp -l f new
    cp -l f g
    cp -lf f g
    cp -lb f g
    cp -li f g
    answer y; cp -li f g
    cp -ln f g
    cp -lu f g
    cp -lv f g e
    cp -l d new
    cp -lr d new
    cp -lrv d new
    cp -la d new
    cp -lrL d new
    cp -lrH dlink new
    cp -lr dlink new
    cp -lL soft new
    cp -lP soft new
    cp -l soft new
    cp -lH soft new
    cp -l dangling new
    cp -lP dangling new
    cp -l f e; cp -lv f e
    cp -l f e; cp -lf f e
    cp -lr d e; cp -lrv d e
    cp -lr d e; cp -lrvf d e
    cp -lrv d full
    cp -lrvf d full
    cp -lrvb d full
    cp -lrv --remove-destination d full
    cp -l --remove-destination f g
    cp -l f /dev/null
    cp -l /dev/null new
    cp -l f nodir/new
    cp -lp f new; chmod 600 f; cp -lp f new
    mkfifo p; cp -l p new; cp -lr p new2
    cp -s f new
    cp -s f ./new
    cp -s f e
    cp -s f e/new
    cp -s $PWD/f e
    cp -s $PWD/f e; cp -s $PWD/f e
    cp -sf $PWD/f e; cp -sf $PWD/g e/f
    cp -sb $PWD/f e; cp -sb $PWD/g e/f
    cp -sn $PWD/f e; cp -sn $PWD/g e/f
    cp -su $PWD/f e; cp -su $PWD/g e/f
    cp -s f g
    cp -sf f g
    cp -sv f g
    cp -sr d new
    cp -sr $PWD/d new
    cp -srv $PWD/d e
    cp -srv $PWD/d e; cp -srv $PWD/d e
    cp -srvf $PWD/d full
    cp -srvb $PWD/d full
    cp -srv $PWD/d full
    cp -srv --remove-destination $PWD/d full
    cp -srL $PWD/d new
    cp -sa $PWD/d new
    cp -s soft new
    cp -sP soft new
    cp -sL soft new
    cp -s dangling new
    cp -sP dangling new
    cp -s nope new
    cp -s d new
    cp -s d e
    cp -ls f new
    cp -sl f new
    cp -s -T f new
    cp -st . $PWD/d/f
    cp -sp f new
    cp -s --parents d/f e
    cp -s --parents $PWD/d/f e
    cp -l --parents d/f e
    cp -s --attributes-only f new
    cp -l --attributes-only f new
    cp -s --backup=numbered $PWD/f g
"""


@pytest.mark.parametrize("line", lines_of(FOLLOWING))
def test_links_are_followed_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(DANGLING_TARGETS))
def test_links_in_the_target_are_met_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(HARD_LINKS))
def test_hard_links_are_kept_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(LINKS_INSTEAD))
def test_links_are_made_instead_of_copies_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("options", ["-r", "-a", "-rf", "-rT", "-r --parents"])
def test_links_to_directories_are_kept_as_documented(aio, options):
    # GNU cp 9.10 looks at the end of the link, and fails then; its manual says what is meant.
    (aio.cwd / "d/sub").mkdir(parents=True)
    (aio.cwd / "d/sub/f").write_text("new")
    (aio.cwd / "there").mkdir()
    (aio.cwd / "t/d").mkdir(parents=True)
    target = aio.cwd / ("t/sub" if "T" in options else "t/d/sub")
    target.symlink_to(aio.cwd / "there")
    result = aio("cp", *options.split(), "--keep-directory-symlink", "d", "t")
    assert result.outcome() == (0, b"", b"")
    assert target.is_symlink()
    assert (aio.cwd / "there/f").read_text() == "new"
