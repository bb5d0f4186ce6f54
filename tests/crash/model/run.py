"""Searches the models: as they are, which must find nothing, and without each of their rules in turn, which must find
something. Prints what was searched. With --long also the larger ones, which take minutes and gigabytes; with a name only
that model, and with --without RULE that removal with its trace."""
import argparse
import sys
import time

import imports
import lone
import store
from search import search

LIMIT = 20_000_000


def lone_files(processes, *writes, **more):
    return lambda without=None: lone.Lone(processes, writes, without=without, **more)


def stores(processes, *writes, **more):
    return lambda without=None: store.Store(processes, writes, without=without, **more)


def turns(number, *choices):
    return lambda without=None: imports.Turns(number, choices or imports.CHOICES, without)


FEW = [('V', 'A'), ('C', ''), ('O', 'A'), ('P', ''), ('W', 'B')]


LOCKED = {'lock': True, 'kills': 1}
CUT = {'lock': True, 'kills': 1, 'power': True}

MODELS = {
    'lone file': {
        'rules': lone.RULES,
        'searched': {
            'two writers of one chunk, a compactor': lone_files('WWC', 'A', 'A'),
            'two writers of two chunks, a compactor': lone_files('WWC', 'A', 'B'),
            'a writer, two compactors': lone_files('WCC', 'A'),
            'a writer whose answers are lost, a compactor': lone_files('WC', 'A', lost_answers=2),
            'a writer, a fold, a compactor': lone_files('WFC', 'A', 'AB'),
            'a writer, a compactor, a reader': lone_files('WCR', 'A'),
            'a fold, a compactor, a reader': lone_files('FCR', 'A'),
            'a trimmer, a compactor, a writer': lone_files('TCW', '', '', 'A'),
            'a writer, a compactor, between them the original': lone_files('WCOP', 'A', '', 'A'),
            'power cut: two writers, then one': lone_files('WW', 'A', 'B', 'B', power=True, after_cut='W'),
            'power cut: a writer, a compactor, then a writer': lone_files('WC', 'A', '', 'B', power=True, after_cut='W'),
            'power cut: two compactors, then a writer': lone_files('CC', '', '', 'B', power=True, after_cut='W'),
            'power cut: a fold, then a compactor and a writer': lone_files('F', 'A', '', 'B', power=True, after_cut='CW'),
        },
        'long': {
            'three writers, a compactor': lone_files('WWWC', 'A', 'AB', 'B'),
            'two writers, two compactors': lone_files('WWCC', 'A', 'A'),
            'two writers, a fold, a compactor': lone_files('WWFC', 'A', 'B', 'B'),
            'two folds, a compactor, a reader': lone_files('FFCR', 'A', 'B'),
            'two writers, a compactor, a reader': lone_files('WWCR', 'A', 'B'),
            'lost answers: two writers, two compactors': lone_files('WWCC', 'A', 'B', lost_answers=2),
            'two writers, a compactor, the original': lone_files('WWCOOP', 'A', 'B', '', 'A', 'B'),
            'power cut: two writers, a compactor, then a writer': lone_files('WWC', 'A', 'B', '', 'B', power=True, after_cut='W'),
            'power cut: a writer, two compactors, then both': lone_files('WCC', 'A', '', '', 'B', power=True, after_cut='WC'),
            'power cut: a writer, a fold, a compactor, then a writer':
                lone_files('WFC', 'A', 'B', '', 'B', power=True, after_cut='W'),
        },
    },
    'store in turns with the original': {
        'rules': imports.RULES,
        'searched': {'three processes': turns(3), 'four processes of fewer kinds': turns(4, *FEW)},
        'long': {'four processes': turns(4)},
    },
    'store': {
        'rules': store.RULES,
        'searched': {
            'two writers of one chunk': stores('WW', 'xA', 'xA'),
            'two writers of two chunks': stores('WW', 'xA', 'xB'),
            'a writer, a compactor': stores('WC', 'xA xB'),
            'two compactors': stores('CC'),
            'a writer whose answers are lost, a sweeper': stores('WG', 'xA', lost_answers=2),
            'a compactor, a sweeper': stores('CG'),
            'two arrays: a writer, a reader': stores('WR', 'xA yA', arrays=2),
            'a compactor, a reader': stores('CR'),
            'a compactor, a sweeper, a reader': stores('CGR'),
            'locked: two writers of two arrays': stores('WW', 'xA yA', 'xB yB', arrays=2, **LOCKED),
            'locked: a writer, a compactor': stores('WC', 'xA xB', **LOCKED),
            'locked: two writers, a compactor': stores('WWC', 'xA', 'xA xB', **LOCKED),
            'power cut: two writers, then one': stores('WW', 'xA', 'xB', 'xB', after_cut='W', **CUT),
            'power cut: two writers of two arrays, then one':
                stores('WW', 'xA yA', 'xB yB', 'xB yA', arrays=2, after_cut='W', **CUT),
            'power cut: a writer, a compactor, then a writer': stores('WC', 'xA xB', '', 'xB', after_cut='W', **CUT),
            'power cut: two compactors, then a writer': stores('CC', '', '', 'xB', after_cut='W', **CUT),
            'power cut: a writer, a sweeper, then both': stores('WG', 'xA', '', 'xB', after_cut='WG', **CUT),
            'a writer, two compactors': stores('WCC', 'xB', layers=1),
            'a compactor, a sweeper, one who gives a tag': stores('CGT', layers=1),
            'a sweeper, one who gives a tag, one who takes it away': stores('GTX', layers=1),
            'a writer, a sweeper, one who gives a tag': stores('WGT', 'xA', layers=1),
            'two attempts, one who adopts': stores('DDA', 'xA', 'xA', layers=1),
            'an attempt, two who adopt': stores('DAA', 'xA', layers=1),
            'an attempt, one who adopts, a writer': stores('DAW', 'xA', '', 'xA xB', layers=1),
            'power cut: an attempt, one who adopts, then one who adopts': stores('DA', 'xA', layers=1, power=True, after_cut='A'),
        },
        'long': {
            'a writer, two compactors, two layers': stores('WCC', 'xB'),
            'a writer, a compactor, a sweeper': stores('WCG', 'xA'),
            'a writer, a compactor, a reader': stores('WCR', 'xA'),
            'a writer, two sweepers': stores('WGG', 'xA'),
            'a compactor, a sweeper, one who gives a tag, one who takes it away': stores('CGTX', layers=1),
            'a compactor, two sweepers, one who gives a tag': stores('CGGT', layers=1),
            'a compactor, a sweeper, two who give tags, one who takes them away': stores('CGTTX', layers=1),
            'two attempts, two who adopt': stores('DDAA', 'xA', 'xA', layers=1),
            'an attempt, two who adopt, a sweeper, a compactor': stores('DAAGC', 'xA', layers=1),
            'two writers, a sweeper': stores('WWG', 'xA', 'xB', lost_answers=1),
            'two arrays: two writers, a reader': stores('WWR', 'xA yA', 'yB xB', arrays=2),
            'three writers': stores('WWW', 'xA', 'xB', 'xA xB'),
            'locked: three writers, a compactor': stores('WWWC', 'xA', 'xB', 'xA xB', lock=True, kills=2),
            'locked: two writers, two compactors': stores('WWCC', 'xA', 'xB', lock=True, kills=2),
            'locked: two writers of two arrays, a compactor, a sweeper':
                stores('WWCG', 'xA yA', 'xB yB', arrays=2, lock=True, kills=2),
            'power cut: two writers of two arrays, a compactor, then a writer and a compactor':
                stores('WWC', 'xA yA', 'xB yB', '', 'xA yB', arrays=2, after_cut='WC', **CUT),
            'power cut: two writers, a compactor, a sweeper, then a writer':
                stores('WWCG', 'xA', 'xB', '', '', 'xA', after_cut='W', **CUT),
        },
    },
}


