"""``python -m frontlines`` does what the command ``frontlines`` does."""

from frontlines.cli.main import main

if __name__ == "__main__":
    main()
