"""Whole-slide inference: the slide, the nets, the pipelines compared."""
