"""What a copy takes over, by both programs: modes, owners, times, extended attributes, access control lists."""

from __future__ import annotations

import pytest

from tests.support.duel import lines_of

PREPARE = """
    mkdir -p d/sub d/closed e t/d/sub; echo f > f; echo g > g; chmod 640 f; touch -d @1234567890.123456789 f; echo
    x > x; chmod 4755 x; chmod 2755 g; echo y > d/f; chmod 400 d/f; touch -d @999.000000001 d d/f; chmod 2775
    d/sub; echo z > d/sub/z; chmod 604 d/sub/z; chmod 1777 e; echo old > t/d/f; chmod 666 t/d/f; ln -s f soft;
    touch -d @77 soft; ln -s f d/soft; touch -d @78.5 d/soft; echo r > r; chmod 0 r
"""

MODES = """
    cp f g x r new
    cp f new; cp x newx; cp g newg; cp r newr; cp r newr
    cp f g; cp x r; cp r x
    cp -p f g; cp -p x r; cp -p r f
    umask 000; cp f new; cp -r d new2
    umask 077; cp f new; cp -r d new2; cp -p f new3; cp -a d new4
    umask 027; cp x new; cp -r d new2; cp -p x new3
    umask 777; cp f new; cp -p f new2
    umask 777; cp -r d new
    umask 277; cp -r d new
    umask 077; cp -r d e; cp -r d e
    umask 077; cp -r d t; cp -a d t
    cp --preserve=mode f new; cp --preserve=mode f x
    cp --preserve=mode f g x r e
    cp --no-preserve=mode f new; cp --no-preserve=mode x new2; cp --no-preserve=mode r new3
    cp --no-preserve=mode f x; cp -p --no-preserve=mode x f
    umask 077; cp --no-preserve=mode f new; cp -r --no-preserve=mode d new2
    cp -r --no-preserve=mode d new; cp -a --no-preserve=mode d new2
    cp -r --no-preserve=mode d t
    umask 000; cp -r --no-preserve=mode d new
    cp -r --preserve=mode d new
    cp -r --preserve=mode d t
    cp -r d new
    cp -r d t
    cp -a d t
    cp -p -r d t
    chmod 2777 e; cp f e; cp -r d e
    chmod 2777 e; cp -p f e; cp -a d e
    chmod 2777 e; chown 5:6 e; cp f x e; cp -r d e
    chmod 2777 e; chown 5:6 e; cp -p f x e; cp -a d e
    chmod 2777 e; chown 5:6 e; cp -r --no-preserve=mode d e; umask 077; cp -r --no-preserve=mode d e/x
    chmod 2777 e; chown 5:6 e; su nobody; cp f x e; cp -r d e; cp -a d e/x
    chmod 0 d/closed; cp -r d new; cp -r d new; cp -a d new
    chmod 111 d/sub; chmod 333 d/closed; cp -r d new; cp -a d new2
    chmod 7777 d; cp -r d new; cp -a d new2; cp -r --no-preserve=mode d new3
    chmod 7777 d/f; cp d/f new; cp -p d/f new2; umask 0; cp d/f new3
    mkfifo p; chmod 6 p; mksock s; chmod 7777 s; cp -r p s e; cp -a p s t
    mkfifo p; umask 0; cp -r p new; umask 077; cp -r p new2; cp -rp p new3
    mkfifo p; mksock s; chmod 642 p; cp -r --no-preserve=mode p new; cp -r --no-preserve=mode s news; cp -rp --no-preserve=mode p new3
    mknod n c 1 3; chmod 666 n; umask 027; cp -r n new; cp -a n new2; cp -r --no-preserve=mode n new3
    mknod n b 7 99; chmod 606 n; cp -a n new; cp -al n new2
    cp --parents d/sub/z e; cp --parents -p d/sub/z t; umask 077; cp --parents d/sub/z t/d
    chmod 700 d; cp --parents d/sub/z e; cp --parents --no-preserve=mode d/sub/z t
    chmod 555 d d/sub; cp -r --parents d/sub e; cp -a --parents d/sub t
    chmod 555 d/sub; chmod 500 d; su nobody; cp -r d e; cp -r d e; cp -a d t
    chmod 555 d/sub; chmod 500 d; su nobody; cp --parents d/sub/z e; cp -p --parents d/sub/z t
    chmod 0 d/sub; su nobody; cp -r d e; cp -a d t
    chmod 333 d/sub; su nobody; cp -r d e; cp -a d t
    chmod 444 d/sub; su nobody; cp -r d e; cp -av d t
    chmod 0 d/sub/z; su nobody; cp -rv d e; cp -av d t
    chmod 0 d/sub/z; ln d/sub/z d/hard; su nobody; cp -av d new; cp -av d/hard d/sub/z e
    chmod 555 e; su nobody; cp -rv d d e
    chmod 0 t/d; su nobody; cp -rv d t
    chmod 333 t/d; su nobody; cp -rv d t
    chmod 444 t/d; su nobody; cp -rv d t
    chmod 555 t/d; su nobody; cp -rv d t
    chmod 555 t/d/sub; su nobody; cp -rv d t; cp -av d t
    chmod 555 t; su nobody; cp -rv d t/new; cp -rv f t/new; cp -rv soft t; cp -lv f t; cp -sv $PWD/f t; cp --parents f d/f t
    chmod 555 .; su nobody; cp f new; cp f g; cp -p f g; cp -r d new; mkfifo e/p; cp -r e/p new
    chmod 0 e; su nobody; cp f e; cp f e/new; cp e/x new; cp -t e f; cp -T f e; cp -r e new; cp f g e/
    chmod 0 d; su nobody; cp -r d e; cp d/f e; cp --parents d/f e; cp -l d/f new; cp -s d/f new2; cp -u d/f new3
    chmod 777 d; su nobody; cp r new; cp r f new; cp -l r new; cp f r; cp -f f r; cp -p x new2; cp -p g new3
"""  # noqa: E501

