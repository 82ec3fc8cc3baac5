"""Where the boxes of a picture go: rows from top to bottom, few crossings, arrows that are as straight as they can be.

The method of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system structures" (1981): give each
box a row, put an empty place into every row that an arrow passes, order the rows by the mean place of the neighbours, then choose the
positions that are closest to the neighbours' (least squares with kept distances, by pooling adjacent violators).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.teach.render.picture import Arrow, Box, Picture

LINE_HEIGHT = 15.0
_CHARACTER = 7.0  # width of a letter at the font size used
_PADDING = 10.0
_GAP_X, _GAP_Y = 22.0, 34.0
_PASSAGE = 10.0  # width of an empty place that an arrow passes
_PORT_STEP, _PORT_SHARE = 18.0, 0.7  # between arrows at one edge of a box, and how much of the edge they may take
_SWEEPS = 12
_MOST_PASSAGES = 10_000


class Place(NamedTuple):
    """Centre and size of a box, or of a place that an arrow passes."""

    x: float
    y: float
    width: float
    height: float


class Layout(NamedTuple):
    """Where everything is: boxes by id, arrows as the points they go through, and the size of the whole."""

    boxes: dict[int, Place]
    routes: list[tuple[Arrow, list[tuple[float, float]]]]
    width: float
    height: float


def lay_out(picture: Picture) -> Layout:
    """Place the boxes of a picture."""
    sizes = [_size(box) for box in picture.boxes]
    index = {box.id: i for i, box in enumerate(picture.boxes)}
    forward = [(index[a.source], index[a.target]) for a in picture.arrows]
    rows_of = _rows([pair if pair[0] < pair[1] else pair[::-1] for pair in forward], len(sizes))
    chains = _with_passages(forward, rows_of, sizes)
    rows, above, below = _neighbours(chains, rows_of)
    _order(rows, above, below)
    xs = _positions(rows, above, below, [width for width, _ in sizes])
    heights = [max(sizes[place][1] for place in row) for row in rows]
    ys = [sum(heights[:number]) + number * _GAP_Y + heights[number] / 2 for number in range(len(rows))]
    places = [Place(xs[i], ys[rows_of[i]], *sizes[i]) for i in range(len(sizes))]
    # An arrow passes a row upright, between the boxes; it bends only in the gaps.
    upright = [Place(place.x, place.y, place.width, heights[rows_of[i]]) if i >= len(index) else place for i, place in enumerate(places)]
    routes = list(zip(picture.arrows, _routes(chains, upright)))
    height = max((y + heights[i] / 2 for i, y in enumerate(ys)), default=0.0)
    width = max((place.x + place.width / 2 for place in places), default=0.0)
    return Layout({box.id: places[index[box.id]] for box in picture.boxes}, routes, width, height)


def _size(box: Box) -> tuple[float, float]:
    longest = max((len(line) for line in box.lines), default=0)
    return longest * _CHARACTER + 2 * _PADDING, len(box.lines) * LINE_HEIGHT + _PADDING


def _rows(arrows: Sequence[tuple[int, int]], count: int) -> list[int]:
    """The row of each box: below all it depends on; what depends on nothing stands right above its first user."""
    row = [0] * count
    has_source, first_user = [False] * count, [-1] * count
    for source, target in sorted(arrows, key=lambda arrow: arrow[1]):  # boxes come after their sources, so one pass is enough
        row[target] = max(row[target], row[source] + 1)
        has_source[target] = True
    for source, target in arrows:
        if first_user[source] < 0 or row[target] < row[first_user[source]]:
            first_user[source] = target
    return [row[i] if has_source[i] or first_user[i] < 0 else row[first_user[i]] - 1 for i in range(count)]


def _with_passages(arrows: list[tuple[int, int]], row: list[int], sizes: list[tuple[float, float]]) -> list[list[int]]:
    """Each arrow as the chain of places it visits, one per row; new places are appended to `row` and `sizes`.

    In a large graph the longest arrows get none and go straight: with a passage in every row they would be most of the picture.
    """
    longest = _longest_with_passages(sorted(abs(row[target] - row[source]) for source, target in arrows))
    chains = []
    for source, target in arrows:
        chain = [source]
        step = 1 if row[target] >= row[source] else -1
        passed = range(row[source] + step, row[target], step) if abs(row[target] - row[source]) <= longest else ()
        for number in passed:
            chain.append(len(row))
            row.append(number)
            sizes.append((_PASSAGE, 0.0))
        chains.append([*chain, target])
    return chains


def _longest_with_passages(spans: list[int]) -> int:
    """How many rows an arrow may span so that all that are as short need no more than _MOST_PASSAGES places; `spans` rise."""
    needed, longest = 0, 1
    for span in spans:
        needed += span
        if needed > _MOST_PASSAGES:
            return min(longest, span - 1)
        longest = max(longest, span)
    return longest


def _neighbours(chains: list[list[int]], row: list[int]) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """The places of each row, and for each place those it is joined to in the row above and in the row below."""
    rows: list[list[int]] = [[] for _ in range(max(row, default=-1) + 1)]
    for place, number in enumerate(row):
        rows[number].append(place)
    above: list[list[int]] = [[] for _ in row]
    below: list[list[int]] = [[] for _ in row]
    for chain in chains:
        for one, other in zip(chain, chain[1:]):
            if abs(row[one] - row[other]) != 1:
                continue  # a long arrow without passages
            upper, lower = (one, other) if row[one] < row[other] else (other, one)
            below[upper].append(lower)
            above[lower].append(upper)
    return rows, above, below


def _order(rows: list[list[int]], above: list[list[int]], below: list[list[int]]) -> None:
    """Sort each row by the mean place of its neighbours, downwards and upwards in turn."""
    rank = {place: float(i) for row in rows for i, place in enumerate(row)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else rows[::-1]:
            wanted = {place: _mean([rank[other] for other in (above if down else below)[place]], rank[place]) for place in row}
            row.sort(key=wanted.__getitem__)
            rank.update((place, float(i)) for i, place in enumerate(row))


def _positions(rows: list[list[int]], above: list[list[int]], below: list[list[int]], widths: list[float]) -> list[float]:
    """The horizontal centre of each place; the leftmost box begins at 0."""
    x = [0.0] * len(widths)
    for row in rows:
        _settle(row, x, widths)
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            for place in row:
                x[place] = _mean([x[other] for other in (*above[place], *below[place])], x[place])
            _settle(row, x, widths)
    left = min((x[place] - widths[place] / 2 for row in rows for place in row), default=0.0)
    return [centre - left for centre in x]


def _settle(row: list[int], x: list[float], widths: list[float]) -> None:
    """Move the places of a row as little as possible (in squares) so that none overlap and the order stays."""
    offsets, reach = [], 0.0
    for i, place in enumerate(row):
        if i:
            reach += (widths[row[i - 1]] + widths[place]) / 2 + _GAP_X
        offsets.append(reach)
    pools: list[tuple[float, int]] = []  # (mean of wanted positions, number of places), rising from left to right
    for place, offset in zip(row, offsets):
        mean, count = x[place] - offset, 1
        while pools and pools[-1][0] > mean:
            earlier, size = pools.pop()
            mean, count = (earlier * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    settled = [mean for mean, count in pools for _ in range(count)]
    for place, offset, mean in zip(row, offsets, settled):
        x[place] = mean + offset


def _routes(chains: list[list[int]], places: list[Place]) -> list[list[tuple[float, float]]]:
    """Each arrow as points: out of the first box, through the passages, into the last box."""
    downward = [places[chain[-1]].y >= places[chain[0]].y for chain in chains]
    leaving = _ports([(chain[0], chain[1], down) for chain, down in zip(chains, downward)], places)
    entering = _ports([(chain[-1], chain[-2], not down) for chain, down in zip(chains, downward)], places)
    routes = []
    for i, chain in enumerate(chains):
        half = 0.5 if downward[i] else -0.5
        points = [(leaving[i], places[chain[0]].y + half * places[chain[0]].height)]
        for passage in (places[place] for place in chain[1:-1]):
            points += [(passage.x, passage.y - half * passage.height), (passage.x, passage.y + half * passage.height)]
        routes.append([*points, (entering[i], places[chain[-1]].y - half * places[chain[-1]].height)])
    return routes


def _ports(ends: list[tuple[int, int, bool]], places: list[Place]) -> list[float]:
    """Where along the edge of its box each arrow ends; `ends` are (box, other end, below or above). Neighbours follow their other ends."""
    edges: dict[tuple[int, bool], list[int]] = {}
    for i, (box, _, below) in enumerate(ends):
        edges.setdefault((box, below), []).append(i)
    x = [0.0] * len(ends)
    for (box, _), arrows in edges.items():
        arrows.sort(key=lambda i: places[ends[i][1]].x)
        step = min(_PORT_STEP, places[box].width * _PORT_SHARE / len(arrows))
        for number, i in enumerate(arrows):
            x[i] = places[box].x + (number - (len(arrows) - 1) / 2) * step
    return x


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
