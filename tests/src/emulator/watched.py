# Runs ministack for as long as standard input stays open: it closes when the
# test program ends, in whatever way. Then the whole process group is killed,
# functions included.
import os
import signal
import sys
import threading

from ministack.app import main


def watch():
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


threading.Thread(target=watch, daemon=True).start()
sys.argv = ["ministack"]
main()
