"""What becomes of targets that are there, by both programs: backups, updates, questions, removal."""

from __future__ import annotations

import pytest

from tests.support.duel import lines_of

PREPARE = """
    mkdir -p d/sub e t/d/sub; echo new > f; echo old > g; echo new > d/f; echo old > t/d/f; echo new > d/sub/x;
    echo old > t/d/sub/x; echo new > d/only; ln -s f soft; ln -s g gsoft; mkdir t/f; echo x > t/f/in; mkdir d/dir;
    echo x > t/d/dir
"""

BACKUPS = """
    cp -b f g
    cp -bv f g
    cp -bv f new
    cp -bv f g; cp -bv f g
    cp --backup f g; cp --backup f g
    cp --backup=none -v f g
    cp --backup=off -v f g
    cp --backup=numbered -v f g; cp --backup=numbered -v f g
    cp --backup=t -v f g; cp --backup=t -v f g
    cp --backup=existing -v f g; cp --backup=numbered -v f g; cp --backup=existing -v f g
    cp --backup=nil -v f g; cp --backup=t -v f g; cp --backup=nil -v f g
    cp --backup=simple -v f g; cp --backup=never -v f g
    cp --backup=num -v f g; cp --backup=n f g; cp --backup=s f g; cp --backup=e f g
    cp --backup= f g; cp --backup=x f g
    VERSION_CONTROL=numbered cp -bv f g; VERSION_CONTROL=numbered cp --backup -v f g
    VERSION_CONTROL=none cp -bv f g
    VERSION_CONTROL=never cp -bv f g
    VERSION_CONTROL=x cp -bv f g
    VERSION_CONTROL=x cp f g
    VERSION_CONTROL= cp -bv f g
    VERSION_CONTROL=numbered cp --backup=simple -v f g
    VERSION_CONTROL=n cp -b f g
    SIMPLE_BACKUP_SUFFIX=.bak cp -bv f g
    SIMPLE_BACKUP_SUFFIX=.bak cp -b -S .x -v f g
    SIMPLE_BACKUP_SUFFIX= cp -bv f g
    SIMPLE_BACKUP_SUFFIX=a/b cp -bv f g
    SIMPLE_BACKUP_SUFFIX=.bak cp -v f g
    cp -S .x -v f g
    cp -S '' -v f g
    cp -S a/b -v f g
    cp -S / -v f g
    cp -S . -v f g
    cp --suffix=~~ -v f g
    VERSION_CONTROL=numbered cp -S .x -v f g
    echo 1 > g.~9~; cp --backup=t -v f g; cp --backup=t -v f g
    echo 1 > g.~99~; echo 2 > g.~100~; echo 3 > g.~07~; cp --backup=t -v f g
    echo 1 > g.~x~; echo 1 > g.~~; echo 1 > g.~-1~; cp --backup=nil -v f g
    echo 1 > g.~0~; cp --backup=nil -v f g
    echo 1 > g.~99999999999999999999~; cp --backup=t -v f g
    mkdir g.~3~; cp --backup=t -v f g
    mkdir g~; cp -bv f g
    mkdir g~; echo 1 > g~/x; cp -bv f g
    ln -s nowhere g~; cp -bv f g
    ln -s f g~; cp -bv f g
    ln -s . d/loop; echo x > t/d/loop; cp -rvLb d t
    cp -bv f t
    cp -bvT f t
    cp -bv f e; cp -bv f e
    cp -bv f gsoft
    cp -bv soft gsoft
    cp -bvP soft gsoft
    cp -bvd f gsoft
    cp -brv d t
    cp -bav d t; cp -bav d t
    cp -brv --backup=numbered d t; cp -brv --backup=numbered d t
    cp -bfv f g
    cp -bv --remove-destination f g
    cp -bnv f g
    cp -nbv f g
    cp -b --update=none f g
    cp -b --update=none-fail f g
    cp -buv f g
    cp -biv f g
    answer y; cp -biv f g
    cp -bv f g f e
    cp -bv f d/f e
    cp -bv d/f f e; cp -bv f d/f g e
    cp --backup=numbered -v f d/f e
    cp --backup=simple -v f d/f e/
    cp -bv nope g
    cp -bv d g
    cp -brv d g
    cp -brvT d g
    cp -brvT f t
    cp -bv f /dev/null/x
    mkfifo p; cp -brv p g
    mkfifo p; cp -bv f p
    mksock s; cp -bv f s
    cp -bv f g/
    cp -b --parents -v d/f t; cp -b --parents -v d/sub/x t
    cp -b --attributes-only -v f g
    echo x > e/ab; cp -bv -S ab d/f e/ab
"""

