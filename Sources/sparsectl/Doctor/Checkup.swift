import ArgumentParser
import Foundation
import Shapes3D
import SparseCore
import SparseLayers
import _SparseBench

/// The looks that `doctor` takes.
enum Checkup {
  /// Everything, in the order in which it is shown.
  static var findings: [Finding] { program + engines + machine + data + tools + streams }

  // MARK: Program and libraries

  private static var program: [Finding] {
    let topic = "program"
    #if DEBUG
    let build = Finding(
      topic, "build", .absent, "debug: made for finding faults, and slow",
      remedy: "swift build -c release")
    #else
    let build = Finding(topic, "build", "release, optimised")
    #endif
    return [
      Finding(topic, "sparsectl", Sparsectl.configuration.version), build,
      Finding(topic, "compiler", "Swift \(compiler)"),
      Finding(trying: topic, "GraphBLAS", remedy: install("libgraphblas-dev", "suite-sparse")) {
        "SuiteSparse:GraphBLAS \(try CoreLibraries.graphBLAS())"
      },
      Finding(topic, "zlib", DataLibraries.zlib), Finding(topic, "libzip", DataLibraries.libzip),
      Finding(topic, "digests", CoreLibraries.openSSL ?? "CryptoKit"),
      Finding(topic, "HDF5", HDF5Library.version ?? "of unknown version"),
    ]
  }

  private static var compiler: String {
    #if compiler(>=6.4)
    return "6.4 or later"
    #elseif compiler(>=6.3)
    return "6.3"
    #else
    return "6.2"
    #endif
  }

  // MARK: Engines

  private static var engines: [Finding] {
    let topic = "engines"
    let processor = Processor.current
    let features = processor.features.joined(separator: ", ")
    return [
      Finding(topic, "CPU", processor.name),
      Finding(topic, "features", features.isEmpty ? "none that kernels use" : features),
      Finding(trying: topic, "kernels", remedy: "unset SPARSE_KERNELS") { try kernels() },
    ]
      + Backend.allCases.map { engine in
        Finding(trying: topic, engine.rawValue) { try products(of: engine) }
      }
  }

  /// The native kernels in use, and why these.
  private static func kernels() throws -> String {
    let kernels = try KernelSet.current.get()
    let wish = ProcessInfo.processInfo.environment["SPARSE_KERNELS"] ?? ""
    let names = ["avx512", "avx2", "neon", "plain"].filter { KernelSet.named($0) != nil }
    let reason =
      wish.isEmpty ? "the best that this CPU has" : "as the environment's SPARSE_KERNELS says"
    return "\(kernels.name), \(reason) (it has \(names.joined(separator: ", ")))"
  }

  /// Computes the products of a small junction, and compares them with the reference engine's.
  ///
  /// Samples and sizes are no multiples of any vector, so that the kernels' ends are computed, too.
  private static func products(of engine: Backend) throws -> String {
    let pattern = try PatternRecipe.nearest(
      family: .balanced, inputs: 77, outputs: 35, density: 0.3, seed: 0, junction: 0
    ).recipe.makePattern()
    let junction = try JunctionBenchmark(pattern, backend: engine, samples: 101)
    for product in Product.allCases { try junction.check(product) }
    switch engine {
    case .reference: return "computes the three products that the others are compared with"
    case .auto:
      return junction.plan.warning ?? "takes \(junction.plan.backend.rawValue) here, and agrees"
    case .native, .suiteSparse: return "agrees with the reference in the three products"
    }
  }

  // MARK: Data and tools

  private static var data: [Finding] {
    let topic = "data"
    let installed = DatasetSource.installedFashionMNIST
    let fashion =
      FileManager.default.fileExists(atPath: installed)
      ? Finding(trying: topic, "Fashion-MNIST") {
        "\(installed): \(counts(try DatasetSource.fashionMNIST.load()))"
      }
      : Finding(
        topic, "Fashion-MNIST", .absent, "not at \(installed)",
        remedy: "sudo apt-get install dataset-fashion-mnist, or train --data DIRECTORY")
    guard let directory = DataOptions.mnistDirectory else {
      return [
        fashion,
        Finding(
          topic, "MNIST", .absent, "MNIST_DIR is not set",
          remedy: "it, or train --dataset mnist --data, names the directory of its IDX files"),
      ]
    }
    return [
      fashion,
      Finding(trying: topic, "MNIST", failure: .absent) {
        "\(directory): \(counts(try DatasetSource.mnist.load(path: directory)))"
      },
    ]
  }

  private static func counts(_ parts: DatasetParts) -> String {
    "\(Text.count(parts.training.sampleCount)) training and "
      + "\(Text.count(parts.test.sampleCount)) test samples, read"
  }

  private static var tools: [Finding] {
    let path = try? Gnuplot.path()
    return [
      Finding(
        "pictures", "gnuplot", path == nil ? .absent : .works, path ?? "not on the PATH",
        remedy: path == nil ? install("gnuplot-nox", "gnuplot") : nil)
    ]
  }

  private static func install(_ debian: String, _ homebrew: String) -> String {
    #if os(macOS)
    return "brew install \(homebrew)"
    #else
    return "sudo apt-get install \(debian)"
    #endif
  }
}
