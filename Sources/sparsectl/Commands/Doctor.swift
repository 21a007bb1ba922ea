import ArgumentParser

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell what is installed and in use here, and whether it works.",
    discussion: """
      EXAMPLES
        sparsectl doctor
        sparsectl doctor --json
        SPARSE_KERNELS=plain sparsectl doctor

      ✔ is there and works, – is missing but not needed to train, ✘ is needed and does not work; an \
      arrow points to the remedy. Every engine computes the products of a small junction, which are \
      compared with the reference engine's, and Fashion-MNIST is really read. The exit code is 0 \
      when all that is needed to train works, else 1.

      --json prints {"ready": true, "version": …, "checks": […]}, each with topic, name, \
      state (works, absent or fails), text and perhaps remedy.
      """)

  @OptionGroup(title: "Output") var outputOptions: OutputOptions

  func run() throws {
    let report = DoctorReport(Checkup.findings)
    try outputOptions.print(report)
    guard report.ready else { throw ExitCode.failure }
  }
}
