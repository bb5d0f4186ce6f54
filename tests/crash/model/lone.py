"""A lone array file, whose slots are its log (docs/commits.md): writers over chunks and attributes, folds, compactors, a
trimmer, readers and the original, at every interleaving, killed anywhere, with one power cut anywhere.

A commit is known by the name of its process ('W0'); what it wrote stands in `Lone.writes`. In the folder lie
    'base'  ('B', id, commits in order, record, absorbed slots)
    n       ('D', commit, record)   a layer: all of the array's metadata, and the chunks of that commit
            ('F', base id)          a filler; base id None: it closes a gap
            ('M', base id, absorbed slots)   a marker
    (id,)   a part: a base that waits for its marker, or for its place
`record` is the array's metadata as that layer states it: the set of commits whose attribute it has. A layer whose
record was made over another layer below than it came to lie on shows as an attribute that is gone.

RULES are what the protocol rests on: the search without any one of them finds a violation (run.py).
"""
from functools import lru_cache

from search import after_power_cut, changed, folder_of, names, synced

RULES = {
    'finish-first': 'whoever writes finishes an unfinished compaction first',
    'rebuild-tail': 'the record is made anew over the layer that the new one comes to lie on',
    'conflict': 'what was committed since the handle was opened is compared chunk by chunk',
    'conflict-absorbed': '... also where a compaction has absorbed it meanwhile',
    'own-id': 'a commit whose answer was lost is looked for before it is made again',
    'own-id-absorbed': '... also among what a base has absorbed',
    'create-if-absent': 'a slot is created, never replaced',
    'marker': 'a compaction is committed by a marker in a slot',
    'part-once': 'one rename consumes the part, so that a late compactor finds none',
    'oldest-first': 'absorbed slots become fillers oldest first',
    'filler-not-gap': 'an absorbed slot becomes a filler, and is not removed',
    'orphans-before': 'parts are orphans only if they were there before the own marker was',
    'fold-over-fillers': 'a base that changes values is committed only over fillers',
    'part-is-read': 'as long as a committed base is not in its place it is read from its part',
    'reader-again': 'a filler that names another base than the one read sends a reader back',
    'trim-beyond-base': 'only numbers that the base does not call absorbed are given free',
    'trim-alone': '... and only while no other writer is in a call',
    'sync-before-create': 'the folder is synced before slot n+1 is made, if n was not seen durable',
    'sync-before-answer': 'the folder is synced before a commit is acknowledged',
    'sync-data': 'bytes are synced before they get a name',
    'sync-part': 'the name of a part is durable before a marker names it',
    'sync-fillers': 'the base in its place and the fillers that are seen, whoever made them, are durable before the next filler',
}

CHUNKS = {'init': 'AB', 'old1': 'AB', 'old2': 'A'}


