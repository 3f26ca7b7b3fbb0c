"""Jinguan-II (金关二期): the documents of the special zone, declared and answered."""
