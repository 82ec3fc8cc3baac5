"""Draw the picture of README: the graph of the quadratic, as the library's own SVG writer sees it.

    python docs/graph_picture.py
"""

from pathlib import Path

import autograd_lite as tf
from autograd_lite.core.safe_write import replacing
from autograd_lite.teach.render.picture import describe
from autograd_lite.teach.render.svg import to_svg

TARGET = Path(__file__).with_name("images") / "quadratic.svg"


def picture_of_the_quadratic() -> str:
    """README's program as SVG, drawn without Graphviz so that every machine makes the same bytes."""
    with tf.Graph().as_default() as graph:
        w = tf.Variable(0, dtype=tf.float32)
        cost = w**2 - 10 * w + 25
        tf.train.GradientDescentOptimizer(0.01).minimize(cost)
        tf.global_variables_initializer()
    return to_svg(describe(graph))


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    with replacing(TARGET, "w") as file:
        file.write(picture_of_the_quadratic())
    print(TARGET)
