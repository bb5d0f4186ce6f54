"""Reads llvm-cov's summary and prints the share of lines by room, then the files that readers are made of."""
import collections
import json
import sys

rooms = collections.defaultdict(lambda: [0, 0])
files = []
for entry in json.load(sys.stdin)['data'][0]['files']:
    if '/src/' not in entry['filename'] and not entry['filename'].startswith('src/'):
        continue
    path = entry['filename'].split('src/')[-1]
    lines = entry['summary']['lines']
    rooms[path.split('/')[0]][0] += lines['covered']
    rooms[path.split('/')[0]][1] += lines['count']
    files.append((path, lines['covered'], lines['count']))
for name, (covered, count) in sorted(rooms.items()):
    print(f'{covered / max(count, 1):6.1%}  {name}')
for path, covered, count in sorted(files):
    if path.split('/')[0] in ('format', 'codec') or 'document' in path or 'varlen' in path or 'sealed_layer' in path:
        print(f'    {covered / max(count, 1):6.1%}  {path} ({count} lines)')
