"""What every dataset has: the tensor that stands for it, the structure of its elements, options, iterators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.core.shapes import TensorShape
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.data import iterators, structure as structures
from autograd_lite.lib.data.options import Options


class DatasetBase:
    """A sequence of elements, as a node of the graph."""

    _plain: type[DatasetBase]  # tf.data.Dataset, the class of what transformations give

    _variant_tensor: Tensor
    _structure: Any
    _options: Options

    def _set(self, variant_tensor: Tensor, structure: Any, options: Options | None = None) -> Any:
        """Say what a dataset just made stands for."""
        self._variant_tensor, self._structure, self._options = variant_tensor, structure, options or Options()
        return self

    @classmethod
    def _from_variant(cls, variant_tensor: Tensor, structure: Any, options: Options | None = None) -> Any:
        """The dataset that a tensor stands for."""
        return cls._plain()._set(variant_tensor, structure, options)

    def _new(self, variant_tensor: Tensor, structure: Any) -> Any:
        """A dataset made of this one."""
        return self._from_variant(variant_tensor, structure, self._options)

    def _copy_of(self, variant_tensor: Tensor) -> Any:
        """The same dataset, of which a tensor of another graph is a copy."""
        return self._new(variant_tensor, self._structure)

    def _kept(self) -> dict[str, Any]:
        """The attributes of an op whose elements have the structure of this dataset's."""
        return structures.typed(self._structure)

    @property
    def output_types(self) -> Any:
        """The nested element types of an element."""
        return structures.legacy_types(self._structure)

    @property
    def output_shapes(self) -> Any:
        """The nested static shapes of an element."""
        return structures.legacy_shapes(self._structure)

    @property
    def output_classes(self) -> Any:
        """The nested Python types of an element's parts."""
        return structures.legacy_classes(self._structure)

    @property
    def element_spec(self) -> Any:
        """The nested specifications of an element."""
        return self._structure

    def options(self) -> Options:
        """The options in force."""
        return self._options

    def with_options(self, options: Options) -> Any:
        """The same dataset with further options."""
        return self._from_variant(self._variant_tensor, self._structure, self._options.merge(options))

    def apply(self, transformation_func: Callable[[Any], Any]) -> Any:
        """What a function makes of this dataset.

        Raises:
          TypeError: when that is no dataset.

        >>> tf.data.Dataset.range(5).apply(lambda dataset: dataset.batch(2)).output_shapes
        TensorShape([Dimension(None)])
        """
        dataset = transformation_func(self)
        if not isinstance(dataset, DatasetBase):
            raise TypeError(f"`transformation_func` must return a Dataset. Got {dataset!r}.")
        return dataset

    def make_one_shot_iterator(self) -> iterators.Iterator:
        """An iterator that needs no initializer and goes through the dataset once."""
        return iterators.make_one_shot_iterator(self)

    def make_initializable_iterator(self, shared_name: str | None = None) -> iterators.Iterator:
        """An iterator whose `initializer` begins it."""
        return iterators.make_initializable_iterator(self, shared_name)

    def __iter__(self) -> Any:
        raise RuntimeError(
            "`tf.data.Dataset` only supports Python-style iteration in eager mode or within tf.function.\n"
            "  In a graph, iterator = dataset.make_one_shot_iterator(); next_element = iterator.get_next(); session.run(next_element)."
        )

    def __repr__(self) -> str:
        def shown(shape: Any) -> Any:
            return _Plain(str(shape) if isinstance(shape, TensorShape) else repr(shape))

        types = structures.mapped(lambda dtype: _Plain(repr(dtype)), self.output_types)
        return f"<DatasetV1Adapter shapes: {structures.mapped(shown, self.output_shapes)}, types: {types}>"


class _Plain:
    """Text that shows itself without quotes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text
