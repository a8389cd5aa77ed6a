"""Options of the scripts. One that is given twice is refused; lists add up (action="extend")."""
import argparse


class Once(argparse.Action):
    given = False

    def __call__(self, parser, namespace, values, option_string=None):
        if self.given:
            parser.error(f"{option_string} is given twice")
        self.given = True
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, allow_abbrev=False,
                         formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        for action in (None, "store"):
            self.register("action", action, Once)
