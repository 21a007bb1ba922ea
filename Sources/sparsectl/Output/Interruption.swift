import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as a question that long work asks between its steps.
enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Whether a signal has come since `watch()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Notes the first signal instead of dying of it; the second one ends the program at once.
  static func watch() {
    // A process inherits what its parent's thread blocked, and libdispatch blocks both.
    var signals = sigset_t()
    // SAFETY: the set is ours, and is emptied before signals are added and it is used.
    _ = unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { _ = unsafe sigaddset(&signals, number) }
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      // A handler may do little: it stores a flag, and hands the signal back to the system.
      signal(number) { number in
        Interruption.flag.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }
}
