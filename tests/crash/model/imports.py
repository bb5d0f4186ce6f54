"""A store's array in turns with the original (docs/commits.md, "Together with the original"): one process after the other, each killed
anywhere, writes or compacts, as strata does it or as the original does. Values of two chunks tell what was kept. What the
original destroys itself, going on after a compaction of its own that was killed before strata has come, is not strata's to mend.

An id is (kind, name, content): of strata 'b' a base and 'l' a layer; of the original 'B' and 'L', of which the log knows nothing until they
are imported and which have no home. content: (chunk, value) pairs. Bases have a fourth part, the names of all layers that are in them.
RULES are what this rests on: the search without any one of them finds a violation (run.py).
"""
from collections import namedtuple

RULES = {
    'import': 'what the log does not know is made a commit of it before anything else is done',
    'restore': 'layers that are in no slot are put there from their homes, before what lies there is listed',
    'restore-below': '... up to the first whose number the original has taken: others would lie above what is newer',
    'put-over': 'commits that the original never saw come on top of what it left',
    'minus-theirs': '... but for what it has changed itself',
    'was-placed': '... and but for those that it has seen, as the mark of the newest complete projection says',
    'mark-last': 'that mark is made when all layers are placed',
    'numbers-found': 'the next slot is the one above all that are found',
    'filler': 'absorbed slots become fillers: the original counts, and would take their numbers again',
}

FILLER = 'F'
FINAL = ('done', 'dead')
Pins = namedtuple('Pins', 'base layers next')  # layers: ((slot, id), ...)
State = namedtuple('State', 'log homes slots base registry mark order turns')  # turns: (kind, what it writes, how far it is)
CHOICES = [('W', 'A'), ('W', 'B'), ('V', 'A'), ('V', 'B'), ('C', ''), ('O', 'A'), ('O', 'A='), ('O', 'B'), ('P', '')]


