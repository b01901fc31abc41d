"""A module that travels beside the script."""


def describe(arguments):
    return " ".join(arguments)
