"""Say what is wrong with a site, and what to do about it. Nothing is changed, and no secret is shown.

``examination.LOOKS`` lists every look, in order; to add one, write a function that yields findings, and enter
it there.
"""
