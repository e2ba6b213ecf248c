"""What is started for a test ends with it, also where the test itself is killed."""

import ctypes
import signal

PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Linux only. As `preexec_fn`, or within the child."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
