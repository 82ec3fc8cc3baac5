"""The public names of protobuf messages: `tf.GraphDef`, `tf.train.Example`, ...

Only names are noted here: a message is made when it is first asked for.
"""

from __future__ import annotations

from autograd_lite.core.export import export_constant
from autograd_lite.wire import messages, schema

_ROOT = """AttrValue ConfigProto Event GPUOptions GraphDef GraphOptions HistogramProto LogMessage MetaGraphDef NameAttrList NodeDef
OptimizerOptions RunMetadata RunOptions SessionLog Summary SummaryMetadata TensorInfo"""
_TRAIN = """BytesList ClusterDef Example Feature FeatureList FeatureLists Features FloatList Int64List JobDef SaverDef SequenceExample
ServerDef"""
_SUMMARY = "Event SessionLog Summary SummaryDescription TaggedRunMetadata"
_PROFILER = "AdviceProto GraphNodeProto MultiGraphNodeProto OpLogProto"
_PROJECTOR = "EmbeddingInfo ProjectorConfig SpriteMetadata"

# "train.Example" -> "Example": public name without `tf.` -> name of the message in wire/messages.txt
PUBLIC: dict[str, str] = {
    **{name: name for name in _ROOT.split()},
    **{f"train.{name}": name for name in _TRAIN.split()},
    **{f"summary.{name}": name for name in _SUMMARY.split()},
    **{f"profiler.{name}": name for name in _PROFILER.split()},
    **{f"contrib.tensorboard.plugins.projector.{name}": name for name in _PROJECTOR.split()},
}

for _public_name, _message in PUBLIC.items():
    export_constant(messages.__name__, _message, _public_name)


def python_module(name: str) -> tuple[str, ...] | None:
    """The names that the module `name` of TensorFlow's generated code holds, or None when it is no such module.

    TF1 programs also import messages from there: `from tensorflow.core.framework import graph_pb2`. Each name is to be found
    in `autograd_lite.wire.messages`.

    >>> "NodeDef" in python_module("tensorflow.core.framework.node_def_pb2")
    True
    """
    return schema.python_modules().get(name)
