"""Of the model of a store: who gives a tag to a commit and who takes all tags away; workers that deliver, and who adopts. The rules are in
store.py."""
from collections import namedtuple

from search import names, synced

Entry = namedtuple('Entry', 'kind commit pins condemned tags attempts')  # tags: the seqs that have one
Pins = namedtuple('Pins', 'base layers next')  # of one array: id, ((slot, id), ...), next slot


class Past:
    # ---- Tags ----

    def tags(self, before):
        return before.tags if self.rule('tags-stay') else frozenset()

    def pinned(self, entry):
        return {i for p in entry.pins for _, i in p.layers} | {p.base for p in entry.pins}

    def is_there(self, s, entry):
        homes = names(s.layers)
        for k, p in enumerate(entry.pins):
            d = names(s.arrays[k])
            if any(d.get(n) != i and i not in homes for n, i in (('base', p.base),) + p.layers):
                return False
        return True

    def at_tag(self, name, s, seq):
        log = names(s.log)
        head = max(log)
        if not self.is_there(s, log[seq]):
            yield f'{seq} is gone', ('done', None)
        elif self.rule('tag-condemned') and self.pinned(log[seq]) & log[head].condemned:
            yield f'{seq} is condemned', ('done', None)
        else:
            yield f'{seq} is there', ('history', seq, head)

    def at_untag(self, name, s):
        yield 'looks', ('history', None, max(names(s.log)))

    def at_history(self, name, s, seq, head):
        log = names(s.log)
        if self.power and self.rule('sync-before-create') and s.log[1]:
            yield 'syncs the log', ('history', seq, head), {'log': synced(s.log)}
        elif head + 1 in log:
            again = ('untag',) if seq is None else ('tag', seq) if self.rule('tag-again') else ('history', seq, max(log))
            yield f'{head + 1} is taken', again
        else:
            before = log[head]
            tags = frozenset() if seq is None else before.tags | {seq}
            made = Entry('tag', name, before.pins, before.condemned, tags, before.attempts)
            yield f'creates entry {head + 1}', ('head', ('done', None)), self.change(s, 'log', (head + 1, made))

    # ---- Workers build on commit 0, and whoever adopts commits under the attempt's name ----

    def at_deliver(self, name, s):
        if 'task' in names(s.inbox) and self.rule('one-manifest'):
            yield 'another attempt was first', ('second',)
        else:
            yield 'creates its manifest', ('tell',), self.change(s, 'inbox', ('task', name))

    def at_tell(self, name, s):
        yield 'is told so', ('delivered',), {'inbox': synced(s.inbox)} if self.rule('sync-manifest') else {}

    def take(self, name, s, attempt):
        ids = self.layer_ids(attempt, s, names(s.log)[0], 100 * int(name[1:]))
        after = ('adopt', attempt, ids)
        if not self.rule('adopted-first'):
            yield f'removes the manifest of {attempt}', after, {**self.uploaded(s, ids), **self.change(s, 'inbox', ('task', None))}
        else:
            yield f'finds {attempt}, uploads its layers', after, self.uploaded(s, ids)

    def at_adopt(self, name, s, attempt, ids):
        log = names(s.log)
        head = max(log)
        if attempt in log[head].attempts and self.rule('attempts'):
            yield f'{attempt} was adopted', ('head', ('remove', attempt))
            return
        if any(e.kind == 'data' and e.commit != attempt and self.writes[e.commit] & self.writes[attempt] for e in log.values()):
            yield f'{attempt} is in conflict', ('refused', attempt)
            return
        change = {}
        condemned = any(i in log[head].condemned for _, i in ids)
        fresh = self.layer_ids(attempt, s, log[head], ids[0][1][2] + 1)
        if condemned or [i[3] - {attempt} for _, i in ids] != [i[3] - {attempt} for _, i in fresh]:
            ids = fresh
            change = self.uploaded(s, ids)
        if self.power and self.rule('sync-before-create'):
            change['log'] = synced(s.log)
        yield f'is next after {head}', ('adopts', attempt, ids, head), change

    def at_adopts(self, name, s, attempt, ids, head):
        log = names(s.log)
        if head + 1 in log:
            again = ('adopt', attempt, ids) if self.rule('adopt-again') else ('adopts', attempt, ids, max(log))
            yield f'{head + 1} is taken', again
            return
        before = log[head]
        pins = list(before.pins)
        for a, i in ids:
            k = self.arrays.index(a)
            pins[k] = Pins(pins[k].base, pins[k].layers + ((pins[k].next, i),), pins[k].next + 1)
        made = Entry('data', attempt, tuple(pins), before.condemned, self.tags(before), before.attempts | {attempt})
        yield f'creates entry {head + 1} with {attempt}', ('head', ('remove', attempt)), self.change(s, 'log', (head + 1, made))

    def at_remove(self, name, s, attempt):
        there = 'task' in names(s.inbox)
        yield f'removes what {attempt} delivered', ('done', None), self.change(s, 'inbox', ('task', None)) if there else {}
