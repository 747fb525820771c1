"""What the API takes and gives, as pydantic models.

Models of requests (:mod:`.requests` and those beside them) validate; unknown fields are refused. Models of
answers only describe: documents are built by :mod:`codesearch.report` and sent as they are, and a test holds
real ones against their models.
"""
