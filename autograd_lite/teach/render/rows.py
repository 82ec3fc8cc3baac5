"""Where the things on one level of a picture go: in rows, with few crossings and arrows that are as straight as they can be.

The method of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system structures" (1981): give each
thing a row, put an empty place into every row that a link passes, order the rows by the mean place of the neighbours, then choose the
positions that are closest to the neighbours' (least squares with kept distances, by pooling adjacent violators).

Here links run down; `x` is across the flow and `y` along it. A picture from left to right is turned at the end, by `layout`.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

GAP_X = 22.0
_GAP_Y, _MORE_GAP, _MOST_GAP = 30.0, 0.09, 90.0  # between rows: at least, per unit that a link moves sideways there, at most
_BORDER_GAP = 14.0
_PASSAGE = 10.0  # width of an empty place that a link passes
_PORT_STEP, _PORT_SHARE = 18.0, 0.7  # between links at one edge, and how much of the edge they may take
_SWEEPS, _MOST_SWEEPS, _WORK = 12, 200, 40_000  # at least, at most, and how many places may be moved in all
_MOST_PASSAGES = 10_000
_MUCH_HIGHER = 60.0
_LIGHT = 0.1  # how little it counts where a constant stands that only one item uses
_ALONE = 1e-6
_STRAIGHT = 8.0  # how much more it counts that a long link is straight between its passages

Point = tuple[float, float]
_Port = tuple[str, Any]  # ("out", key of its links) or ("in", number of its link)


@dataclass
class Item:
    """Something with a size. `pin` keeps it in the first ("top") or last ("bottom") row.

    `ports` are the places of links, relative to the middle, that are known beforehand: by edge ("top" or "bottom") and key. `labels` are
    the widths of what stands beside the port of a key at the bottom edge (0: nothing). `leads`: it stands before all others in its row.
    `edge` is how much of `across` links may use.
    """

    across: float
    along: float
    pin: str = ""
    ports: dict[tuple[str, Hashable], float] | None = None
    labels: dict[Hashable, float] = field(default_factory=dict)
    leads: bool = False
    edge: float = 0.0


class Link(NamedTuple):
    """Joins two items; links with one `key` leave an item at one place."""

    source: int
    target: int
    key: Hashable


@dataclass
class Arranged:
    """Middles of the items, the points of each link, the ports (item, edge, key) -> x, and the size of all."""

    xs: list[float]
    ys: list[float]
    routes: list[list[Point]]
    leaving: dict[tuple[int, str, Hashable], float]
    width: float
    height: float


def sort_items(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The place of each item in an order in which links go forward; in a circle the earliest item comes first."""
    waits = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in links:
        if source != target:
            after[source].append(target)
            waits[target] += 1
    ready = [item for item in range(count) if not waits[item]]
    heapq.heapify(ready)
    place, number, earliest = [-1] * count, 0, 0
    while number < count:
        if not ready:  # everything left waits in a circle
            while place[earliest] >= 0:
                earliest += 1
            ready.append(earliest)
        item = heapq.heappop(ready)
        if place[item] >= 0:
            continue
        place[item] = number
        number += 1
        for other in after[item]:
            waits[other] -= 1
            if not waits[other] and place[other] < 0:
                heapq.heappush(ready, other)
    return place


def arrange(items: list[Item], links: list[Link], order: list[int], below: Sequence[tuple[int, int]] = ()) -> Arranged:
    """Place items and links; `order` is that of `sort_items` for the items without a pin.

    `below` are pairs of items of which the second shall be below the first though no link joins them.
    """
    if not items:
        return Arranged([], [], [], {}, 0.0, 0.0)
    row = _rows(items, links, order, below)
    places = [*items]
    chains = _with_passages(links, row, places)
    level = _Level(places, chains, row, links, len(items))
    level.sort()
    level.settle()
    return level.arranged()


