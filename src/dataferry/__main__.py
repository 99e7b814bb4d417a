"""`python -m dataferry`: the command line, where its script is not on the path."""

from dataferry.cli.app import main

if __name__ == "__main__":
    main()
