"""The invented corpus: registers, ways of writing a name, posts to write it in, and the evaluation."""
