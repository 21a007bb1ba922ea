// swift-tools-version: 6.2
import PackageDescription

// A package of its own, since all of it and of the engine is built with the fuzzer's instruments.
// 'dev/fuzz' builds and runs it; the engine's own tests replay the corpus (CorpusTests.swift).
let package = Package(
  name: "Fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "sparse-engine", path: "../..")],
  targets: [
    .target(
      name: "FuzzReaders",
      dependencies: ["SparseCore", "SparseLayers", "EarlyExit", "SplitServing"].map {
        .product(name: $0, package: "sparse-engine")
      },
      path: "Readers", exclude: ["CorpusTests.swift"],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ]),
    // In C, since SwiftPM renames the entry point of programs in Swift, and libFuzzer brings one.
    .executableTarget(name: "fuzz", dependencies: ["FuzzReaders"], path: "Driver"),
  ]
)