def _rows(items: list[Item], links: list[Link], order: list[int], below: Sequence[tuple[int, int]]) -> list[int]:
    """The row of each item: below all that it depends on, and near its users if it depends on little."""
    inner = sorted((item for item, thing in enumerate(items) if not thing.pin), key=order.__getitem__)
    first = 1 if any(thing.pin == "top" for thing in items) else 0
    row = [first] * len(items)
    down: list[list[int]] = [[] for _ in items]
    sources = [0] * len(items)
    for source, target, _ in links:
        if items[source].pin or items[target].pin:
            inside = target if items[source].pin else source
            sources[inside] += bool(items[source].pin)
            continue
        upper, lower = (source, target) if order[source] < order[target] else (target, source)
        down[upper].append(lower)
        sources[lower] += 1
    lower_still: dict[int, list[int]] = {}
    for upper, lower in below:
        lower_still.setdefault(upper, []).append(lower)
    for item in inner:
        for other in (*down[item], *lower_still.get(item, ())):
            row[other] = max(row[other], row[item] + 1)
    for item in reversed(inner):
        if down[item] and sources[item] < len(down[item]):
            row[item] = max(row[item], min(row[other] for other in down[item]) - 1)
    last = max((row[item] for item in inner), default=first - 1) + 1
    for item, thing in enumerate(items):
        if thing.pin:
            row[item] = 0 if thing.pin == "top" else last
    return row


def _with_passages(links: list[Link], row: list[int], places: list[Item]) -> list[list[int]]:
    """Each link as the chain of places it visits, one per row; new places are appended to `row` and `places`.

    In a large picture the longest links get none and go straight: with a passage in every row they would be most of the picture.
    """
    longest = _longest_with_passages(sorted(abs(row[link.target] - row[link.source]) for link in links))
    chains = []
    for link in links:
        chain = [link.source]
        step = 1 if row[link.target] >= row[link.source] else -1
        far = abs(row[link.target] - row[link.source]) > longest
        for number in () if far else range(row[link.source] + step, row[link.target], step):
            chain.append(len(row))
            row.append(number)
            places.append(Item(_PASSAGE, 0.0))
        chains.append([*chain, link.target])
    return chains


def _longest_with_passages(spans: list[int]) -> int:
    """How many rows a link may span so that all that are as short need no more than _MOST_PASSAGES places; `spans` rise."""
    needed, longest = 0, 1
    for span in spans:
        needed += span
        if needed > _MOST_PASSAGES:
            return min(longest, span - 1)
        longest = max(longest, span)
    return longest


class _Neighbour(NamedTuple):
    """A place that another is joined to, both ports relative to the middles, and how much straightness counts there."""

    place: int
    own: float
    theirs: float
    weight: float