def trace(outcome):
    return ''.join(f'        {step}\n' for step in outcome.trace)


def run(title, model, wanted):
    start = time.time()
    outcome = search(model, LIMIT)
    took = f'{outcome.states:>9} states {time.time() - start:6.1f} s'
    print(f'{took}  {title}: {outcome.violation or "no violation"}', flush=True)
    if wanted == 'nothing' and outcome.violation:
        print(trace(outcome), end='')
    if not outcome.violation and not outcome.complete:
        print('        NOT SEARCHED TO ITS END')
    return outcome


def without_rule(title, searches, rule):
    """The quickest search that shows it."""
    states = 0
    for name, build in searches.items():
        outcome = search(build(without=rule), LIMIT)
        states += outcome.states
        if outcome.violation:
            print(f'{states:>9} states  without {rule}: {outcome.violation} ({name})', flush=True)
            return outcome
    print(f'{states:>9} states  without {rule}: NOTHING FOUND', flush=True)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', nargs='?', choices=list(MODELS))
    parser.add_argument('--long', action='store_true')
    parser.add_argument('--without')
    options = parser.parse_args()
    bad = states = 0
    for title, model in MODELS.items():
        if options.model not in (None, title):
            continue
        print(f'==== {title}')
        if options.without:
            outcome = without_rule(title, model['searched'], options.without)
            print(trace(outcome) if outcome else '', end='')
            continue
        for name, build in {**model['searched'], **(model['long'] if options.long else {})}.items():
            outcome = run(name, build(), 'nothing')
            states += outcome.states
            bad += bool(outcome.violation) or not outcome.complete
        for rule in model['rules']:
            bad += without_rule(title, model['searched'], rule) is None
    print(f'{states} states; {bad} searches that should have gone otherwise')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
