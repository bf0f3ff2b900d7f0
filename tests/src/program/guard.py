# Runs the program named by its arguments while standard input stays open. It closes when
# the test program ends for any reason. Then this script kills the program and all its
# descendants, in any process group or session: orphaned descendants become children of
# this process.
import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


def watch():
    while os.read(0, 1):
        pass
    program.kill()


def children():
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children") as listed:
                yield from map(int, listed.read().split())
        except FileNotFoundError:
            pass  # The thread has ended; its children are another's.


if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("orphans cannot be adopted")
program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=watch, daemon=True).start()
program.wait()
while True:
    for child in list(children()):
        os.kill(child, signal.SIGKILL)
    try:
        os.wait()
    except ChildProcessError:
        break
