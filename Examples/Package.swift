// swift-tools-version: 6.2
import PackageDescription

/// A program in one file that imports products of the engine.
///
/// Without settings of its own: whoever imports the engine has the compiler's.
func example(_ name: String, _ products: String...) -> Target {
  .executableTarget(
    name: name, dependencies: products.map { .product(name: $0, package: "sparse-engine") })
}

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "sparse-engine", path: "..")],
  targets: [
    example("TrainAndMeasure", "SparseLayers"),
    example("OwnPattern", "SparseCore", "SparseLayers"),
    example("OwnRule", "SparseLayers", "EarlyExit"),
    example("TwoTasks", "SparseLayers"),
    example("EdgeAndRemote", "SparseLayers", "EarlyExit", "SplitServing"),
  ]
)
