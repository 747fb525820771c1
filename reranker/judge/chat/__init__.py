"""Chat models behind LangChain: an OpenAI-compatible server, Azure, or a hosted provider.

Settings enter :func:`.model.chat_completer`, a completer leaves. :mod:`.endpoint` says where the model is
and which key goes there, :mod:`.transport` lets nothing go anywhere else, :mod:`.failures` tells why there
is no answer, and :mod:`.tracing` keeps LangChain from reporting calls.
"""
