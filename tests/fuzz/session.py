"""session.py SECONDS PROGRAM CORPUS [FOLDER]: lets one fuzzer run and prints what its corpus reaches and what came to that. What it finds new
is kept in FOLDER; without one, in a test, it begins with nothing and always draws the same numbers. A program whose name ends in _planted has to
find its planted bug within five minutes instead, and not in the corpus. Leaks are looked for where the corpus is replayed: here that takes most of
the time.
A search for a planted bug begins anew with other numbers every minute: one that has gone astray seldom finds back."""
import os
import re
import subprocess
import sys
import time

PLANTED_SECONDS = 300
PLANTED_TURN_SECONDS = 60


def session(program, folders, seconds, found, more):
    return subprocess.run([program] + folders + [f'-max_total_time={seconds}', '-timeout=20', '-rss_limit_mb=2048', '-malloc_limit_mb=256',
                                                 '-max_len=65536', '-print_final_stats=1', '-detect_leaks=0', f'-artifact_prefix={found}-'] + more,
                          stderr=subprocess.PIPE, text=True, errors='replace')


def main():
    seconds, program, corpus = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    found = sys.argv[4] if len(sys.argv) > 4 else 'found'
    os.makedirs(found, exist_ok=True)
    planted = program.endswith('_planted')
    start = time.time()
    if planted:
        for turn in range(PLANTED_SECONDS // PLANTED_TURN_SECONDS):
            os.makedirs(os.path.join(found, str(turn)), exist_ok=True)
            run = session(program, [os.path.join(found, str(turn)), corpus], PLANTED_TURN_SECONDS, found, [f'-seed={turn + 1}'])
            if run.returncode:
                break
    else:
        run = session(program, [found, corpus], seconds, found, [] if len(sys.argv) > 4 else ['-seed=1'])
    took = time.time() - start
    units = re.search(r'stat::number_of_executed_units: *(\d+)', run.stderr)
    coverage = re.findall(r'(\w+) +cov: (\d+) ft: (\d+) corp: (\d+)', run.stderr)
    first = [c for c in coverage if c[0] == 'INITED']
    print(f'{os.path.basename(program)}: the corpus reaches {first[0][1] if first else "?"} edges with {first[0][3] if first else "?"} inputs; '
          f'after {took:.0f} s and {units[1] if units else "?"} inputs {coverage[-1][1] if coverage else "?"} edges with '
          f'{coverage[-1][3] if coverage else "?"}')
    if planted:
        if first and run.returncode and 'heap-buffer-overflow' in run.stderr and 'planted' in run.stderr:
            print('has found the planted bug')
            return 0
        print(run.stderr[-4000:])
        print('has NOT found the planted bug')
        return 1
    if run.returncode:
        print(run.stderr[-8000:])
    return run.returncode


if __name__ == '__main__':
    sys.exit(main())
