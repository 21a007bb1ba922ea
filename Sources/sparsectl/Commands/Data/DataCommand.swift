import ArgumentParser

/// Data sets of several tasks, made from published ones.
///
/// Each subcommand is an extension in a file of its own.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Make data sets of several tasks from published ones.",
    discussion: """
      EXAMPLES
        sparsectl data multi --left mnist --right fashion-mnist --output pairs.npz
        sparsectl data shapes3d 3dshapes.h5 --factors scale,shape --output shapes.npz
        sparsectl train --dataset npz --data pairs.npz --density 0.2

      The files are compressed NPZ, which NumPy reads: samples xtr, xva, xte, and class numbers \
      ytr_TASK, yva_TASK, yte_TASK for each task. Every subcommand takes --json.
      """,
    subcommands: [Multi.self, Shapes.self])
}
