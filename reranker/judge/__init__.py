"""The judge: final verdicts on the pairs that the cascade leaves open."""
