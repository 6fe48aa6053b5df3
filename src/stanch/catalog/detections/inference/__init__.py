"""What is done through the model's own door: extraction, stolen keys, answers that give something away."""
