"""What was evaluated on a test set: when, for which run, which cells, and what was seen."""

from ablate.ledger.look import SELECTION, Look, Looks
from ablate.ledger.looking import begun_before, looking, looks

__all__ = ["SELECTION", "Look", "Looks", "begun_before", "looking", "looks"]
