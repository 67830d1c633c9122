"""`python -m webapp.cli`: the command `platea` of whichever interpreter runs it."""

from webapp.cli import main

if __name__ == "__main__":
    main()
