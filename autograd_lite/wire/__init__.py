"""Floor 1: file formats: protobuf messages, tensor protos and TFRecord files; knows nothing of graphs."""