class Turns:
    def __init__(self, turns, choices=CHOICES, without=None):
        """turns: how many processes, each any of the choices. Of strata 'W' writes, 'V' does and cannot place anything, 'C' compacts; of the original 'O' writes and
        'P' compacts. 'A=' gives the chunk the value that it had at first."""
        self.turns, self.choices, self.without = turns, choices, without

    def rule(self, name):
        return name != self.without

    def start(self):
        base = ('b', 'b0', frozenset([('A', 'init'), ('B', 'init')]), frozenset())
        layer = ('l', 'l0', frozenset([('A', 'old')]))
        pins = Pins(base, ((1, layer),), 2)
        order = (('b0', base[2]), ('l0', layer[2]))
        return State((pins,), frozenset([base, layer]), ((1, layer),), base, 0, 0, order, ())

    # ---- Steps: only one process lives at a time ----

    def steps(self, s):
        if not s.turns or s.turns[-1][2] in FINAL:
            if len(s.turns) < self.turns:
                for kind, writes in self.choices:
                    if writes != 'A=' or not has_leavings(s.turns):  # the value that it sees there: nobody could say what it meant
                        yield f'{kind}{len(s.turns)} begins', s._replace(turns=s.turns + ((kind, writes, 'begun'),))
            return
        kind, writes, at = s.turns[-1]
        name = f'{kind}{len(s.turns) - 1}'
        own = frozenset([(writes[0], 'init' if writes[1:] else name)] if writes else [])
        for label, at, change in (self.ours if kind in 'WVC' else self.originals)(kind, name, own, s, at):
            yield f'{name}: {label}', s._replace(**change, turns=s.turns[:-1] + ((kind, writes, at),))
        lost = self.lost(s) if kind == 'P' else ()
        left = tuple(c for c in s.order if c[0] not in lost)
        yield f'{name}: is killed', s._replace(order=left, turns=s.turns[:-1] + ((kind, writes, 'dead'),))

    def lost(self, s):
        """Layers of the original that a compaction of its own has removed, and was killed: they have no home."""
        there = {i[1] for _, i in s.slots if i != FILLER}
        held = s.base[3] | s.log[-1].base[3]
        return [c for c, _ in s.order if c[0] == 'O' and c not in there and c not in held]

    def originals(self, kind, name, own, s, at):
        """It sees the base and all slots, numbers by counting, and removes the slots before it writes its new base."""
        slots = dict(s.slots)
        if at == 'written':
            yield 'saves its registry', 'done', {'registry': 'original'}
        elif at != 'begun' and slots:
            n = min(slots)
            yield f'removes slot {n}', at, {'slots': without(s.slots, n)}
        elif at != 'begun':
            yield 'writes its base', 'done', {'base': ('B', name, *at), 'order': self.kept(s, *at)}
        elif kind == 'O':
            n, seen = len(slots) + 1, self.originals_view(s)
            changes = frozenset((c, v) for c, v in own if seen[c] != v)
            over = slots.get(n, FILLER)  # after a compaction of its own that was killed
            order = tuple(c for c in s.order if over[0] != 'L' or c[0] != over[1])
            yield f'writes {sorted(own)} into slot {n}', 'written', \
                {'slots': put(s.slots, n, ('L', name, own)), 'order': order + ((name, changes),)}
        else:
            inside = s.base[3] | {i[1] for _, i in s.slots if i != FILLER}
            yield 'begins to compact', (frozenset(self.originals_view(s).items()), inside), {}

    def kept(self, s, saw, inside):
        """Of what was written, when the original makes a base of what a compaction of its own has left that was killed: layers that it had,
        removed and does not know of any more are lost. Their chunks then look as if the original had changed them, so that commits that it
        never saw lose these, too."""
        had = {i[1] for _, i in s.log[s.mark].layers} - inside
        unseen = {i[1] for _, i in s.log[-1].layers} - inside - had
        began = overlay(s.log[-1].base, [i for _, i in s.log[-1].layers if i[1] not in unseen])
        lost = {chunk for chunk, value in saw if began[chunk] != value} if had else ()
        return tuple((n, frozenset(w for w in content if n not in unseen or w[0] not in lost)) for n, content in s.order if n not in had)

    def originals_view(self, s):
        return overlay(s.base, [i for _, i in s.slots if i != FILLER])

    # ---- Strata: import, place, its own commit, place ----

    def ours(self, kind, name, own, s, at):
        head = s.log[-1]
        if self.rule('import') and self.is_foreign(s):
            label, change = self.import_step(name, s)
            yield label, at, change
            return
        needed = None if kind == 'V' else self.needed(s)
        if needed:
            yield needed[0], at, needed[1]
        elif at == 'committed' or (kind == 'C' and not head.layers):
            yield 'has nothing more to do', 'done', {}
        elif kind == 'C':
            base = ('b', name, frozenset(view(head).items()), head.base[3] | {i[1] for _, i in head.layers})
            yield 'commits a base', 'committed', {'log': s.log + (Pins(base, (), head.next),), 'homes': s.homes | {base}}
        else:
            layer = ('l', name, own)
            pins = Pins(head.base, head.layers + ((head.next, layer),), head.next + 1)
            yield f'commits {sorted(own)}', 'committed', \
                {'log': s.log + (pins,), 'homes': s.homes | {layer}, 'order': s.order + ((name, own),)}

    def known(self, s):
        return {p.base for p in s.log} | {i for p in s.log for _, i in p.layers}

    def is_foreign(self, s):
        known, there = self.known(s), {i for _, i in s.slots}
        return (s.registry == 'original' or s.base not in known or any(i not in known for i in there if i != FILLER)
                or any(i not in there and i not in s.homes for _, i in s.log[-1].layers))

    def import_step(self, name, s):
        known, slots = s.log[-1], dict(s.slots)
        ours = s.base[0] == 'b'
        if ours and self.rule('restore'):
            for n, i in known.layers:
                if slots.get(n, i) != i and self.rule('restore-below'):
                    break
                if n not in slots and i in s.homes:
                    return f'puts {i[1]} back into slot {n}', {'slots': put(s.slots, n, i)}
        absorbed = s.base[3] if ours else frozenset()
        layers = [(n, i) for n, i in s.slots if i != FILLER and i[1] not in absorbed]
        base = s.base
        if ours and base != known.base:  # a compaction was cut off before its base was in place
            base = known.base if known.base in s.homes else base
            layers = [(n, i) for n, i in layers if base[0] == 'B' or i[1] not in base[3]]
        found = {i for _, i in layers}
        placed = {i for _, i in s.log[s.mark].layers} if self.rule('was-placed') else set()
        unseen = [(n, i) for n, i in known.layers if i not in found and i in s.homes and (ours or i not in placed)]
        top = max([n for n in slots] + [n for n, _ in layers], default=0) + 1
        pins = Pins(base, tuple(layers), top if self.rule('numbers-found') else known.next)
        change = {'homes': s.homes}
        if unseen and self.rule('put-over'):
            began = overlay(known.base, [i for n, i in known.layers if (n, i) not in unseen])
            theirs, kept = view(pins), {}
            for _, i in unseen:
                for chunk, value in i[2]:
                    if began[chunk] == theirs[chunk] or not self.rule('minus-theirs'):
                        kept[chunk] = value
            if kept:
                layer = ('l', f'{name}+{len(s.log)}', frozenset(kept.items()))
                pins = Pins(base, pins.layers + ((pins.next, layer),), pins.next + 1)
                change['homes'] = s.homes | {layer}
        return 'imports', {**change, 'log': s.log + (pins,), 'registry': 'of an older entry'}

    def needed(self, s):
        pins, slots, seq = s.log[-1], dict(s.slots), len(s.log) - 1
        pinned, known = dict(pins.layers), self.known(s)
        mark = ('marks it as placed', {'mark': seq}) if s.mark != seq else None
        if mark and not self.rule('mark-last'):
            return mark
        missing = [n for n in range(1, max([0, *pinned, *slots]) + 1) if n not in slots]
        if missing:
            n = missing[0]
            return f'fills slot {n}', {'slots': put(s.slots, n, pinned.get(n, FILLER))}
        if s.base != pins.base and s.base in known:
            return f'puts base {pins.base[1]} in place', {'base': pins.base}
        for n, i in s.slots:
            if n in pinned or i == FILLER:
                continue
            if self.rule('filler'):
                return f'slot {n} becomes a filler', {'slots': put(s.slots, n, FILLER)}
            if n == max(slots):
                return f'slot {n} is removed', {'slots': without(s.slots, n)}
        if s.registry != seq:
            return 'writes the registry', {'registry': seq}
        return mark

    # ---- Invariants (numbers: docs/commits.md) ----

    def wrong(self, s):
        wanted = {c: v for _, content in s.order for c, v in content}
        if not s.turns or s.turns[-1][2] != 'done' or s.turns[-1][0] not in 'WVC':
            return None
        pins = s.log[-1]
        there = {i for _, i in s.slots} | s.homes | {s.base}
        if pins.base not in there or any(i not in there for _, i in pins.layers):
            return f'1: a layer of head is nowhere: {pins}'
        if view(pins) != wanted:
            return f'8: strata reads {view(pins)}, written was {wanted}'
        if s.turns[-1][0] == 'V':
            return None
        if self.originals_view(s) != wanted:
            return f'6: the original reads {self.originals_view(s)}, written was {wanted}'
        numbers = [n for n, _ in s.slots]
        if numbers != list(range(1, len(numbers) + 1)):
            return f'7: slots {numbers}'
        return None

    def resting(self, s):
        return None if len(s.turns) == self.turns and s.turns[-1][2] in FINAL else f'stuck: {s.turns[-1]}'


def has_leavings(turns):
    """A compaction of the original was killed, and strata has not come since."""
    killed = [i for i, (kind, _, at) in enumerate(turns) if kind == 'P' and at == 'dead']
    return killed and not any(kind in 'WC' and at == 'done' for kind, _, at in turns[killed[-1]:])


def put(slots, n, i):
    return tuple(sorted({**dict(slots), n: i}.items(), key=lambda slot: slot[0]))


def without(slots, n):
    return tuple(slot for slot in slots if slot[0] != n)


def overlay(base, layers):
    out = dict(base[2])
    for i in layers:
        out.update(i[2])
    return out


def view(pins):
    return overlay(pins.base, [i for _, i in pins.layers])
