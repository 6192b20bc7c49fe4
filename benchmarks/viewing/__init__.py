"""Parts of the viewing benchmarks: the slide, the viewers, the script that they all follow."""
