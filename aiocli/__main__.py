"""`python -m aiocli`: the program `aio`."""

from aiocli.cli import main

if __name__ == "__main__":
    main()