class Lone:
    def __init__(self, processes, writes=(), without=None, power=False, lost_answers=0, after_cut=()):
        """processes: kinds, 'W' writer, 'F' fold, 'C' compactor, 'T' trimmer, 'R' reader, 'O' the original flushes, 'P' it
        compacts. writes: the chunks of process i. after_cut: kinds that start only when power is back."""
        self.kinds = tuple(processes) + tuple(after_cut)
        self.late = len(processes)
        self.without, self.power, self.lost = without, power, lost_answers
        self.writes = dict(CHUNKS)
        for i, kind in enumerate(self.kinds):
            self.writes[f'{kind}{i}'] = writes[i] if i < len(writes) else 'B'

    def rule(self, name):
        return name != self.without

    def start(self):
        base = ('B', 'b0', ('init',), frozenset(['init']), 0)
        disk = folder_of([('base', base), (1, ('D', 'old1', frozenset(['init', 'old1']))),
                          (2, ('D', 'old2', frozenset(['init', 'old1', 'old2'])))])
        processes = tuple(('asleep',) if i >= self.late else (self.first(k),) for i, k in enumerate(self.kinds))
        # folder; commits in order; ids whose bytes are not synced; lost answers; whether power was cut; processes
        return (disk, ('init', 'old1', 'old2'), frozenset(), 0, False, processes)

    @staticmethod
    def first(kind):
        return {'W': 'open', 'F': 'open', 'R': 'list'}.get(kind, 'begin')

    # ---- What is seen ----

    def unfinished(self, d):
        """The slot of the newest marker whose base still waits in its part."""
        return max((n for n in slots(d) if d[n][0] == 'M' and (d[n][1],) in d), default=None)

    def content(self, d):
        """Commits in order and the record, as strata reads them."""
        base = d['base']
        n = self.unfinished(d)
        if n is not None and self.rule('part-is-read'):
            base = d[(d[n][1],)]
        return over(base, [d[n] for n in slots(d) if n > base[4]])

    # ---- Steps ----

    def steps(self, state):
        disk, order, dirty, lost, cut, processes = state
        for i, process in enumerate(processes):
            name = f'{self.kinds[i]}{i}'
            step = getattr(self, 'at_' + process[0].replace('-', '_'), None)
            if step is None:
                continue
            for label, after, *change in step(name, state, names(disk), *process[1:]):
                new = {'disk': disk, 'order': order, 'dirty': dirty, 'lost': lost}
                if change:
                    new.update(change[0])
                others = processes[:i] + (after,) + processes[i + 1:]
                yield f'{name}: {label}', (new['disk'], new['order'], new['dirty'], new['lost'], cut, others)
        if self.power and not cut:
            yield from self.power_cut(state)

    def power_cut(self, state):
        disk, order, dirty, lost, _, processes = state
        for kept in after_power_cut(disk):
            d = {n: ('torn',) if v[0] in 'BD' and v[1] in dirty else v for n, v in names(kept).items()}
            dead = tuple(p if p[0] in ('done', 'conflict') else
                         (self.first(self.kinds[i]),) if p[0] == 'asleep' else ('dead',) for i, p in enumerate(processes))
            survivors = order
            if not any(v[0] == 'torn' for v in d.values()):
                here = set(self.content(d)[0])
                survivors = tuple(c for c in order if c in here)
            yield f'power cut, {sorted(map(str, d))} are left', (folder_of(d.items()), survivors, frozenset(), lost, True, dead)

    def change(self, state, *change):
        return {'disk': changed(state[0], change, self.power and not state[4])}

    # A writer's handle is whole at one state: how a reader gets there is what 'R' searches.
    def at_open(self, name, state, d):
        commits, _ = self.content(d)
        yield f'opens at {commits}', ('flush', commits, None)

    def at_flush(self, name, state, d, seen, tried):
        n = self.unfinished(d)
        if n is not None and self.rule('finish-first'):
            yield f'finishes marker {n} first', ('place', d[n][1], d[n][2], ('flush', seen, tried))
            return
        commits, record = self.content(d)
        if tried and self.rule('own-id'):
            mine = commits if self.rule('own-id-absorbed') else [d[n][1] for n in slots(d) if d[n][0] == 'D']
            if name in mine:
                yield 'finds its commit made', ('answer', seen)
                return
        others = commits
        if not self.rule('conflict-absorbed'):
            others = [d[n][1] for n in slots(d) if d[n][0] == 'D']
        against = [c for c in others if c not in seen and c != name and set(self.writes[c]) & set(self.writes[name])]
        if against and self.rule('conflict'):
            yield f'conflict with {against}', ('conflict', seen)
            return
        top = max(slots(d), default=0)
        gap = next((k for k in range(1, top) if k not in d), None)
        if gap:
            yield f'closes gap {gap}', ('flush', seen, tried), self.change(state, (gap, ('F', None)))
        elif name[0] == 'F' and any(d[n][0] == 'D' for n in slots(d)) and self.rule('fold-over-fillers'):
            if d['base'][4] >= max(n for n in slots(d) if d[n][0] == 'D'):
                yield 'fills what is absorbed', ('fill', d['base'][1], d['base'][4], ('flush', seen, tried))
            else:
                yield from self.stage(name, state, d, commits, record, ('flush', seen, tried))
        elif name[0] == 'F':
            yield from self.stage(name, state, d, commits + (name,), record | {name}, ('answer', seen), seen)
        else:
            made = record if self.rule('rebuild-tail') else tried or record
            step = ('create', top + 1, seen, made | {name})
            if self.power and self.rule('sync-before-create'):
                yield f'sees {commits}, wants {top + 1}, syncs', step, {'disk': synced(state[0])}
            else:
                yield f'sees {commits}, wants {top + 1}', step

    def at_create(self, name, state, d, n, seen, record):
        order, dirty = state[1], state[2]
        if n in d and self.rule('create-if-absent'):
            yield f'slot {n} is taken', ('flush', seen, record)
            return
        made = {**self.change(state, (n, ('D', name, record))), 'order': order + (name,)}
        if not self.rule('sync-data'):
            made['dirty'] = dirty | {name}
        yield f'creates slot {n}', ('answer', seen), made
        if state[3] < self.lost:
            yield f'creates slot {n}, the answer is lost', ('flush', seen, record), {**made, 'lost': state[3] + 1}
            yield 'cannot create, the answer is lost', ('flush', seen, record), {'lost': state[3] + 1}

    def at_answer(self, name, state, d, seen):
        durable = self.power and self.rule('sync-before-answer')
        yield 'OK', ('done', seen), {'disk': synced(state[0])} if durable else {}

    # ---- Compaction ----

    def stage(self, name, state, d, commits, record, after, fold_of=None):
        j = max(slots(d), default=0)
        part = (f'{name}@{j + 1}{"f" if fold_of is not None else ""}',)
        base = ('B', part[0], commits, record, j)
        change = self.change(state, (part, base))
        if self.power and self.rule('sync-part'):
            change = {'disk': synced(change['disk'])}
        if not self.rule('sync-data'):
            change['dirty'] = state[2] | {part[0]}
        orphans = frozenset(p for p in d if isinstance(p, tuple))
        yield f'stages {commits}, absorbs to {j}', ('mark', part[0], j, orphans, after, fold_of), change

    def at_begin(self, name, state, d):
        if name[0] == 'C':
            n = self.unfinished(d)
            if n is not None and self.rule('finish-first'):
                yield f'finishes marker {n} first', ('place', d[n][1], d[n][2], ('begin',))
            elif any(d[n][0] == 'D' and n > d['base'][4] for n in slots(d)):
                commits, record = self.content(d)
                yield from self.stage(name, state, d, commits, record, ('done', ()))
            else:
                yield 'has nothing to do', ('done', ())
        elif name[0] == 'T':
            yield from self.trim(state, d)
        elif self.at_rest(state):
            yield from self.original(name, state, d)

    def at_mark(self, name, state, d, part, j, orphans, after, fold_of):
        n = j + 1
        again = ('begin',) if name[0] == 'C' else ('flush', after[1], None)
        if not self.rule('marker'):
            yield 'goes on without a marker', ('place', part, j, after)
        elif n in d:
            yield f'slot {n} is taken, drops its part', again, self.change(state, ((part,), None))
        else:
            made = self.change(state, (n, ('M', part, j)))
            if fold_of is not None:
                made['order'] = state[1] + (name,)
            yield f'creates marker {n}', ('tidy', part, j, orphans, after), made

    def at_tidy(self, name, state, d, part, j, orphans, after):
        if not self.rule('orphans-before'):
            orphans = frozenset(p for p in d if isinstance(p, tuple) and p != (part,))
        now = synced(state[0]) if self.power else state[0]  # the marker, before anything that follows from it
        gone = [(p, None) for p in sorted(orphans) if p in d]
        if gone:
            now = changed(now, gone, self.power and not state[4])
        yield f'removes orphans {[p[0] for p, _ in gone]}' if gone else 'syncs', ('place', part, j, after), {'disk': now}

    def at_place(self, name, state, d, part, j, after):
        if (part,) not in d:
            yield f'finds part {part} gone', ('fill', part, j, after)
        elif self.rule('part-once'):
            yield f'puts base {part} in place', ('fill', part, j, after), \
                self.change(state, ('base', d[(part,)]), ((part,), None))
        else:
            yield f'reads part {part}', ('copy', d[(part,)], part, j, after)

    def at_copy(self, name, state, d, base, part, j, after):
        yield f'puts a copy of {part} in place', ('fill', part, j, after), \
            self.change(state, ('base', base), ((part,), None))

    def at_fill(self, name, state, d, part, j, after):
        todo = self.unfilled(d, j)
        if not todo:
            yield 'is through', after
            return
        n = todo[0 if self.rule('oldest-first') else -1]
        step = ('replace', n, part, j, after)
        if self.power and self.rule('sync-fillers'):
            yield f'sees data in slot {n}, syncs', step, {'disk': synced(state[0])}
        else:
            yield f'sees data in slot {n}', step

    def unfilled(self, d, j):
        """From the newest down to a filler of a compaction: below that all are fillers."""
        todo = []
        for n in reversed([n for n in slots(d) if n <= j]):
            if d[n][0] != 'F':
                todo.insert(0, n)
            elif d[n][1] is not None:
                break
        return todo

    def at_replace(self, name, state, d, n, part, j, after):
        yield f'slot {n} becomes a filler', ('fill', part, j, after), \
            self.change(state, (n, ('F', part) if self.rule('filler-not-gap') else None))

    # Under a lock that works, as all writers: here, when no other process is in a call.
    def trim(self, state, d):
        if not self.at_rest(state) and self.rule('trim-alone'):
            return
        top = max(slots(d), default=0)
        absorbed = d['base'][4] if self.rule('trim-beyond-base') else 0
        if self.unfinished(d) is None and top > absorbed and d[top][0] in 'FM':
            yield f'trims slot {top}', ('begin',), {'disk': synced(self.change(state, (top, None))['disk'])}
        else:
            yield 'is through', ('done', ())

    # ---- A reader: list, base, then the slots ----

    def at_list(self, name, state, d):
        acknowledged = frozenset(f'{self.kinds[i]}{i}' for i, p in enumerate(state[5]) if p[0] == 'done' and self.kinds[i] in 'WFO')
        yield f'lists {slots(d)}', ('base', tuple(slots(d)), acknowledged)

    def at_base(self, name, state, d, listed, acknowledged):
        yield f'reads base {d["base"][1]}', ('slots', d['base'], tuple(n for n in listed if n > d['base'][4]), (), acknowledged)

    def at_slots(self, name, state, d, base, left, layers, acknowledged):
        if not left:
            commits, record = over(base, layers)
            yield f'has read {commits}', ('read', commits, record, acknowledged)
            return
        n = left[0]
        layer = d.get(n)
        if layer is None or layer[0] == 'F' and layer[1] not in (None, base[1]) and self.rule('reader-again'):
            yield f'slot {n} says another base: again', ('list',)
        elif layer[0] == 'M' and layer[1] != base[1]:
            if (layer[1],) in d and self.rule('part-is-read'):
                yield f'reads the base in its part {layer[1]}', ('slots', d[(layer[1],)], left[1:], (), acknowledged)
            elif self.rule('part-is-read'):
                yield 'the part is gone: again', ('list',)
            else:
                yield f'reads slot {n}', ('slots', base, left[1:], layers, acknowledged)
        else:
            yield f'reads slot {n}', ('slots', base, left[1:], layers + (layer,), acknowledged)

    # ---- The original: only while no process of ours is in a call ----

    def at_rest(self, state):
        return all(p[0] in ('open', 'begin', 'flush', 'list', 'asleep', 'done', 'conflict', 'dead', 'read') for p in state[5])

    def original(self, name, state, d):
        commits, record = original_view(d)
        n = self.unfinished(d)
        if n is not None and d[n][1].endswith('f'):  # a killed fold, of which the original sees nothing
            return
        if name[0] == 'O':
            n = len(slots(d)) + 1  # it counts
            yield f'flushes into slot {n}', ('done', commits), \
                {**self.change(state, (n, ('D', name, record | {name}))), 'order': state[1] + (name,)}
        else:
            gone = [(n, None) for n in slots(d)]
            yield f'compacts {commits}', ('done', ()), self.change(state, ('base', ('B', None, commits, record, 0)), *gone)

    # ---- Invariants (numbers: docs/commits.md, "Invariants") ----

    def wrong(self, state):
        disk, order, _, _, cut, processes = state
        d = names(disk)
        if any(v[0] == 'torn' for v in d.values()):
            return '1: a name leads to bytes that were never synced'
        if slots(d) != list(range(1, len(slots(d)) + 1)):
            return f'7: slots {slots(d)}'
        filled = max((n for n in slots(d) if d[n][0] == 'F' and d[n][1] is not None), default=0)
        if any(d[n][0] != 'F' for n in slots(d) if n < filled):
            return f'7: below the filler in slot {filled} not all are fillers'
        markers = [d[n] for n in slots(d) if d[n][0] == 'M']
        if markers and markers[-1][2] > d['base'][4] and (markers[-1][1],) not in d:
            return f'1: the base {markers[-1][1]} that a marker names is nowhere'
        commits, record = self.content(d)
        if not same(self, (commits, record), order):
            return f'2, 4: strata reads {commits} with attributes {sorted(record)}, committed are {order}'
        if len(set(order)) != len(order):
            return f'5: committed twice: {order}'
        n = self.unfinished(d)
        shown = order[:-1] if n is not None and d[n][1].endswith('f') else order
        if not same(self, original_view(d), shown):
            return f'6: the original reads {original_view(d)}, it should read {shown}'
        acknowledged = []
        for i, p in enumerate(processes):
            name = f'{self.kinds[i]}{i}'
            if p[0] == 'done' and self.kinds[i] in 'WFO':
                if name not in order:
                    return f'2: {name} was acknowledged and is gone'
                acknowledged.append((name, p[1]))
            elif p[0] == 'read' and not cut:
                if not any(same(self, p[1:3], order[:n]) for n in range(len(order) + 1)):
                    return f'3: {name} has read {p[1]} with {sorted(p[2])}, committed are {order}'
                if not p[3] <= set(p[1]):
                    return f'3: {name} has read {p[1]}, without what was acknowledged before: {sorted(p[3])}'
            elif p[0] == 'conflict':
                if not cut and not any(c not in p[1] and set(self.writes[c]) & set(self.writes[name]) for c in order):
                    return f'4: {name} was refused, and nobody has touched its chunks'
        for name, seen in acknowledged:
            for other, other_seen in acknowledged:
                if name < other and name not in other_seen and other not in seen \
                        and set(self.writes[name]) & set(self.writes[other]):
                    return f'4: {name} and {other} overlap, neither saw the other, both were acknowledged'
        return None

    def resting(self, state):
        stuck = [f'{self.kinds[i]}{i} at {p[0]}' for i, p in enumerate(state[5])
                 if p[0] not in ('done', 'conflict', 'dead', 'read', 'asleep')
                 and not (p[0] == 'begin' and self.kinds[i] in 'OPT')]
        return f'stuck: {stuck}' if stuck else None


def slots(d):
    return sorted(n for n in d if isinstance(n, int))


def over(base, layers):
    """What base and layers hold: commits, each where it was written last, and the record of the newest layer."""
    commits, record = list(base[2]), base[3]
    for layer in layers:
        if layer[0] == 'D':
            if layer[1] in commits:
                commits.remove(layer[1])
            commits.append(layer[1])
            record = layer[2]
    return tuple(commits), record


def original_view(d):
    """The original knows of no absorbed slots, and a filler or marker is a layer without arrays."""
    return over(d['base'], [d[n] for n in slots(d)])


def same(model, view, order):
    return newest(view[0], model) == newest(order, model) and view[1] == frozenset(order)


_newest = {}


def newest(commits, model):
    key = (commits, tuple(model.writes.items()))
    if key not in _newest:
        _newest[key] = {chunk: c for c in commits for chunk in model.writes[c]}
    return _newest[key]
