"""Networks from sequences to sequences: decoders, attention, beam search, and the older functions on lists of steps."""
