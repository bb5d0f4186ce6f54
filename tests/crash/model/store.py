"""A store, whose log of entries is the truth and whose slots, bases and document are a projection of it (docs/commits.md):
writers over arrays, chunks and attributes, compactors, sweepers and readers, who gives tags and who takes them away, workers
and who adopts what they deliver, at every interleaving, killed anywhere, with one power cut anywhere. Homes are hard links that stay until they are swept, as on a local disk.

Folders, all of which a power cut can set back:
    log      seq: Entry
    layers   id: True        homes; an id says all that the layer holds
    arrays   'base': id, n: id or FILLER         one folder for each array
    root     'atlas': seq
    inbox    'task': attempt  the one task of the one job; an attempt is called as the worker is
An id is ('D', commit, version, record) or ('B', name, commits in order, record); `record` is the array's metadata as that
layer states it: the set of commits whose attribute it has.

lock: None where the lock does not work; else the process that holds it, which may be killed.
RULES are what the protocol rests on: the search without any one of them finds a violation (run.py).
"""
from collections import namedtuple

from past import Entry, Past, Pins
from search import after_power_cut, changed, folder_of, names, synced

RULES = {
    'create-if-absent': 'an entry is created, never replaced',
    'look-again': 'whoever lost a seq looks at what came in between',
    'conflict': 'entries since the handle\'s are compared chunk by chunk',
    'rebuild-tail': 'the record is made anew over the head\'s',
    'own-id': 'a commit whose answer was lost is looked for before it is made again',
    'pinned-by-id': 'a reader takes a layer only with the pinned id',
    'one-seq': 'a handle is at one seq for all arrays',
    'never-reused': 'numbers of slots are not used again',
    'only-placed': 'a compaction absorbs only what is placed',
    'same-bottom': 'a base whose entry lost its seq is kept only if head\'s bottom is still what it absorbs',
    'base-first': 'absorbed slots become fillers only under the base that has them',
    'oldest-first': 'absorbed slots become fillers oldest first',
    'slots-in-order': 'layers are placed in the order of their slots',
    'atlas-last': 'the document is written when all of its arrays are placed',
    'sweep-entry': 'a sweep is in the log before anything is deleted',
    'condemned': 'a writer whose layer was condemned makes it again under another id',
    'condemned-base': '... and so does a compactor',
    'tags-pin': 'a sweep spares what a commit with a tag pins',
    'tag-condemned': 'who gives a commit a tag looks whether a sweep has condemned any of it, not only whether it is there',
    'tag-again': '... and again when the seq was taken',
    'tags-stay': 'each entry takes over the tags of the one before it',
    'attempts': 'an attempt that the state has is not taken again',
    'adopt-again': '... which is looked at whenever a seq was taken',
    'one-manifest': 'the manifest of a task is created, never replaced',
    'adopted-first': 'a manifest is removed when its attempt is in the log',
    'sync-manifest': 'a delivery is durable before it is acknowledged',
    'sync-homes': 'homes are durable before an entry names them',
    'sync-before-create': 'entry h is durable before h+1 is made',
    'sync-entry': 'an entry is durable before anything of it is projected, or acknowledged, whoever made it',
    'sync-slots': 'what is seen in an array\'s folder is durable before the next change there',
    'sync-arrays': 'the arrays\' folders are synced before the document is written',
    'sync-root': 'the document is durable before the commit is acknowledged',
}

FILLER = 'F'
State = namedtuple('State', 'log layers arrays root inbox lost cut kills lock processes')

ARRAYS = 'xy'
FINAL = ('done', 'conflict', 'dead', 'read', 'gone', 'delivered', 'second', 'refused')