OWNERS = """
    chown 1:2 f d/f d/sub soft d/soft; cp -p f new; cp -a d new2
    chown 1:2 f d/f d/sub soft d/soft; cp f new; cp -r d new2; cp -d soft new3
    chown 1:2 f d/f d/sub soft d/soft; cp --preserve=ownership f new; cp -r --preserve=ownership d new2
    chown 1:2 f d/f d/sub soft d/soft; cp -P -p soft new; cp -a soft new2; cp -dp soft e
    chown 1:2 x g; cp -p x new; cp --preserve=ownership x new2; cp --preserve=mode x new3; cp -p g new4
    chown 1:2 x; chown 3:4 g; cp -p x g
    chown 1:2 x; chown 3:4 g; cp --preserve=ownership x g; cp --preserve=mode x g
    chown 1:2 x; chown 3:4 f; cp x f
    chown 1:2 x; chown 3:4 f; cp --remove-destination x f; cp -fp x f
    chown 1:2 d t/d t/d/sub; cp -r d t; cp -a d t; chown 5:6 t/d/f; cp -a d t
    chown 1:2 f x; su nobody; chown 1:2 f x; cp -p f new; cp -p x new2; cp --preserve=ownership x new3; cp -a f new4
    chown 1:2 f; su nobody; chown 1:2 x g; chmod 6755 g; cp -a x g e; cp -r g e/new
    su nobody; chown 65534:2 x; chown 3:65534 g; chmod 6755 g; cp -a x new; cp -a g new2
    su nobody; chown 1:2 d/f d/sub soft; cp -a d e; cp -a soft new
    su nobody; chown 1:2 t/d t/d/f; chmod 777 t/d; cp -a d t; cp -p f t/d/f
    su nobody; chown 1:2 t/d/f; chmod 666 t/d/f; cp f t/d/f; cp -p f t/d/f; cp --preserve=mode f t/d/f; cp --preserve=timestamps f t/d/f
    su nobody; chown 1:2 t/d/f; chmod 644 t/d/f; chmod 777 t/d; cp f t/d/f; cp -f f t/d/f
    mkfifo p; mksock s; chown 1:2 p s; chmod 7777 p; cp -a p s e; cp -rp p s t; cp -r p t/new
    mknod n c 1 3; chown 1:2 n; cp -a n new; su nobody; cp -r n new2; cp -a n new3
    chown 1:2 d d/sub d/sub/z; cp -p --parents d/sub/z e; cp --parents d/sub/z t
    chown 1:2 f; cp -pl f new; cp -ps f new2; cp -p --attributes-only f g
"""  # noqa: E501

