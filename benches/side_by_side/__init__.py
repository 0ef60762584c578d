"""The parts of `compare.py`: what is measured, beside whom, and the report of it. benches/README.md says why so.

- `options`: arguments, sizes, folders; `process`: one child, or several in turns, with time, memory and bytes read;
- `data`: pages, archives and what is looked for in them; `peers`: the other engines' commands, run by `peer_*.py`;
- `queries`: the eleven questions, in the words of each engine; `answers`: do the engines agree?
- `ingest`, `again`, `asking` (queries and look-ups), `start`, `at_once`: one section each, from `options` to numbers;
- `figures`: lists of numbers to text; `report`: Markdown from all of them; `goals`: the table on top of it.
"""
