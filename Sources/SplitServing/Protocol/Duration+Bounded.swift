extension Duration {
  /// This duration, from nothing to a century, which is as good as for ever: sums with it, and its
  /// nanoseconds, are numbers that clocks and timers hold.
  var bounded: Duration { max(.zero, min(self, .seconds(3_155_760_000))) }
}
