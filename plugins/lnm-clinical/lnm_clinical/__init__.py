"""Lymph node metastasis from clinical data: six models, trained on METABRIC."""
