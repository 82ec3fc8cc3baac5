"""Where the names of TensorFlow's private modules are found here.

Programs of TF1's time reach into `tensorflow.python...` and `tensorflow.core...`. Most of what they take there has a public name as well.
SOURCES says, for each such module, in which public modules its names are looked up, in order: `.` is `tf` itself, `nn` is `tf.nn`.
A word that starts with `:` is a module of this library's engine. NAMES holds the few that have no public name: "module:attribute".
"""

from __future__ import annotations

_TABLE = """
python                                    .
python.client.device_lib                  -
python.client.session                     .
python.client.timeline                    -
python.data.ops.dataset_ops               data
python.data.ops.iterator_ops              data
python.data.util.nest                     nest
python.eager.context                      .
python.framework.common_shapes            .
python.framework.constant_op              .
python.framework.device                   .
python.framework.dtypes                   dtypes .
python.framework.errors                   errors
python.framework.errors_impl              errors
python.framework.function                 .
python.framework.graph_io                 train io
python.framework.graph_util               graph_util
python.framework.graph_util_impl          graph_util
python.framework.importer                 .
python.framework.meta_graph               train
python.framework.ops                      . :graph.graph :graph.operation :graph.tensor :graph.collections
python.framework.random_seed              .
python.framework.sparse_tensor            .
python.framework.tensor_shape             . :core.shapes
python.framework.tensor_spec              .
python.framework.tensor_util              . contrib.util :graph.static_value
python.framework.test_util                test
python.framework.versions                 version .
python.keras                              keras
python.keras.layers                       keras.layers
python.layers.base                        layers
python.layers.convolutional               layers
python.layers.core                        layers
python.layers.layers                      layers
python.layers.normalization               layers
python.layers.pooling                     layers
python.layers.utils                       layers
python.lib.io.file_io                     io.gfile
python.lib.io.python_io                   python_io
python.lib.io.tf_record                   python_io io
python.ops.array_grad                     .
python.ops.array_ops                      . sparse
python.ops.bitwise_ops                    bitwise
python.ops.candidate_sampling_ops         nn random
python.ops.check_ops                      . debugging
python.ops.clip_ops                       .
python.ops.confusion_matrix               .
python.ops.control_flow_ops               .
python.ops.ctc_ops                        nn
python.ops.custom_gradient                .
python.ops.data_flow_ops                  . queue
python.ops.embedding_ops                  nn
python.ops.functional_ops                 .
python.ops.gen_array_ops                  raw_ops .
python.ops.gen_control_flow_ops           raw_ops .
python.ops.gen_data_flow_ops              raw_ops .
python.ops.gen_image_ops                  raw_ops image
python.ops.gen_linalg_ops                 raw_ops linalg
python.ops.gen_logging_ops                raw_ops .
python.ops.gen_math_ops                   raw_ops .
python.ops.gen_nn_ops                     raw_ops nn
python.ops.gen_random_ops                 raw_ops random
python.ops.gen_sparse_ops                 raw_ops sparse
python.ops.gen_state_ops                  raw_ops .
python.ops.gen_string_ops                 raw_ops strings
python.ops.gradient_checker               test
python.ops.gradients                      .
python.ops.gradients_impl                 .
python.ops.histogram_ops                  .
python.ops.image_ops                      image
python.ops.init_ops                       initializers keras.initializers .
python.ops.io_ops                         . io
python.ops.linalg_ops                     linalg .
python.ops.linalg_ops_impl                linalg .
python.ops.logging_ops                    . summary
python.ops.lookup_ops                     lookup contrib.lookup .
python.ops.losses.losses                  losses
python.ops.losses.losses_impl             losses
python.ops.losses.util                    losses
python.ops.map_fn                         .
python.ops.math_grad                      .
python.ops.math_ops                       . math
python.ops.metrics                        metrics
python.ops.metrics_impl                   metrics
python.ops.nn                             nn
python.ops.nn_grad                        nn
python.ops.nn_impl                        nn
python.ops.nn_ops                         nn
python.ops.numerics                       .
python.ops.parsing_ops                    io .
python.ops.partitioned_variables          .
python.ops.random_ops                     random .
python.ops.resource_variable_ops          .
python.ops.resources                      -
python.ops.rnn                            nn
python.ops.rnn_cell                       nn.rnn_cell
python.ops.rnn_cell_impl                  nn.rnn_cell
python.ops.script_ops                     .
python.ops.session_ops                    .
python.ops.sets                           sets
python.ops.sparse_ops                     sparse .
python.ops.special_math_ops               . math
python.ops.standard_ops                   .
python.ops.state_ops                      .
python.ops.string_ops                     strings .
python.ops.summary_ops                    summary
python.ops.template                       .
python.ops.tensor_array_ops               .
python.ops.variable_scope                 .
python.ops.variables                      .
python.platform.app                       app
python.platform.flags                     flags
python.platform.gfile                     gfile
python.platform.googletest                test
python.platform.logging                   logging
python.platform.resource_loader           resource_loader
python.platform.sysconfig                 sysconfig
python.platform.test                      test
python.platform.tf_logging                logging
python.pywrap_tensorflow                  train errors
python.saved_model.builder                saved_model.builder
python.saved_model.constants              saved_model.constants
python.saved_model.loader                 saved_model.loader
python.saved_model.main_op                saved_model.main_op
python.saved_model.signature_constants    saved_model.signature_constants
python.saved_model.signature_def_utils    saved_model.signature_def_utils
python.saved_model.tag_constants          saved_model.tag_constants
python.saved_model.utils                  saved_model.utils
python.summary.summary                    summary
python.summary.summary_iterator           train
python.summary.writer.writer              summary
python.tools.freeze_graph                 graph_util
python.training                           train
python.training.adadelta                  train
python.training.adagrad                   train
python.training.adam                      train
python.training.basic_session_run_hooks   train
python.training.checkpoint_management     train
python.training.checkpoint_utils          train
python.training.coordinator               train
python.training.ftrl                      train
python.training.gradient_descent          train
python.training.input                     train
python.training.learning_rate_decay       train
python.training.momentum                  train
python.training.monitored_session         train
python.training.moving_averages           train
python.training.optimizer                 train
python.training.queue_runner              train
python.training.rmsprop                   train
python.training.saver                     train
python.training.server_lib                train
python.training.session_manager           train
python.training.session_run_hook          train
python.training.slot_creator              :lib.slot_creator
python.training.summary_io                summary train
python.training.supervisor                train
python.training.sync_replicas_optimizer   train
python.training.training                  train
python.training.training_ops              raw_ops
python.training.training_util             train
python.user_ops                           .
python.util.compat                        compat
python.util.deprecation                   -
python.util.nest                          nest
core.example.example_pb2                  :wire.messages
core.example.feature_pb2                  :wire.messages
core.framework.attr_value_pb2             :wire.messages
core.framework.cost_graph_pb2             :wire.messages
core.framework.function_pb2               :wire.messages
core.framework.graph_pb2                  :wire.messages
core.framework.node_def_pb2               :wire.messages
core.framework.op_def_pb2                 :wire.messages
core.framework.step_stats_pb2             :wire.messages
core.framework.summary_pb2                :wire.messages
core.framework.tensor_pb2                 :wire.messages
core.framework.tensor_shape_pb2           :wire.messages
core.framework.types_pb2                  :wire.messages
core.framework.variable_pb2               :wire.messages
core.framework.versions_pb2               :wire.messages
core.protobuf.cluster_pb2                 :wire.messages
core.protobuf.config_pb2                  :wire.messages
core.protobuf.meta_graph_pb2              :wire.messages
core.protobuf.queue_runner_pb2            :wire.messages
core.protobuf.rewriter_config_pb2         :wire.messages
core.protobuf.saved_model_pb2             :wire.messages
core.protobuf.saver_pb2                   :wire.messages
core.protobuf.tensorflow_server_pb2       :wire.messages
core.util.event_pb2                       :wire.messages
"""

