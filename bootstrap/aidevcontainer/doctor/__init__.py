"""`container doctor`: finds problems of the machine, the project and its containers, and fixes for them.

cli/doctor.py calls it. Each module has the checks of one area, and nothing here changes anything.
"""
