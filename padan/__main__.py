"""`python -m padan`."""

from padan.cli import main

main()
