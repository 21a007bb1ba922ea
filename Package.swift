// swift-tools-version: 6.2
import PackageDescription

// Swift Testing's macros expand to code that strict memory safety cannot see through.
let testing: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let strict: [SwiftSetting] = testing + [.strictMemorySafety()]

// A package that only computes asks for no trait, and then resolves neither networking nor the command
// line's libraries: `.package(..., traits: [])`.
let networking = TargetDependencyCondition.when(traits: ["Networking"])
let commandLine = TargetDependencyCondition.when(traits: ["CommandLine"])

let package = Package(
  name: "sparse-engine",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "SparseCore", targets: ["SparseCore"]),
    .library(name: "SparseLayers", targets: ["SparseLayers"]),
    .library(name: "EarlyExit", targets: ["EarlyExit"]),
    .library(name: "SplitServing", targets: ["SplitServing"]),
    .executable(name: "sparsectl", targets: ["sparsectl"]),
    .library(name: "_SparseBench", targets: ["_SparseBench"]),
  ],
  traits: [
    .default(enabledTraits: ["CommandLine", "Networking"]),
    .trait(name: "CommandLine", description: "What sparsectl is built with."),
    .trait(
      name: "Networking",
      description: "What SplitServing is built with, and the commands serve and edge."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    // The transport of both parts of a split network: HTTP/1.1, TLS, signals and shutdown, logs. Only
    // SplitServing and sparsectl see them; the engine stays free of networking.
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries: a module map and the shims that Swift needs, nothing else.
    .systemLibrary(
      name: "CGraphBLAS",
      providers: [
        .apt(["libsuitesparse-dev", "libgraphblas-dev"]), .brew(["suite-sparse"]),
      ]),
    .systemLibrary(
      name: "COpenSSL", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),

    // What Swift cannot say: an allocator with thread-local state, as C function pointers.
    .target(name: "CGraphBLASMemory"),
    // The kernels choose their instruction set by function attributes, never by flags.
    .target(name: "CSparseKernels"),

    // The engine, each target importing only those above it.
    .target(
      name: "SparseCore",
      dependencies: ["CGraphBLAS", "CGraphBLASMemory", "CSparseKernels", "COpenSSL"],
      swiftSettings: strict),
    .target(
      name: "SparseLayers",
      dependencies: [
        "SparseCore", "CSparseKernels", "CZlib", "CZip",
        .product(name: "SwiftCSV", package: "SwiftCSV"),
      ],
      swiftSettings: strict),
    .target(
      name: "EarlyExit", dependencies: ["SparseCore", "SparseLayers"], swiftSettings: strict),
    // The only part that needs libhdf5; only 'sparsectl data shapes3d' uses it.
    .target(
      name: "Shapes3D", dependencies: ["CHDF5", "SparseCore", "SparseLayers"],
      swiftSettings: strict),
    // The remote part of a split network: the only library with networking.
    .target(
      name: "SplitServing",
      dependencies: [
        "SparseCore", "SparseLayers", "EarlyExit",
        .product(name: "AsyncHTTPClient", package: "async-http-client", condition: networking),
        .product(name: "Hummingbird", package: "hummingbird", condition: networking),
        .product(name: "HummingbirdCore", package: "hummingbird", condition: networking),
        .product(name: "HummingbirdTLS", package: "hummingbird", condition: networking),
        .product(name: "NIOCore", package: "swift-nio", condition: networking),
        .product(name: "NIOPosix", package: "swift-nio", condition: networking),
        .product(name: "NIOHTTP1", package: "swift-nio", condition: networking),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras", condition: networking),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras", condition: networking),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: networking),
        .product(name: "HTTPTypes", package: "swift-http-types", condition: networking),
        .product(name: "Logging", package: "swift-log", condition: networking),
        .product(
          name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: networking),
        .product(name: "UnixSignals", package: "swift-service-lifecycle", condition: networking),
      ],
      swiftSettings: strict),
    // What 'sparsectl bench' and the package Benchmarks share; no promised API.
    .target(name: "CSparseBench"),
    .target(
      name: "_SparseBench", dependencies: ["SparseCore", "SparseLayers", "CSparseBench"],
      path: "Sources/SparseBench", swiftSettings: strict),
    .executableTarget(
      name: "sparsectl",
      dependencies: [
        "SparseCore", "SparseLayers", "EarlyExit", "Shapes3D", "_SparseBench",
        .target(name: "SplitServing", condition: networking),
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: commandLine),
        .product(name: "Logging", package: "swift-log", condition: networking),
        .product(name: "Yams", package: "Yams", condition: commandLine),
      ],
      swiftSettings: strict),

    // Counts the test program's allocations, where the C library allows to.
    .target(name: "_AllocationCounter", path: "Tests/_AllocationCounter"),
    .target(
      name: "_SparseTestSupport", dependencies: ["SparseCore", "SparseLayers", "CSparseKernels"],
      path: "Tests/_SparseTestSupport", swiftSettings: testing),
    .testTarget(
      name: "SparseCoreTests",
      dependencies: [
        "SparseCore", "SparseLayers", "CGraphBLASMemory", "CSparseKernels", "_SparseTestSupport",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "SparseLayersTests",
      dependencies: [
        "SparseCore", "SparseLayers", "_AllocationCounter", "_SparseTestSupport",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "EarlyExitTests",
      dependencies: [
        "SparseCore", "SparseLayers", "EarlyExit", "_AllocationCounter", "_SparseTestSupport",
      ],
      swiftSettings: testing),
    .testTarget(
      name: "Shapes3DTests", dependencies: ["SparseCore", "SparseLayers", "Shapes3D"],
      swiftSettings: testing),
    .testTarget(
      name: "SplitServingTests",
      dependencies: [
        "SparseCore", "SparseLayers", "SplitServing", "_SparseTestSupport",
        .product(name: "Logging", package: "swift-log", condition: networking),
      ],
      swiftSettings: testing),
    .testTarget(
      name: "SparseBenchTests", dependencies: ["SparseCore", "SparseLayers", "_SparseBench"],
      swiftSettings: testing),
    // What the fuzzer found, or began with; Tests/Fuzz is the fuzzer's package.
    .testTarget(
      name: "FuzzTests",
      dependencies: ["SparseCore", "SparseLayers", "EarlyExit", "SplitServing"],
      path: "Tests/Fuzz/Readers", swiftSettings: testing),
    .testTarget(
      name: "sparsectlTests",
      dependencies: [
        "sparsectl", "SparseLayers", "EarlyExit", "_SparseTestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser", condition: commandLine),
      ],
      swiftSettings: testing),
  ]
)
