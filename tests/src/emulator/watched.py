# Runs ministack while standard input stays open. It closes when the test program ends for
# any reason. Then this script kills the whole process group, including the functions.
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
