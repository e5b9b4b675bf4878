from tests.support.gnu import compare, compare_script, gnu_version
from tests.support.privileges import unprivileged


def test_a(aio):
    compare(aio, "cat", "nope", "--", "-x")
    compare(aio, "cat", "--foo", as_link=True)
    print(
        compare(
            aio,
            "cat",
            "f",
            prepare=lambda f: ((f / "f").write_text("x"), (f / "f").chmod(0)),
            prefix=unprivileged(),
            tree=True,
        )
    )
    print(compare_script(aio, "cat", "(read line; cat) <f"))
    print(gnu_version())
