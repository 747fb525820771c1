"""Language models in this process: folders of the Hugging Face format, and GGUF files.

Settings enter :func:`.load.local_completer`, a completer leaves. It gives the text of an answer and the
probabilities of the verdicts, which are read from the answer's tokens.
"""
