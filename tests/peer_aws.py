#!/usr/bin/env python3
"""peer_aws.py FOLDER: the real `aws` command, loaded once and forked for every call.

Most of a call is Python loading the command's modules, and the tests make hundreds of calls. This puts
an `aws` into FOLDER that hands its arguments, environment, folder and open files to a process that has
them loaded; a fork of that one then is the command, as it comes from PyPI. Ends with its standard input.
"""

import marshal
import os
import selectors
import signal
import socket
import sys
import time
import traceback

import awscli.clidriver
import awscli.handlers

DATA = os.environ["AWS_DATA_PATH"]
CLIENT = """#!{python} -SE
import marshal, os, socket, sys
call = marshal.dumps((sys.argv[1:], dict(os.environ), os.getcwd()))
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(call)
    code = server.recv(1)
sys.exit(code[0] if code else "the loaded aws command ended without an exit code")
"""


def command(connection):
    """What the command's own script does, with the caller's files in the place of these."""
    head, files, _, _ = socket.recv_fds(connection, 4, 3)
    call = connection.makefile("rb").read(int.from_bytes(head, "big"))
    args, environ, folder = marshal.loads(call)
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    os.environ.clear()
    os.environ.update(environ)
    # Loading the command put this into the environment.
    os.environ["AWS_DATA_PATH"] = DATA
    time.tzset()
    os.chdir(folder)
    sys.argv = ["aws", *args]
    return awscli.clidriver.main()


def answer(connection):
    code = 1
    try:
        code = command(connection) or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(bytes([code & 255]))


def main(folder):
    path = os.path.join(folder, "socket")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    new, client = os.path.join(folder, "new"), os.path.join(folder, "aws")
    with open(new, "w", encoding="utf-8") as file:
        file.write(CLIENT.format(python=sys.executable, path=path))
    os.chmod(new, 0o755)
    os.rename(new, client)

    # Nobody waits for the forks, and what interrupts the tests ends this by its standard input.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    either = selectors.DefaultSelector()
    either.register(server, selectors.EVENT_READ)
    either.register(sys.stdin, selectors.EVENT_READ)
    while all(key.fileobj is server for key, _ in either.select()):
        connection, _ = server.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            either.close()
            server.close()
            try:
                answer(connection)
            finally:
                os._exit(0)
        connection.close()
    for left in (client, path):
        os.unlink(left)
    os.rmdir(folder)


main(sys.argv[1])
