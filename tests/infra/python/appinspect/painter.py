"""In the place of the package `painter`, which colours what splunk-appinspect prints and is published
as source only: pip would run its author's code to install it."""


class paint:
    green = yellow = cyan = red = staticmethod(str)