TIMES = """
    cp -p f new; cp f new2
    cp --preserve=timestamps f new; cp --preserve=timestamps f g
    cp -a d new; cp -r --preserve=timestamps d new2; cp -rp d t
    cp -r d new; cp -rp d new
    cp -a soft new; cp -P --preserve=timestamps soft new2; cp -P soft new3
    touch -d @0.000000001 f; cp -p f new
    touch -d @4000000000.999999999 g; cp -p g new
    touch -d @9999999999 g; cp -p g new
    mkfifo p; mksock s; touch -d @5.5 p s; cp -a p s e; cp -r p s t; cp -rp s new
    cp -p --no-preserve=timestamps f new; cp -a --no-preserve=timestamps d new2
    cp -a --no-preserve=all d new; cp -a --no-preserve=mode,ownership f new2
    cp -p --parents d/sub/z e; cp --preserve=timestamps --parents d/f d/sub t; cp -a --parents d/sub t
    cp -pu f new; cp -pu f new; cp -au d new2; cp -au d new2
    cp -pf f x; cp -pb f g; cp -p --remove-destination f x
    cp -pl f new; cp -ps f new2
    mkdir -p t/d/soft; cp -a d t
"""

EXTENDED = """
    setfattr -n user.a -v 1 f; setfattr -n user.b -v '' f; cp f new; cp -p f new2; cp -a f new3; cp --preserve=xattr f new4
    setfattr -n user.a -v 1 f; setfattr -n user.a -v 2 g; setfattr -n user.g -v 2 g; cp f g; cp --preserve=xattr f g
    setfattr -n user.a -v 1 f; setfattr -n user.a -v 2 g; setfattr -n user.g -v 2 g; cp -a f g; cp -af f g
    setfattr -n user.a -v 1 f; cp -a --no-preserve=xattr f new; cp --preserve=all f new2; cp -d --preserve=all --no-preserve=xattr f new3
    setfattr -n user.d -v 1 d; setfattr -n user.s -v 1 d/sub; setfattr -n user.f -v 1 d/f; cp -r d e; cp -a d t; cp -r --preserve=xattr d new
    setfattr -n trusted.a -v 1 f; setfattr -n security.b -v 1 f; setfattr -n user.c -v 1 f; cp -a f new; cp --preserve=xattr f new2
    setfattr -n trusted.a -v 1 f; setfattr -n security.b -v 1 f; setfattr -n user.c -v 1 f; su nobody; cp -a f new; cp -p f new2
    setfattr -n trusted.l -v 1 soft; cp -a soft new; cp -P --preserve=xattr soft new2; cp -P soft new3
    mkfifo p; setfattr -n trusted.p -v 1 p; mknod n c 1 3; setfattr -n trusted.n -v 1 n; cp -a p n e; cp -r --preserve=xattr p n t
    setfattr -n user.a -v 1 f; cp --attributes-only --preserve=xattr f g; cp --attributes-only -a f x; cp --attributes-only f new
    setfattr -n user.a -v 1 f; chmod 444 f; su nobody; cp --preserve=xattr f new; cp -a f new2; cp -a f new3
    setfattr -n user.a -v 1 f; chmod 222 g; su nobody; cp -a f g; cp --preserve=xattr f g
    setfattr -n user.a -v 1 f; chmod 444 f; su nobody; cp --preserve=xattr --no-preserve=mode f new
    setfattr -n user.d -v 1 d; setfattr -n user.s -v 1 d/sub; cp --preserve=xattr --parents d/sub/z e; cp -a --parents d/sub/z t
    setfattr -n user.a -v 1 f; cp --preserve=xattr f /proc/self/comm
    setfacl u:1000:r f; cp f new; cp -p f new2; cp --preserve=mode f g; cp -a f e; cp --preserve=xattr f t
    setfacl u:1000:rwx f; cp --no-preserve=mode f new; cp -p --no-preserve=mode f new2; umask 077; cp f new3; cp -p f new4
    setfacl u:1000:rwx g; cp f g
    setfacl u:1000:rwx g; cp --preserve=mode f g; setfacl u:1001:r f; cp -p f g; cp -a f g
    setfacl u:1000:r d; setfacl d:u:1001:rw d; setfacl d:u:1001:rwx d/sub; cp -r d e; cp -a d t; cp -rp d new
    setfacl d:u:1001:rw e; cp f x e; cp -r d e; umask 077; cp f e/new; cp -r d e/new2
    setfacl d:u:1001:rw e; cp --no-preserve=mode f x e; cp -r --no-preserve=mode d e
    setfacl d:u:1001:rw e; cp --parents d/sub/z e; mkfifo p; cp -r p e
    setfacl d:u:1001:rw t/d; setfacl u:1001:rw t/d; cp -r d t
    mkfifo p; setfacl u:1000:r p; cp -a p new; cp -r p new2; mksock s; setfacl u:1000:r s; cp -rp s new3
    setfacl u:1000:r f; chmod 2640 f; setfacl u:1000:rw x; su nobody; cp -p f new; cp -a x new2; cp x new3
    setfacl u:1000:r f; setfattr -n user.a -v 1 f; cp -pl f new; cp -p --attributes-only f g; cp -ab f x
"""  # noqa: E501

