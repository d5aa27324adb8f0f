"""A hospital in a crisis: patients whose bodies move, finite beds, blood, staff and devices.

Knows no reward and no agent. Research and education only: not a model of any real hospital.
"""
