"""One whole-slide pipeline a module; each is run as a program in the environment of its own."""