LISTS = """
    cp --preserve f new; cp --preserve= f new2
    cp --preserve=mode,ownership,timestamps f new
    cp --preserve=all f new; cp --preserve=all,mode f new2
    cp --preserve=x f new
    cp --preserve=mode,x f new
    cp --preserve=mode, f new
    cp --preserve=t f new; cp --preserve=own,time f new; cp --preserve=c f new
    cp --preserve=context f new
    cp --preserve=all f new
    cp --preserve=links,xattr f g e
    cp --no-preserve=x f new
    cp --no-preserve f new
    cp --no-preserve=all f new
    cp -p --no-preserve=links f new; cp -a --no-preserve=xattr,context f new2
    cp --preserve=mode --no-preserve=mode f new; cp --no-preserve=mode --preserve=mode x new2
    cp -p --no-preserve=mode --preserve=mode x new; cp --no-preserve=mode -p x new2
    cp --no-preserve=mode --preserve=ownership x new; cp --no-preserve=mode -a x new2
    cp -Z f new
    cp --context f new
    cp --context=x f new
    cp -Z --preserve=context f new
    cp --preserve=context --context=x f new
    cp --context --no-preserve=context f new
    cp -aZ f new
    cp --attributes-only f new; cp --attributes-only f g; cp --attributes-only -p f x; cp --attributes-only x newx
    cp --attributes-only -r d new; cp --attributes-only -a d t; cp --attributes-only -b f g
    cp --attributes-only --reflink=always f new
    cp --attributes-only f nodir/new; cp --attributes-only nope g; cp --attributes-only d new; cp --attributes-only r new
    su nobody; cp --attributes-only r new; cp --attributes-only -p f r; cp --attributes-only f r; cp --attributes-only -f f r
"""  # noqa: E501


@pytest.mark.parametrize("line", lines_of(MODES))
def test_modes_are_given_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(OWNERS))
def test_owners_are_kept_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(TIMES))
def test_times_are_kept_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(EXTENDED))
def test_extended_attributes_and_lists_are_kept_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; {line}")


@pytest.mark.parametrize("line", lines_of(LISTS))
def test_lists_of_attributes_mean_what_they_mean_to_gnu(cp_same, line):
    cp_same(f"{PREPARE}; {line}")
