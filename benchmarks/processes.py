"""Time and memory of whole processes.

Each command runs RUNS times, in turn with the others so that a machine that speeds up or slows down does so
for all of them. Needs GNU time.
"""

import os
import statistics
import subprocess
import sys
import time

RUNS = int(os.environ.get("RUNS", "40"))
MEMORY_RUNS = 9


def measure(commands):
    """Runs each command RUNS times in turn: name -> (median milliseconds, median MiB of MEMORY_RUNS)."""
    times = turns(commands)
    return {name: (statistics.median(times[name]), memory(command)) for name, command in commands.items()}


def turns(commands):
    """Runs each command RUNS times in turn: name -> the milliseconds of each turn.

    A command is its words, its environment, and perhaps a file for its stdin."""
    commands = {name: (*command, os.devnull)[:3] for name, command in commands.items()}
    times = {name: [] for name in commands}
    for turn in range(RUNS + 2):
        for name, (words, environment, stdin) in commands.items():
            started = time.perf_counter()
            pid = os.posix_spawn(
                words[0], words, environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
            )
            _, status = os.waitpid(pid, 0)
            spent = time.perf_counter() - started
            if status != 0:
                sys.exit(f"{name} failed: {' '.join(words)}")
            if turn >= 2:  # the first two only warm up
                times[name].append(spent * 1000)
    return times


def memory(command):
    """Returns the median MiB of MEMORY_RUNS runs of a command."""
    words, environment, stdin = (*command, os.devnull)[:3]
    # A child of this process would be counted with the memory that it was forked with.
    timed = [subprocess.run(["/usr/bin/time", "-f", "%M", *words], env=environment, check=True,
                            stdin=open(stdin), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
             for _ in range(MEMORY_RUNS)]
    return statistics.median(int(one.stderr.split()[-1]) for one in timed) / 1024
