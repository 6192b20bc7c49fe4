"""What the benchmark of reading is made of: the cells, the peers, and the child process that each peer runs in."""
