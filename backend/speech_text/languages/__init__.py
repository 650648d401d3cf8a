"""The words of each language that written signs stand for, one file a language."""
