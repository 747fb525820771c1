"""Causal language models of some ten thousand weights, which take no network and seconds to make.

Import it only where the extra ``torch`` is installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import MistralConfig, MistralForCausalLM, PreTrainedTokenizerFast
from transformers.utils.logging import disable_progress_bar

torch.set_num_threads(1)  # of models this small, and where tests run side by side, threads only wait

SPECIAL = ("<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>")
END, PAD = SPECIAL[:2]
_LAST_WORDS = 8  # tokens
_MARK = 2  # tokens of the mark and the line feed before an answer
CHAT = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
ANSWER = '{"verdict": "clone", "clone_type": "T4", "confidence": 0.9, "evidence": [], "reason": "Both add."}'

_SAMPLE = (
    f"{ANSWER} not_clone unsure T1 T2 T3 null def return for while if else int public static void self\n"
    "Do these two fragments do the same? Answer with the verdict. You compare code.\n"
)


def save_causal(
    folder: Path,
    says: str = "",
    *,
    chat: str | None = CHAT,
    positions: int = 4096,
    sample: Sequence[str] = (_SAMPLE,),
    hidden: int = 64,
) -> Path:
    """A Mistral with a byte-level vocabulary, as ``save_pretrained`` writes it.

    Args:
        folder: Where it goes.
        says: What it is taught to answer, whatever the prompt; with nothing its weights stay random.
        chat: Its chat template; None for a model without one.
        positions: Tokens of its context window.
        sample: Texts that its vocabulary is made for.
        hidden: Width of its layers, a multiple of 8.
    """
    torch.manual_seed(1)
    tokenizer = tokenizer_of(sample, chat, positions)
    model = MistralForCausalLM(
        MistralConfig(
            vocab_size=len(tokenizer),
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=positions,
            # What it is taught depends on its own last words alone, so that no prompt leads it astray.
            sliding_window=_LAST_WORDS if says else None,
            initializer_range=0.1,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    if says:
        _teach(model, tokenizer, says)
    disable_progress_bar()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tokenizer_of(
    sample: Sequence[str], chat: str | None = CHAT, positions: int = 4096
) -> PreTrainedTokenizerFast:
    """A byte-level BPE of some hundred merges: every text is written with it and read back unchanged."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=1200,
        special_tokens=list(SPECIAL),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*sample] * 2, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=list(SPECIAL[2:]),
        chat_template=chat,
        model_max_length=positions,
        clean_up_tokenization_spaces=False,
    )


def _teach(model: MistralForCausalLM, tokenizer: PreTrainedTokenizerFast, says: str) -> None:
    """Steps until it writes the answer behind prompts of any length."""
    answer = tokenizer(f"<|assistant|>\n{says}{END}", add_special_tokens=False, return_tensors="pt").input_ids
    optimiser = torch.optim.AdamW(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.005, total_steps=200)
    model.train()
    for step in range(200):
        noise = torch.randint(len(SPECIAL), len(tokenizer), (2, 1 + step % 31))
        ids = torch.cat([noise, answer.expand(2, -1)], dim=1)
        labels = ids.clone()
        labels[:, : noise.shape[1] + _MARK] = -100
        optimiser.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    model.eval()
