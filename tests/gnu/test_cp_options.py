"""The command line of cp, by both programs: spellings, values, what excludes each other, and where copies go."""

from __future__ import annotations

import pytest

from aiocli.commands.cp import command
from aiocli.ui.command import GnuOption, OwnOption
from tests.support.duel import lines_of
from tests.support.gnu import compare

PREPARE = """
    mkdir -p d/sub e t/d; echo f > f; echo g > g; echo x > d/f; echo y > d/sub/x; ln -s e link; ln -s nowhere
    dangling
"""

LONGS = [
    opt
    for param in command.params
    if isinstance(param, GnuOption) and not isinstance(param, OwnOption)
    for opt in param.opts
    if opt.startswith("--") and opt not in ("--help", "--version")
]

VALUES = """
    cp --sparse=x f new
    cp --sparse= f new
    cp --sparse=a f new
    cp --sparse=al f new
    cp --sparse f new
    cp --sparse never f new
    cp --reflink=x f new
    cp --reflink= f new
    cp --reflink=n f new
    cp --reflink=au f new
    cp --update=x f new
    cp --backup=x f new; cp --backup=n f new; cp --backup= f new
    VERSION_CONTROL=x cp -b f new; VERSION_CONTROL=n cp -b f new; VERSION_CONTROL=x cp f new
    cp --preserve=x,y f new
    cp -S f
    cp -t
    cp -t e
    cp --target-directory e
    cp -Z f new; cp --context f new; cp --context=x f new; cp --context=x --context=y f new
    cp -Zv f new; cp -pZx f new
"""

EXCLUDING = """
    cp -ls f new
    cp -ls
    cp --reflink --sparse=never f new
    cp --reflink=always --sparse=always f new
    cp --sparse=never --reflink=never f new
    cp -bn f g
    cp -b --update=none f g; cp -b --update=none-fail f g; cp -bu f g
    cp -n --backup=none f g
    cp -n -b -i f new
    cp -b -n -l -s f new
    cp --backup=x -n f new
    cp --backup=x --reflink --sparse=never f new
    cp --preserve=context f new; cp --preserve=context -ls f new; cp --preserve=context
    cp -T -t e f; cp -t e -T f; cp -T -t e
    cp -t e -t e f; cp -t e -t
    cp -T f; cp -T f g e; cp -T f g e d; cp -T
    cp --parents f new; cp --parents -T f e; cp --parents f g; cp --parents f
"""

TARGETS = """
    cp f g nope; cp f g g; cp f g link new; cp f g dangling
    cp -t nope f; cp -t f g; cp -t dangling f; cp -t e; cp -t '' f
    cp f g ''; cp f ''; cp '' e; cp '' new
    cp -vt e f d/f; cp -vt e f d/sub/x
    cp -vt link f; cp -v f link; cp -v f link/; cp -v f g link
    cp -v f e/; cp -v f e//; cp -v f e/.; cp -v f ./e/../e
    cp -v f new/; cp -v f g new/
    cp -vT f e; cp -vT f link; cp -vT f g
    cp -rvT d e; cp -rvT d new; cp -rvT d link; cp -rvT d f
    cp -rv d/.. e
    cp -rv d/. e; cp -rv d/sub/.. e
    cp -rv d/ e; cp -rv d// e/
    cp -v f/ e; cp -v --strip-trailing-slashes f/ e; cp -v --strip-trailing-slashes f// d/f/ e
    cp -rv --strip-trailing-slashes link/ new; cp -rv link/ new2; cp -rv link new3
    cp -rv --strip-trailing-slashes d/ e
    mkdir no; chmod 0 no; su nobody; cp -v f no; cp -v f g no; cp -vt no f; cp -v f no/x
    mkdir -p no/d; chmod 444 no; su nobody; cp -v f no/d; cp -vt no/d f; cp -v f g no/d
    mkdir no; chmod 111 no; su nobody; cp -v f no; cp -v f g no
    mkdir no; chmod 333 no; su nobody; cp -v f no; cp -v f g no
    POSIXLY_CORRECT=1 cp -v f e -v; POSIXLY_CORRECT=1 cp f new -v
    POSIXLY_CORRECT=1 cp -v f dangling; cp -v f dangling
    cp -v f -- e; cp -- -v f e; cp f e --
"""

ONTO_ITSELF = """
    cp -fbv f f; cp -fbv f f; cp -fv --backup=t f f
    cp -fbv ./f f; cp -fbv f ./f; cp -fbv f e/../f
    cp -fbTv f f
    cp -fbv d/f d/f; cp -fbv --backup=t d/f d/f
    cp -bv f f; cp -fv f f
    cp -fbv new new
    cp -fbv e e; cp -rfbv e e
    cp -fbv link link; cp -fbv dangling dangling
    ln -s f soft; cp -fbv soft soft; cp -fbv f soft; cp -fbdv soft soft
    mkfifo p; cp -rfbv p p
    cp -fbiv f f; cp -fbuv f f; cp -fblv f f; cp -fbsv f f
    cp -fv --backup=none f f
    cp -fv -S .x f f; SIMPLE_BACKUP_SUFFIX=.y cp -fbv f f
"""

