"""The stage: the character's voice and face on one media clock."""
