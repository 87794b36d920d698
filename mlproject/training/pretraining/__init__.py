"""Masked-language modelling on all texts of a data set, before its labels are learnt."""
