"""session.py SECONDS PROGRAM CORPUS [FOLDER]: lets one fuzzer run. What it finds new is kept in FOLDER (empty at first by default). A
program whose name ends in _planted has to find its planted bug within two minutes instead. Leaks are looked for where the corpus is replayed: here that takes most of the
time."""
import os
import re
import subprocess
import sys
import time

PLANTED_SECONDS = 120


def main():
    seconds, program, corpus = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    found = sys.argv[4] if len(sys.argv) > 4 else 'found'
    os.makedirs(found, exist_ok=True)
    planted = program.endswith('_planted')
    start = time.time()
    run = subprocess.run([program, found, corpus, f'-max_total_time={PLANTED_SECONDS if planted else seconds}', '-timeout=20',
                          '-rss_limit_mb=2048', '-malloc_limit_mb=256', '-max_len=65536', '-print_final_stats=1', '-detect_leaks=0',
                          f'-artifact_prefix={found}-'], stderr=subprocess.PIPE, text=True, errors='replace')
    took = time.time() - start
    units = re.search(r'stat::number_of_executed_units: *(\d+)', run.stderr)
    coverage = re.findall(r' cov: (\d+) ft: (\d+) corp: (\d+)', run.stderr)
    print(f'{os.path.basename(program)}: {took:.0f} s, {units[1] if units else "?"} inputs, '
          f'{coverage[-1][0] if coverage else "?"} edges, {coverage[-1][2] if coverage else "?"} inputs kept')
    if planted:
        if run.returncode and 'heap-buffer-overflow' in run.stderr and 'planted' in run.stderr:
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
