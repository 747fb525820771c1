"""Transformers of a few thousand random weights, which take no network and no time.

Import it only where the extra ``torch`` is installed.
"""

from __future__ import annotations

import string
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

POSITIONS = 64
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def save_encoder(folder: Path) -> Path:
    """A sentence-transformers folder: a BERT with mean pooling."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    torch.manual_seed(1)
    plain = folder.with_name(f"{folder.name}-plain")
    BertModel(_config()).save_pretrained(plain)
    _tokenizer().save_pretrained(plain)
    transformer = Transformer(str(plain))
    modules = [transformer, Pooling(transformer.get_embedding_dimension())]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder))
    return folder


def save_cross_encoder(folder: Path, outputs: int = 1) -> Path:
    """A BERT that classifies pairs."""
    torch.manual_seed(1)
    network = BertForSequenceClassification(_config(num_labels=outputs))
    network.classifier.weight.data.normal_()  # fresh heads are too small to tell pairs apart
    network.save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    return folder


def _config(num_labels: int = 2) -> BertConfig:
    return BertConfig(
        vocab_size=len(_vocabulary()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=POSITIONS,
        initializer_range=0.5,
        num_labels=num_labels,
    )


def _vocabulary() -> dict[str, int]:
    """One token per character, and one per character that continues a word."""
    letters = string.ascii_lowercase + string.digits
    tokens = [*_SPECIAL, *letters, *(f"##{letter}" for letter in letters), *string.punctuation]
    return {token: number for number, token in enumerate(tokens)}


def _tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = _vocabulary()
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",  # noqa: S106
        unk_token="[UNK]",  # noqa: S106
        cls_token="[CLS]",  # noqa: S106
        sep_token="[SEP]",  # noqa: S106
        model_max_length=POSITIONS,
    )