_NOWHERE = "-"  # the module has only names of its own, given in NAMES

SOURCES: dict[str, tuple[str, ...]] = {
    module: tuple("" if word == "." else word for word in words if word != _NOWHERE)
    for module, *words in (line.split() for line in _TABLE.splitlines() if line)
}

NAMES: dict[str, dict[str, str]] = {
    "python.client.device_lib": {"list_local_devices": "cli.private_names:list_local_devices"},
    "python.client.timeline": {"Timeline": "runtime.timeline:Timeline"},
    "python.framework.tensor_shape": {
        "scalar": "cli.private_names:scalar_shape",
        "vector": "cli.private_names:vector_shape",
        "matrix": "cli.private_names:matrix_shape",
    },
    "python.ops.resources": {
        "initialize_resources": "cli.private_names:initialize_resources",
        "shared_resources": "cli.private_names:shared_resources",
        "local_resources": "cli.private_names:local_resources",
    },
    "python.tools.freeze_graph": {
        "freeze_graph": "lib.freeze_graph:freeze_graph",
        "freeze_graph_with_def_protos": "lib.freeze_graph:freeze_graph_with_def_protos",
    },
    "python.util.deprecation": {
        "deprecated": "cli.private_names:deprecated",
        "deprecated_args": "cli.private_names:deprecated",
    },
}
