"""Exhaustive search of a model's states, and the folder that models share.

A model has start() -> state, steps(state) -> (what happens, next state)..., wrong(state) -> text or None, and
resting(state) -> text or None, which is asked where nothing more can happen. States are hashable values. Breadth
first, so that the trace of a violation is a shortest one. That a process is killed needs no step where no lock is
held: the search also goes where it never moves again.
"""
from collections import deque
from functools import lru_cache
from itertools import product


class Outcome:
    def __init__(self, violation, trace, states, complete):
        self.violation, self.trace, self.states, self.complete = violation, trace, states, complete


def search(model, limit):
    start = model.start()
    came_from = {start: None}
    queue = deque([start])

    def found(state, violation):
        trace = []
        while came_from[state]:
            state, label = came_from[state]
            trace.append(label)
        return Outcome(violation, trace[::-1], len(came_from), False)

    while queue:
        state = queue.popleft()
        violation = model.wrong(state)
        if violation:
            return found(state, violation)
        moved = False
        for label, after in model.steps(state):
            moved = True
            if after not in came_from:
                came_from[after] = (state, label)
                queue.append(after)
        if not moved:
            violation = model.resting(state)
            if violation:
                return found(state, violation)
        if len(came_from) > limit:
            return Outcome(None, [], len(came_from), False)
    return Outcome(None, [], len(came_from), True)


# ---- A folder: names and what they hold as the last sync left them, and the changes since, in order. A change is a tuple of
# (name, value), value None for removed; a rename changes two names at once. A power cut keeps any subset of the changes.

def folder(**names):
    return (frozenset(names.items()), ())


def folder_of(items):
    return (frozenset(items), ())


@lru_cache(maxsize=1 << 18)
def names(f):
    out = dict(f[0])
    for change in f[1]:
        for name, value in change:
            if value is None:
                out.pop(name, None)
            else:
                out[name] = value
    return out


def changed(f, change, power):
    f = (f[0], f[1] + (tuple(change),))
    return f if power else synced(f)


def synced(f):
    return (frozenset(names(f).items()), ()) if f[1] else f


@lru_cache(maxsize=1 << 18)
def after_power_cut(f):
    kept = {(f[0], tuple(c for c, keep in zip(f[1], choice) if keep)) for choice in product((True, False), repeat=len(f[1]))}
    return tuple({synced(k) for k in kept})
