"""What `Benchmarks/run` is made of. Only Python's standard library, and gnuplot for the plots."""
