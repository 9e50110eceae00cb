"""Facts and a time in, plans out; pure.

`schedule`: when to poll, look again, retry, mail, and what counts as silence.
`keeping`:  what of an item is kept, captured and told.
`routing`:  who is told, and why not the others.
`passages`: which words to look for on a page.
"""
