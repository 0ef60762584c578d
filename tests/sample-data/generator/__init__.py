"""The synthetic Alder Coffee tenant: who is in it, what happened, and how each product would have written it down."""
