"""Features of a fragment that survive another author and another language.

A batch of fragments enters; hashes of what they do leave (:mod:`.extract`), a function of each fragment's
tokens alone. Five families; ``docs/models.md`` says what each is worth:

* words: sub-tokens of names, words in strings, literals by value, keywords and operators;
* runs of two and three tokens as written (:func:`.hashing.runs`);
* the same over what tokens mean (:mod:`.concepts`), without punctuation: ``System.out.println``, ``print``
  and ``cout`` meet here;
* chains: the contexts of one variable's consecutive uses (:mod:`.chains`), whatever it is called;
* control flow: keywords that branch, with the change of nesting between them (:mod:`.control`).

:data:`.extract.FEATURES_VERSION` is part of every trained model; change it with anything that changes a hash.
"""
