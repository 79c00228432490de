"""The glossary, a file a kind of word: key -> (English, Chinese)."""
