import Foundation

/// The three streams that a program is started with.
enum StandardStreams {
  /// Takes the places of streams that are closed, as after `>&-`: the next file that is opened would get
  /// them, and what is meant for the reader would be written into it.
  ///
  /// Results that nobody can get are an error: what stands for stdout cannot be written to. Nobody
  /// misses progress and warnings who has closed stderr.
  static func occupy() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) == -1 {
      // The system gives the lowest descriptor that is free.
      _ = unsafe open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
