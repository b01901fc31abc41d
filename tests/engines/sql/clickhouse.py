"""A client of ClickHouse without a server: runs the statements on standard input and stops at the first that fails.

clickhouse.py FOLDER
"""

import sys

from chdb import session

database = session.Session(sys.argv[1])
# Statements end with a `;` at the end of a line.
for statement in sys.stdin.read().split(";\n"):
    if not statement.strip(" \n;"):
        continue
    try:
        sys.stdout.write(str(database.query(statement, "CSV")).replace(",", "|").replace('"', ""))
    except Exception as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