class _Level:
    """The places of one level in their rows, on their way to positions; the first `count` are items, the others passages."""

    def __init__(self, places: list[Item], chains: list[list[int]], row: list[int], links: list[Link], count: int) -> None:
        self.places, self.chains, self.row, self.links = places, chains, row, links
        self.rows: list[list[int]] = [[] for _ in range(max(row) + 1)]
        for place, number in enumerate(row):
            self.rows[number].append(place)
        for line in self.rows:
            line.sort(key=lambda place: not places[place].leads)
        self.above: list[list[_Neighbour]] = [[] for _ in row]
        self.below: list[list[_Neighbour]] = [[] for _ in row]
        self.xs = [0.0] * len(row)
        self.count = count
        targets = {link.target for link in links}
        uses = Counter(link.source for link in links)
        self.leaves = {place for place in range(count) if place not in targets and uses[place] == 1 and not places[place].pin}
        for chain, link in zip(chains, links):
            for one, other in zip(chain, chain[1:]):
                if abs(row[one] - row[other]) == 1:  # else a long link without passages
                    self._join(one, other, link.key)
        pulls = (sum(n.weight for n in (*above, *below)) for above, below in zip(self.above, self.below))
        self.weights = [max(pull, _ALONE) for pull in pulls]  # how much it counts that a place is where it wants to be

    def _join(self, one: int, other: int, key: Hashable) -> None:
        upper, lower = (one, other) if self.row[one] < self.row[other] else (other, one)
        ports = self._known(upper, "bottom", key), self._known(lower, "top", key)
        passages = sum(place >= self.count for place in (upper, lower))
        weight = _LIGHT if upper in self.leaves else (1.0, 2.0, _STRAIGHT)[passages]
        self.below[upper].append(_Neighbour(lower, ports[0], ports[1], weight))
        self.above[lower].append(_Neighbour(upper, ports[1], ports[0], weight))

    def _known(self, place: int, edge: str, key: Hashable) -> float:
        ports = self.places[place].ports
        return ports.get((edge, key), 0.0) if ports else 0.0

    def sort(self) -> None:
        """Order each row by the mean place of its neighbours, downwards and upwards in turn."""
        rank = {place: float(i) for line in self.rows for i, place in enumerate(line)}
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for line in self.rows if down else self.rows[::-1]:
                side = self.above if down else self.below
                wanted = {place: self._wanted_rank(place, side[place], rank) for place in line}
                line.sort(key=wanted.__getitem__)
                rank.update((place, float(i)) for i, place in enumerate(line))

    def _wanted_rank(self, place: int, neighbours: list[_Neighbour], rank: dict[int, float]) -> float:
        if self.places[place].leads:
            return -1.0
        if not neighbours:
            return rank[place]
        return sum(rank[n.place] + n.theirs / (self.places[n.place].across + 1.0) for n in neighbours) / len(neighbours)

    def settle(self) -> None:
        """Choose the horizontal middle of each place; the leftmost edge is at 0."""
        for line in self.rows:
            self._keep_apart(line)
        for sweep in range(max(_SWEEPS, min(_MOST_SWEEPS, _WORK // len(self.places)))):
            for line in self.rows if sweep % 2 == 0 else self.rows[::-1]:
                for place in line:
                    self.xs[place] = self._wanted_x(place)
                self._keep_apart(line)
        left = min(self.xs[place] - item.across / 2 for place, item in enumerate(self.places))
        self.xs = [x - left for x in self.xs]
        for place, item in enumerate(self.places):
            if item.leads:
                self.xs[place] = item.across / 2

    def _wanted_x(self, place: int) -> float:
        total = weights = 0.0
        for neighbour in (*self.above[place], *self.below[place]):
            total += neighbour.weight * (self.xs[neighbour.place] + neighbour.theirs - neighbour.own)
            weights += neighbour.weight
        return total / weights if weights else self.xs[place]

    def _keep_apart(self, line: list[int]) -> None:
        """Move the places of a row as little as possible (in squares) so that none overlap and the order stays."""
        offsets, reach = [], 0.0
        for i, place in enumerate(line):
            if i:
                reach += (self.places[line[i - 1]].across + self.places[place].across) / 2 + GAP_X
            offsets.append(reach)
        pools: list[tuple[float, float, int]] = []  # (mean of wanted positions, weight, number of places), rising from left to right
        for place, offset in zip(line, offsets):
            mean, weight, count = self.xs[place] - offset, self.weights[place], 1
            while pools and pools[-1][0] > mean:
                earlier, more, size = pools.pop()
                mean = (earlier * more + mean * weight) / (more + weight)
                weight, count = more + weight, size + count
            pools.append((mean, weight, count))
        settled = [mean for mean, _, count in pools for _ in range(count)]
        for place, offset, mean in zip(line, offsets, settled):
            self.xs[place] = mean + offset

    def arranged(self) -> Arranged:
        """The result, without the passages."""
        leaving, entering = self._ports()
        ends = self._ends(leaving, entering)
        ys, heights = self._heights(ends)
        routes = []
        for chain, (first, last) in zip(self.chains, ends):
            down = self.row[chain[-1]] > self.row[chain[0]]
            half = 0.5 if down else -0.5
            points = [(first, ys[chain[0]] + half * self.places[chain[0]].along)]
            for passage in chain[1:-1]:  # a link passes a row upright, between the items; it bends only in the gaps
                reach = half * heights[self.row[passage]]
                points += [(self.xs[passage], ys[passage] - reach), (self.xs[passage], ys[passage] + reach)]
            routes.append([*points, (last, ys[chain[-1]] - half * self.places[chain[-1]].along)])
        width = max(x + item.across / 2 for x, item in zip(self.xs, self.places))
        height = max(y + item.along / 2 for y, item in zip(ys, self.places))
        return Arranged(self.xs[: self.count], ys[: self.count], routes, leaving, width, height)

    def _heights(self, ends: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
        """The vertical middle of each place, and the height of each row; a gap is higher where links move far sideways."""
        heights = [max((self.places[place].along for place in line), default=0.0) for line in self.rows]
        moves = [0.0] * len(self.rows)  # how far a link moves sideways in the gap below each row
        for chain, (first, last) in zip(self.chains, ends):
            xs = [first, *(self.xs[place] for place in chain[1:-1]), last]
            for i, (one, other) in enumerate(zip(chain, chain[1:])):
                upper = min(self.row[one], self.row[other])
                if abs(self.row[one] - self.row[other]) == 1:
                    moves[upper] = max(moves[upper], abs(xs[i] - xs[i + 1]))
        top, tops = 0.0, []
        for height, move, least in zip(heights, moves, self._least_gaps()):
            tops.append(top)
            top += height + min(least + _MORE_GAP * move, _MOST_GAP)
        return [tops[number] + self._in_row(place, heights[number]) for place, number in enumerate(self.row)], heights

    def _least_gaps(self) -> list[float]:
        """The height of the gap below each row, at least; less between a frame's border and what is inside."""
        at_border = [any(self.places[place].pin for place in line) for line in self.rows]
        return [_BORDER_GAP if one or other else _GAP_Y for one, other in zip(at_border, [*at_border[1:], False])]

    def _in_row(self, place: int, height: float) -> float:
        """Where in its row a place has its middle: beside something much higher it stays near to what it is joined to."""
        own = self.places[place].along
        if place >= self.count or height - own < _MUCH_HIGHER or self.places[place].pin:
            return height / 2
        return own / 2 if self.above[place] else height - own / 2

    def _ends(self, leaving: dict[tuple[int, str, Hashable], float], entering: list[float]) -> list[tuple[float, float]]:
        ends = []
        for link, x in zip(self.links, entering):
            edge = "bottom" if self.row[link.target] > self.row[link.source] else "top"
            ends.append((leaving[link.source, edge, link.key], x))
        return ends

    def _ports(self) -> tuple[dict[tuple[int, str, Hashable], float], list[float]]:
        """Where along the edges of its items each link begins and ends. Neighbours follow their other ends."""
        edges: dict[tuple[int, str], dict[_Port, list[tuple[float, int]]]] = {}  # -> port -> (x of the other end, link) of each
        for number, (chain, link) in enumerate(zip(self.chains, self.links)):
            down = self.row[chain[-1]] > self.row[chain[0]]
            out, into = ("bottom", "top") if down else ("top", "bottom")
            edges.setdefault((link.source, out), {}).setdefault(("out", link.key), []).append((self.xs[chain[1]], number))
            edges.setdefault((link.target, into), {}).setdefault(("in", number), []).append((self.xs[chain[-2]], number))
        leaving: dict[tuple[int, str, Hashable], float] = {}
        entering = [0.0] * len(self.links)
        for (item, edge), ports in edges.items():
            for (way, key), x in self._along_edge(item, edge, ports).items():
                if way == "out":
                    leaving[item, edge, key] = x
                else:
                    entering[key] = x
        return leaving, entering

    def _along_edge(self, item: int, edge: str, ports: dict[_Port, list[tuple[float, int]]]) -> dict[_Port, float]:
        thing, middle = self.places[item], self.xs[item]
        order = sorted(ports, key=lambda port: sum(x for x, _ in ports[port]) / len(ports[port]))
        if thing.ports is not None:
            known = {port: self.links[port[1]].key if port[0] == "in" else port[1] for port in order}
            return {port: middle + self._known(item, edge, known[port]) for port in order}
        labels = [thing.labels.get(port[1], 0.0) if port[0] == "out" and edge == "bottom" else 0.0 for port in order]
        if len(order) > 1 and any(labels):
            return _beside_labels(order, labels, middle)
        step = min(_PORT_STEP, thing.edge * _PORT_SHARE / len(order))
        return {port: middle + (number - (len(order) - 1) / 2) * step for number, port in enumerate(order)}


def labels_width(labels: Sequence[float]) -> float:
    """The room that ports with labels of these widths need at an edge."""
    if len(labels) == 1:
        return 2 * labels[0]  # the port stays in the middle
    return sum(max(label, _PORT_STEP) for label in labels)


def _beside_labels(order: list[_Port], labels: list[float], middle: float) -> dict[_Port, float]:
    """Ports so far apart that the label at the right of each fits."""
    x = middle - labels_width(labels) / 2
    found = {}
    for port, label in zip(order, labels):
        found[port] = x + (_PORT_STEP / 2 if not label else 4.0)
        x += max(label, _PORT_STEP)
    return found