class Store(Past):
    def __init__(self, processes, writes=(), without=None, arrays=1, layers=2, power=False, lost_answers=0, lock=False, kills=0,
                 after_cut=''):
        """processes: kinds, 'W' writer, 'C' compactor, 'G' sweeper, 'R' reader, 'T' gives a tag, 'X' takes all away, 'D' worker,
        'A' adopts. writes: what process i writes, as 'xA xB yA'.
        layers: how many lie over the base at first."""
        self.kinds = processes + after_cut
        self.late = len(processes)
        self.without, self.power, self.lost, self.locked, self.kills = without, power, lost_answers, lock, kills
        self.arrays = ARRAYS[:arrays]
        self.old = tuple(f'old{n + 1}' for n in range(layers))
        self.writes = {'init': frozenset(a + c for a in self.arrays for c in 'AB')}
        for c in self.old:
            self.writes[c] = frozenset(a + 'A' for a in self.arrays)
        for i, kind in enumerate(self.kinds):
            self.writes[f'{kind}{i}'] = frozenset((writes[i] if i < len(writes) and writes[i] else 'xB').split())

    def rule(self, name):
        return name != self.without

    def start(self):
        base = ('B', 'b0', ('init',), frozenset(['init']))
        known, ids, log = ['init'], [], {}
        for n, c in enumerate(self.old):
            known.append(c)
            ids.append((n + 1, ('D', c, 0, frozenset(known))))
        # The old commits are one entry: what is searched begins after them.
        log[0] = Entry('full', ('init',) + self.old, tuple(Pins(base, tuple(ids), len(ids) + 1) for _ in self.arrays), frozenset(),
                       frozenset(), frozenset())
        homes = [(base, True)] + [(i, True) for _, i in ids]
        array = folder_of([('base', base)] + ids)
        processes = tuple(('asleep',) if i >= self.late else ('open',) for i in range(len(self.kinds)))
        return State(folder_of(log.items()), folder_of(homes), (array,) * len(self.arrays), folder_of([('atlas', 0)]), folder_of([]), 0, False, 0,
                     None, processes)

    # ---- What is seen ----

    def commits(self, log, up_to=None):
        """All commits in their order, as far as an entry."""
        out = []
        for seq in sorted(log):
            if up_to is not None and seq > up_to:
                break
            if log[seq].kind == 'full':
                out += log[seq].commit
            elif log[seq].kind == 'data':
                out.append(log[seq].commit)
        return tuple(out)

    def touching(self, a, commits):
        return tuple(c for c in commits if any(w[0] == a for w in self.writes[c]))

    def newest(self, a, commits):
        return {w: c for c in commits for w in self.writes[c] if w[0] == a}

    # ---- Steps ----

    def steps(self, s):
        for i, process in enumerate(s.processes):
            name = f'{self.kinds[i]}{i}'
            step = getattr(self, 'at_' + process[0].replace('-', '_'), None)
            if step is None:
                continue
            if self.locked and s.lock not in (None, i) and self.wants_lock(process):
                continue
            for label, after, *change in step(name, s, *process[1:]):
                change = dict(change[0]) if change else {}
                change['processes'] = s.processes[:i] + (after,) + s.processes[i + 1:]
                if self.locked:
                    change['lock'] = i if self.wants_lock(after) and after[0] not in ('look', 'begin') else None
                    if s.lock is not None and s.lock != i:
                        change['lock'] = s.lock
                    if s.lock == i and after[0] in ('look', 'begin'):
                        change['lock'] = i  # again, without letting go
                yield f'{name}: {label}', s._replace(**change)
            if s.kills < self.kills and s.lock == i:  # elsewhere the search need not say so: a killed process moves no more
                dead = s.processes[:i] + (('dead',),) + s.processes[i + 1:]
                yield f'{name}: is killed', s._replace(processes=dead, lock=None, kills=s.kills + 1)
        if self.power and not s.cut:
            yield from self.power_cut(s)

    def wants_lock(self, process):
        return process[0] in ('look', 'create', 'head', 'next', 'act', 'begin', 'base')

    def power_cut(self, s):
        dead = tuple(p if p[0] in FINAL else ('open',) if p[0] == 'asleep' else ('dead',) for p in s.processes)
        for log in after_power_cut(s.log):
            for layers in after_power_cut(s.layers):
                for root in after_power_cut(s.root):
                    for arrays in self.cut_arrays(s.arrays):
                        for inbox in after_power_cut(s.inbox):
                            yield (f'power cut, {self.summary(log, arrays, root)}',
                                   s._replace(log=log, layers=layers, arrays=arrays, root=root, inbox=inbox, cut=True, lock=None,
                                              processes=dead))

    def cut_arrays(self, arrays):
        if not arrays:
            yield ()
            return
        for first in after_power_cut(arrays[0]):
            for rest in self.cut_arrays(arrays[1:]):
                yield (first,) + rest

    def summary(self, log, arrays, root):
        slots = [{n: 'F' if v == FILLER else v[1] for n, v in sorted(names(a).items(), key=str)} for a in arrays]
        return f'left: log to {max(names(log))}, {slots}, document {names(root)["atlas"]}'

    def change(self, s, place, *change):
        power = self.power and not s.cut
        if place in self.arrays:
            k = self.arrays.index(place)
            return {'arrays': s.arrays[:k] + (changed(s.arrays[k], change, power),) + s.arrays[k + 1:]}
        return {place: changed(getattr(s, place), change, power)}

    def at_open(self, name, s):
        head = max(names(s.log))
        if name[0] == 'W':
            yield f'opens at {head}', ('upload', head)
        elif name[0] == 'R':
            yield f'opens at {head}', ('reads', head, (), ())
        elif name[0] == 'T':
            for seq in range(head + 1):
                yield f'wants a tag for {seq}', ('tag', seq)
        elif name[0] == 'X':
            yield 'wants no tags', ('untag',)
        elif name[0] == 'D':
            yield 'works', ('deliver',)
        elif name[0] == 'A':
            attempt = names(s.inbox).get('task')
            yield from [('finds nothing delivered', ('done', None))] if attempt is None else self.take(name, s, attempt)
        elif name[0] == 'C':
            yield 'begins', ('head', ('begin',)) if self.rule('only-placed') else ('begin',)
        else:
            yield from self.list_homes(name, s)

    # ---- Flush ----

    def layer_ids(self, name, s, entry, version):
        touched = {w[0] for w in self.writes[name]}
        return tuple((a, ('D', name, version, record_of(entry.pins[k]) | {name}))
                     for k, a in enumerate(self.arrays) if a in touched)

    def uploaded(self, s, ids):
        change = self.change(s, 'layers', *[(i, True) for _, i in ids])
        return {'layers': synced(change['layers'])} if self.rule('sync-homes') else change

    def at_upload(self, name, s, seen):
        ids = self.layer_ids(name, s, names(s.log)[seen], 0)
        yield 'uploads its layers', ('look', seen, ids, False), self.uploaded(s, ids)

    def at_look(self, name, s, seen, ids, tried):
        log = names(s.log)
        head = max(log)
        since = [log[k] for k in range(seen + 1, head + 1)]
        if tried and self.rule('own-id') and any(e.commit == name for e in since):
            yield 'finds its commit made', ('head', ('done', seen))
            return
        against = [e.commit for e in since if e.kind == 'data' and e.commit != name and self.writes[e.commit] & self.writes[name]]
        if against and self.rule('conflict'):
            yield f'conflict with {against}', ('conflict', seen)
            return
        condemned = any(i in log[head].condemned for _, i in ids) and self.rule('condemned')
        made_over = [i[3] - {name} for _, i in ids]
        fresh = self.layer_ids(name, s, log[head], ids[0][1][2] + 1)
        stale = made_over != [i[3] - {name} for _, i in fresh] and self.rule('rebuild-tail')
        change = {}
        if condemned or stale:
            ids = fresh
            change = self.uploaded(s, ids)
        if self.power and self.rule('sync-before-create'):
            change['log'] = synced(s.log)
        what = 'makes its layers anew, ' if condemned or stale else ''
        yield f'{what}is next after {head}', ('create', seen, ids, head), change

    def at_create(self, name, s, seen, ids, head):
        log = names(s.log)
        if head + 1 in log and self.rule('create-if-absent'):
            if self.rule('look-again'):
                yield f'{head + 1} is taken', ('look', seen, ids, True)
            else:
                yield f'{head + 1} is taken, tries the next', ('create', seen, ids, max(log))
            return
        before = log[head] if self.rule('look-again') else log[max(log)]
        pins = list(before.pins)
        for a, i in ids:
            k = self.arrays.index(a)
            n = pins[k].next if self.rule('never-reused') else max((n for n, _ in pins[k].layers), default=0) + 1
            pins[k] = Pins(pins[k].base, pins[k].layers + ((n, i),), n + 1)
        made = self.change(s, 'log', (head + 1, Entry('data', name, tuple(pins), before.condemned, self.tags(before), before.attempts)))
        yield f'creates entry {head + 1}', ('head', ('done', seen)), made
        if s.lost < self.lost:
            yield f'creates entry {head + 1}, the answer is lost', ('look', seen, ids, True), {**made, 'lost': s.lost + 1}
            yield 'cannot create, the answer is lost', ('look', seen, ids, True), {'lost': s.lost + 1}

    # ---- Projection: anybody may ----

    def at_head(self, name, s, after):
        durable = self.power and self.rule('sync-entry')
        head = max(names(s.log))
        yield f'projects {head}', ('next', head, after), {'log': synced(s.log)} if durable else {}

    def at_next(self, name, s, t, after):
        log = names(s.log)
        what = self.needed(s, log, t)
        if what is None:
            if max(log) > t:
                yield 'head has moved', ('head', after)
            else:
                durable = self.power and self.rule('sync-root')
                yield f'all of {t} is placed', after, {'root': synced(s.root)} if durable else {}
        elif what == 'again' and self.locked and max(log) == t:
            yield 'finds what is not of this log', ('stuck',)
        elif what == 'again':
            yield 'finds what is newer', ('head', after)
        else:
            change = {}
            if self.power and what[0] == 'atlas' and self.rule('sync-arrays'):
                change = {'arrays': tuple(synced(a) for a in s.arrays)}
            elif self.power and what[0] != 'atlas' and self.rule('sync-slots'):
                k = self.arrays.index(what[1])
                change = {'arrays': s.arrays[:k] + (synced(s.arrays[k]),) + s.arrays[k + 1:]}
            yield f'sees need of {shown(what)}', ('act', t, what, after), change

    def needed(self, s, log, t):
        """The next thing to do so that the names are those of entry t; 'again' where something newer lies."""
        atlas = ('atlas', t) if names(s.root)['atlas'] < t else None
        if atlas and not self.rule('atlas-last'):
            return atlas
        for k, a in enumerate(self.arrays):
            d, pins = names(s.arrays[k]), log[t].pins[k]
            older = {log[q].pins[k].base for q in range(t + 1)}
            pinned = dict(pins.layers)
            missing = [n for n in sorted(pinned) if n not in d]
            if missing:
                gap = next((n for n in range(1, missing[0]) if n not in d), None)
                if gap:
                    return 'fill', a, gap, None
                n = missing[0] if self.rule('slots-in-order') else missing[-1]
                return 'put', a, n, pinned[n]
            if any(d[n] != i for n, i in pinned.items()):
                return 'again'
            absorbed = [n for n in sorted(k for k in d if k != 'base') if n not in pinned and d[n] != FILLER and n < pins.next]
            if d['base'] != pins.base:
                if d['base'] not in older:
                    return 'again'
                if self.rule('base-first') or not absorbed:
                    return 'base', a, pins.base
            if absorbed:
                n = absorbed[0 if self.rule('oldest-first') else -1]
                return 'fill', a, n, d[n]
        return atlas

    def at_act(self, name, s, t, what, after):
        again, d = ('next', t, after), None
        if what[0] != 'atlas':
            d = names(s.arrays[self.arrays.index(what[1])])
        if what[0] == 'put':
            _, a, n, i = what
            if n in d:
                yield f'slot {n} is taken', again
            elif i not in names(s.layers):
                yield 'the home is gone', ('head', after)
            else:
                yield f'places {i[1]} in slot {n}', again, self.change(s, a, (n, i))
        elif what[0] == 'base':
            _, a, i = what
            if i not in names(s.layers):
                yield 'the home of the base is gone', ('head', after)
            else:
                yield f'puts base {i[1]} in place', again, self.change(s, a, ('base', i))
        elif what[0] == 'fill':
            _, a, n, seen = what
            if seen is None and n in d:
                yield f'slot {n} is taken', again
            else:
                yield f'slot {n} becomes a filler', again, self.change(s, a, (n, FILLER))
        else:
            yield f'writes the document of {what[1]}', again, self.change(s, 'root', ('atlas', what[1]))

    # ---- Compaction of the first array ----

    def at_begin(self, name, s):
        log = names(s.log)
        head = max(log)
        pins, d = log[head].pins[0], names(s.arrays[0])
        if self.rule('only-placed') and any(d.get(n) != i for n, i in pins.layers):
            yield 'not all is placed', ('head', ('begin',))
        elif not pins.layers:
            yield 'has nothing to do', ('done', head)
        else:
            base = ('B', f'{name}@{head}', merged(pins), record_of(pins))
            yield f'stages {base[2]}', ('base', base, pins, head), self.uploaded(s, [(None, base)])

    def at_base(self, name, s, base, absorbs, head):
        log = names(s.log)
        if self.power and self.rule('sync-before-create') and s.log[1]:
            yield 'syncs the log', ('base', base, absorbs, head), {'log': synced(s.log)}
            return
        if head + 1 not in log:
            before = log[head]
            pins = list(before.pins)
            left = tuple(p for p in pins[0].layers if p not in absorbs.layers)
            pins[0] = Pins(base, left, pins[0].next)
            yield f'creates entry {head + 1}', ('head', ('done', None)), \
                self.change(s, 'log', (head + 1, Entry('compact', base[1], tuple(pins), before.condemned, self.tags(before), before.attempts)))
            return
        now = log[max(log)]
        bottom = now.pins[0].base == absorbs.base and now.pins[0].layers[:len(absorbs.layers)] == absorbs.layers
        condemned = base in now.condemned and self.rule('condemned-base')
        if (bottom or not self.rule('same-bottom')) and not condemned:
            yield f'{head + 1} is taken, keeps its base', ('base', base, absorbs, max(log))
        else:
            yield f'{head + 1} is taken, drops its base', ('done', None)

    # ---- Sweep ----

    def list_homes(self, name, s):
        log = names(s.log)
        head = log[max(log)]
        pinned = self.pinned(head)
        if self.rule('tags-pin'):
            for seq in head.tags:
                pinned |= self.pinned(log[seq])
        candidates = frozenset(names(s.layers)) - pinned
        if candidates:
            step = ('fence', candidates, max(log)) if self.rule('sweep-entry') else ('delete', candidates)
            yield f'lists {sorted(i[1] for i in candidates)} as in no commit', step

    def at_fence(self, name, s, candidates, head):
        log = names(s.log)
        if head + 1 in log:
            yield f'{head + 1} is taken', ('open',)
        elif self.power and s.log[1]:
            yield 'syncs the log', ('fence', candidates, head), {'log': synced(s.log)}
        else:
            before = log[head]
            made = Entry('sweep', name, before.pins, before.condemned | candidates, self.tags(before), before.attempts)
            yield f'creates entry {head + 1}', ('fenced', candidates), self.change(s, 'log', (head + 1, made))

    def at_fenced(self, name, s, candidates):
        yield 'syncs the log', ('delete', candidates), {'log': synced(s.log)}

    def at_delete(self, name, s, candidates):
        yield 'deletes them', ('done', None), self.change(s, 'layers', *[(i, None) for i in candidates])

    # ---- A reader: base and slots of one array after the other, at one seq ----

    def at_reads(self, name, s, seq, got, layers):
        if len(got) == len(self.arrays):
            yield 'has read all', ('read', seq, got)
            return
        k = len(got)
        if layers == () and not self.rule('one-seq'):
            seq = max(names(s.log))
        pins = names(s.log)[seq].pins[k]
        wanted = (('base', pins.base),) + pins.layers
        n, i = wanted[len(layers)]
        there = names(s.arrays[k]).get(n)
        if there is not None and not self.rule('pinned-by-id'):
            i = there
        elif there != i and i not in names(s.layers):
            if max(names(s.log)) > seq:
                yield f'{i[1]} is gone, head is newer: again', ('open',)
            else:
                yield f'{i[1]} is nowhere', ('gone', seq)
            return
        layers = layers + (i,)
        if len(layers) == len(wanted):
            got, layers = got + (merged(Pins(layers[0], tuple(enumerate(x for x in layers[1:] if x != FILLER)), 0)),), ()
        yield f'reads {n} of {self.arrays[k]}: {shown((i,))}', ('reads', seq, got, layers)

    # ---- Invariants (numbers: docs/commits.md, "Invariants") ----

    def wrong(self, s):
        log, homes = names(s.log), names(s.layers)
        if sorted(log) != list(range(len(log))):
            return f'2: the log has {sorted(log)}'
        head = log[max(log)]
        order = self.commits(log)
        if len(set(order)) != len(order):
            return f'5: committed twice: {order}'
        for k, a in enumerate(self.arrays):
            pins, d = head.pins[k], names(s.arrays[k])
            for n, i in (('base', pins.base),) + pins.layers:
                if d.get(n) != i and i not in homes:
                    return f'1: {i[1]}, pinned by head, is nowhere'
            mine = self.touching(a, order)
            if self.newest(a, merged(pins)) != self.newest(a, mine) or record_of(pins) != frozenset(mine):
                return f'4: {a} holds {merged(pins)} with attributes {sorted(record_of(pins))}, committed are {mine}'
            if self.locked:
                slots = sorted(n for n in d if n != 'base')
                if slots != list(range(1, len(slots) + 1)):
                    return f'7: slots {slots}'
                wrong = self.wrong_for_original(s, a, d, mine, slots)
                if wrong:
                    return wrong
        for seq in head.tags:
            if not self.is_there(s, log[seq]):
                return f'1: a layer of {seq}, which has a tag, is nowhere'
        tagged = {q for q in log if log[q].kind == 'tag'}
        if tagged and not any(k == 'X' for k in self.kinds) and not head.tags:
            return f'1: the tags of entries {sorted(tagged)} are gone'
        return self.wrong_answers(s, log, order)

    def wrong_for_original(self, s, a, d, mine, slots):
        """What the original reads is the array as one of the commits left it."""
        layers = [(n, d[n]) for n in slots if d[n] != FILLER]
        pins = Pins(d['base'], tuple(layers), 0)
        seen = merged(pins)
        if not set(seen) <= set(mine):
            return f'6: the original reads {seen} of {a}, committed are {mine}'
        if not any(self.newest(a, seen) == self.newest(a, mine[:n]) and record_of(pins) == frozenset(mine[:n])
                   for n in range(len(mine) + 1)):
            return f'6: the original reads {seen} of {a} with attributes {sorted(record_of(pins))}, committed are {mine}'
        atlas = names(s.root)['atlas']
        if not set(self.touching(a, self.commits(names(s.log), atlas))) <= set(seen):
            return f'6: the document is of {atlas}, and of {a} the original reads {seen}'
        return None

    def wrong_answers(self, s, log, order):
        atlas = names(s.root)['atlas']
        if atlas > max(log):
            return f'2: the document is of {atlas}, the log ends at {max(log)}'
        acknowledged = []
        for i, p in enumerate(s.processes):
            name = f'{self.kinds[i]}{i}'
            if p[0] == 'done' and self.kinds[i] == 'W':
                if name not in order:
                    return f'2: {name} was acknowledged and is gone'
                if self.locked and not any(log[q].commit == name for q in range(atlas + 1)):
                    return f'6: {name} was acknowledged, the document is of {atlas}'
                acknowledged.append((name, p[1]))
            elif p[0] == 'conflict' and not s.cut:
                later = [log[q].commit for q in log if q > p[1] and log[q].kind == 'data' and log[q].commit != name]
                if not any(self.writes[c] & self.writes[name] for c in later):
                    return f'4: {name} was refused, and nobody has touched its chunks'
            elif p[0] == 'delivered':
                attempts = [f'{kind}{n}' for n, kind in enumerate(self.kinds) if kind == 'D']
                if 'task' not in names(s.inbox) and not any(a in order for a in attempts):
                    return f'5: {name} has delivered, and nothing of the task is left'
                if 'task' in names(s.inbox) and not any(a in order for a in attempts) and \
                        any(q[0] == 'delivered' for k, q in enumerate(s.processes) if k != i):
                    return f'5: two attempts at the task were acknowledged, and none is in the log'
            elif p[0] == 'refused':
                if not any(self.writes[c] & self.writes[p[1]] for c in order if c != p[1] and c not in self.old + ('init',)):
                    return f'4: {p[1]} was refused, and nobody has touched its chunks'
            elif p[0] == 'stuck':
                return f'6: {name} cannot project the head'
            elif p[0] == 'gone':
                return f'3: {name} finds a layer of head nowhere'
            elif p[0] == 'read' and not s.cut:
                wanted = self.commits(log, p[1])
                for k, a in enumerate(self.arrays):
                    if self.newest(a, p[2][k]) != self.newest(a, wanted):
                        return f'3: {name} at {p[1]} has read {p[2]}, committed there are {wanted}'
        for name, seen in acknowledged:
            for other, other_seen in acknowledged:
                if name != other and self.writes[name] & self.writes[other]:
                    seqs = {log[q].commit: q for q in log if q}
                    if seqs[name] > seqs[other] and seqs[other] > seen:
                        return f'4: {name} overwrites {other}, which it has not seen'
        return None

    def resting(self, s):
        stuck = [f'{self.kinds[i]}{i} at {p[0]}' for i, p in enumerate(s.processes)
                 if p[0] not in FINAL + ('asleep',) and not (p[0] == 'open' and self.kinds[i] == 'G')]
        return f'stuck: {stuck}' if stuck else None


def merged(pins):
    """Commits of a base and the layers over it, each where it was written last."""
    out = list(pins.base[2])
    for _, i in pins.layers:
        if i[1] in out:
            out.remove(i[1])
        out.append(i[1])
    return tuple(out)


def merged_folder(d):
    return merged(Pins(d['base'], tuple((n, d[n]) for n in sorted(k for k in d if k != 'base') if d[n] != FILLER), 0))


def record_of(pins):
    return pins.layers[-1][1][3] if pins.layers else pins.base[3]


def shown(what):
    return ' '.join(str(w[1] if isinstance(w, tuple) else w) for w in what)