PARENTS = """
    cp --parents -v d/sub/x e; cp --parents -v d/sub/x e
    cp --parents -v d/f t; cp --path -v d/sub/x e; cp --pa -v d/f t; cp --pat=x d/f e
    cp --parents -rv d/sub e; cp --parents -rv d/sub/ e; cp --parents -rv d/sub/. e
    cp --parents -v f e; cp --parents -v ./f e; cp --parents -v .//d//sub///x e
    cp --parents -v nope/f e; cp --parents -v d/nope/f e; cp --parents -v d/sub/nope e
    cp --parents -v f/x e; cp --parents -v d/f/x e
    echo no > e/d; cp --parents -v d/f e; cp --parents -v d/sub/x e
    ln -s sub e/d; cp --parents -v d/f e; cp --parents -v d/sub/x e
    ln -s ../t e/d; cp --parents -v d/f e; cp --parents -v d/sub/x e
    cp --parents -v d/../f e; cp --parents -v d/sub/../f e; cp --parents -v e/../d/f e
    cp --parents -v f d/f nope d/sub/x g e
    cp --parents -v d f e; cp --parents -rv d f e; cp --parents -rv d/sub d e
    cp --parents -v -t e/. d/f; cp --parents -v d/f e//; cp --parents -v d/f link
    cp --parents -v --strip-trailing-slashes d/f/ e; cp --parents -v d/f/ e
    mkdir e/f; cp --parents -v f e
    mkdir "it's"; echo 1 > "it's/a b"; cp --parents -v "it's/a b" e
    cp --parents -lv d/f e; cp --parents -sv d/f e; cp --parents -bv d/f e; cp --parents -bv d/f e
    chmod 700 d; chmod 711 d/sub; cp --parents -v d/sub/x e
    chmod 2755 d; chmod 1777 d/sub; cp --parents d/sub/x e; cp -p --parents d/sub/x t
    chmod 500 d; su nobody; cp --parents d/sub/x e; cp --parents -v d/sub/x e
    chmod 300 d; su nobody; cp --parents d/sub/x e
    chmod 000 d; su nobody; cp --parents -v d/sub/x e
    chmod 555 e; su nobody; cp --parents -v d/sub/x e
    umask 077; cp --parents d/sub/x e; cp -p --parents d/sub/x t
    umask 777; cp --parents d/sub/x e
    umask 777; su nobody; cp --parents d/sub/x e
    umask 300; su nobody; cp -p --parents d/sub/x e; cp --parents --no-preserve=mode d/sub/x t
    chmod 750 d; umask 027; cp --parents --preserve=ownership d/sub/x e; cp --parents --preserve=mode d/sub/x t
    chown 5:6 d; cp --parents --preserve=ownership d/sub/x e; cp -a --parents d/sub/x t
    chown 5:6 d; chmod 777 d; cp -a --parents d/sub/x t
    touch -d @77.5 d d/sub; cp --parents -p d/sub/x e; cp --parents --preserve=timestamps d/sub/x t
    setfacl u:1000:rx d; setfacl d:u:1000:rx d/sub; cp --parents -p d/sub/x e; cp --parents d/sub/x t
    chmod 777 t/d; cp --parents -v d/f t; cp -p --parents -v d/sub/x t
    chmod 777 t/d; chmod 777 d; su nobody; cp -p --parents -v d/sub/x t
"""


@pytest.mark.parametrize("option", LONGS)
def test_every_beginning_of_an_option_means_what_it_means_to_gnu(cp_same, option):
    beginnings = [option[:end] for end in range(3, len(option) + 1) if not "--version".startswith(option[:end])]
    cp_same("; ".join(f"cp {beginning}; cp {beginning}=x" for beginning in beginnings))


@pytest.mark.parametrize("line", lines_of(VALUES))
def test_values_are_taken_and_refused_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(EXCLUDING))
def test_options_exclude_each_other_as_with_gnu(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(TARGETS))
def test_targets_are_found_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(ONTO_ITSELF))
def test_files_are_copied_onto_themselves_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(PARENTS))
def test_directories_above_are_made_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


def test_order_of_options_counts_as_with_gnu(cp_same):
    words = ("-i", "-n", "-f", "-u", "--update=none", "--update=none-fail", "--update=all", "-b", "--backup=none")
    pairs = [f"{first} {second}" for first in words for second in words]
    cp_same("; ".join(f"echo f > f; echo g > g; touch -d @5 f; touch -d @9 g; cp -v {pair} f g" for pair in pairs))


@pytest.mark.parametrize("line", ["--sparse=x", "--backup=n a b", "-bn", "é", "-t e -t e", "--spé"])
def test_installed_program_tells_mistakes_in_the_users_locale_as_gnu_does(aio, line):
    compare(aio, "cp", *line.split(), env={"LC_ALL": "C.UTF-8"}, since=(9, 10))