UPDATES = """
    touch -d @5 f; touch -d @5 g; cp -uv f g
    touch -d @5 f; touch -d @6 g; cp -uv f g
    touch -d @6 f; touch -d @5 g; cp -uv f g
    touch -d @5.000000001 f; touch -d @5 g; cp -uv f g
    touch -d @5 f; touch -d @5.000000001 g; cp -uv f g
    touch -d @5.999999999 f; touch -d @6 g; cp -uv f g
    cp -uv f new; cp -uv f new
    cp -puv f g; cp -puv f g
    cp --update -v f g
    cp --update=older -v f g
    cp --update=old -v f g
    cp --update=all -v f g
    cp --update=none -v f g
    cp --update=none -v f new
    cp --update=none-fail -v f g
    cp --update=none-fail -v f new
    cp --update=n f g
    cp --update=no f g
    cp --update=none-f f g
    cp --update=x f g
    cp --update= f g
    cp -u --update=all -v f g
    cp --update=all -u -v f g
    cp --update=none -u -v f g
    cp -u --update=none -v f g
    cp -n -u -v f g
    cp -u -n -v f g
    cp -n --update=all -v f g
    cp -n --update=none-fail -v f g
    cp --update=none-fail -n -v f g
    cp -n -i -v f g
    cp -i -n -v f g
    cp -i --update=none -v f g
    cp --update=none -i -v f g
    cp -f -n -v f g
    cp -n -f -v f g
    cp --update=none-fail -f -v f g
    cp -i --update=none-fail -v f g
    answer y; cp -i -u -v f g
    answer y; cp -i --update=all -v f g
    answer n; cp -i --update=all -v f g
    touch -d @2000000000 f; answer n; cp -i -u -v f g
    touch -d @2000000000 f; answer y; cp -u -i -v f g
    cp -ruv d t
    touch -d @9 t/d/f; cp -ruv d t
    touch -d @9 t/d/sub/x; cp -auv d t
    touch -d @9 t/d/sub/x d/sub/x; cp -auv d t
    cp -rv --update=none d t
    cp -rv --update=none-fail d t
    cp -rnv d t
    cp -rv -n --debug d t
    cp -v --debug -n f g
    cp -v --debug -u f g
    cp --debug --update=none-fail f g
    cp --debug -i f g
    cp --debug f g; cp --debug f new
    cp --debug -r d t
    cp --debug -l f new; cp --debug -s f new2; cp --debug -P soft new3
    cp --debug --attributes-only f new
    cp --debug --reflink=always f new
    cp --debug --reflink=never f new; cp --debug --sparse=never f new
    cp -uv f gsoft
    cp -uv soft gsoft
    cp -uvP soft gsoft
    cp -uv soft g
    cp -uvd f soft
    cp -uv nope g
    cp -uv f t; cp -uvT f t
    cp -nv f t; cp -nvT f t
    cp -rnvT d g
    cp -rnvT d t
    cp -rvT --update=none-fail d g; cp -rvT --update=none-fail f t
    cp -rvT -u d g; cp -rvT -u f t
    cp -nv f d/f e; cp -nv f g d/f e
    cp -uv f d/f e; cp -v --update=none-fail d/f f e
    mkfifo p; cp -ruv p g
    mkfifo p; cp -nv f p; cp -v --update=none-fail f p
    mkfifo p; touch -d @2000000000 p; cp -uv f p
"""

