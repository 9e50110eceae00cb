"""What goes into every evidence pack as it is: the verifying script, and the page that explains it."""