QUESTIONS = """
    cp -i f g
    answer y; cp -i f g
    answer n; cp -i f g
    answer yes; cp -iv f g
    answer Y; cp -iv f g
    answer YES; cp -iv f g
    answer nay; cp -iv f g
    answer ' y'; cp -iv f g
    answer yy; cp -iv f g
    answer q; cp -iv f g
    cp -iv f new
    cp -iv f t
    cp -ivT f t
    answer y; cp -ivT f t
    answer y; cp -ivrT d g
    cp -irv d t
    answer y y y; cp -irv d t
    answer y n y; cp -irv d t
    answer n y n; cp -irv d t
    answer n y n; cp -iav d t
    answer y; cp -if f g
    answer y; cp -fi f g
    answer y; cp -i --remove-destination -v f g
    answer n; cp -i --remove-destination -v f g
    answer y; cp -iv f g f e
    answer y; cp -iv f gsoft
    answer y; cp -ivP soft gsoft
    answer y; cp -iv --attributes-only f g
    answer y; cp -il f g
    answer y; cp -is f g
    answer y; cp -ib f g
    answer y y; cp -i f d/f e; cp -i f d/f g e
    chmod 444 g; su nobody; answer y; cp -i f g
    chmod 444 g; su nobody; answer n; cp -i f g
    chmod 444 g; su nobody; answer y; cp -if f g
    chmod 444 g; su nobody; answer n; cp -if f g
    chmod 444 g; su nobody; answer y; cp -i --remove-destination f g
    chmod 0 g; su nobody; answer y; cp -ib f g
    chmod 444 g; chmod 555 .; su nobody; answer y; cp -if f g
    chmod 4751 g; chmod 444 t/d/f; su nobody; answer y y y; cp -irv d t
    chmod 444 g; su nobody; answer y; cp -iu f g; cp -in f g
    chmod 444 g; su nobody; ln -s g gl; answer y; cp -i f gl
    mkfifo p; answer y; cp -ir p g
    ln g g2; answer y; cp -i g g2; cp -i f f
    answer y; cp -i nope g; cp -i d g
"""

REMOVAL = """
    cp -f f g
    cp -fv f g
    cp --remove-destination -v f g
    cp --remove-destination -v f new
    cp --remove-destination -v f gsoft
    cp --remove-destination -v soft gsoft
    cp --remove-destination -v -P soft gsoft
    cp --remove-destination -v f t
    cp --remove-destination -vT f t
    cp --remove-destination -rv d t
    cp --remove-destination -rvT d g
    cp --remove-destination -nv f g
    cp --remove-destination -uv f g
    cp --remove-destination -f -v f g
    cp --remove-destination -v f d/f e
    cp --remove-destination -v --parents d/f t
    cp --remove-destination -v nope g; cp --remove-destination -v d g
    ln g g2; cp --remove-destination f g
    ln g g2; cp -f f g
    mkfifo p; cp --remove-destination -v f p
    mksock s; cp -v f s
    mksock s; cp -fv f s
    mksock s; cp --remove-destination -v f s
    mkfifo p; cp -rv p g
    mkfifo p; cp -rfv p g
    mkfifo p; cp -rv --remove-destination p g
    chmod 444 g; su nobody; cp f g
    chmod 444 g; su nobody; cp -fv f g
    chmod 444 g; su nobody; cp -fvp f g
    chmod 444 g; su nobody; cp --remove-destination -v f g
    chmod 444 g; su nobody; cp -bv f g
    chmod 444 g; chmod 555 .; su nobody; cp -fv f g
    chmod 444 g; chmod 555 .; su nobody; cp -bv f g
    chmod 444 g; chmod 555 .; su nobody; cp -v --remove-destination f g
    chmod 444 g; chmod 555 .; su nobody; cp -rlfv f g
    chmod 444 g; su nobody; cp -fvu f g; cp -fvn f g
    chmod 444 g; su nobody; cp -fv f gsoft
    chmod 444 t/d/f; chmod 555 t/d/sub; su nobody; cp -rfv d t
    chmod 444 t/d/f; chmod 555 t/d/sub; su nobody; cp -rv d t
    chmod 444 t/d/f t/d/sub/x; chmod 555 t/d/sub; su nobody; cp -rfv d t
    chmod 444 t/d/f t/d/sub/x; chmod 555 t/d/sub; su nobody; cp -av --remove-destination d t
    chmod 444 t/d/f t/d/sub/x; chmod 555 t/d; su nobody; cp -rbv d t
    cp -v f g f; cp -v f g t/f f g
    cp -v d t; cp -rv f d; cp -rv d f
    cp -rv f t; cp -rv f t/d; cp -rv d/dir t/d
    cp -rfv d t; cp -rfv f t
"""


@pytest.mark.parametrize("line", lines_of(BACKUPS))
def test_backups_are_made_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(UPDATES))
def test_updates_are_made_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(QUESTIONS))
def test_questions_are_asked_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(REMOVAL))
def test_targets_are_removed_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")
