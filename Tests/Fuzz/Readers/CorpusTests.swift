import Foundation
import Testing

@Suite("The fuzzer's corpus") struct CorpusTests {
  /// `Tests/Fuzz/corpus`, with a folder for each reader.
  private static let corpus = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("corpus")

  @Test("is read as it must be, some of it to the end", arguments: FuzzReader.allCases)
  func replay(reader: FuzzReader) throws {
    var (accepted, refused) = (0, 0)
    for file in try Self.files(of: reader) {
      do {
        if try reader.accepts(Array(Data(contentsOf: file))) { accepted += 1 } else { refused += 1 }
      } catch {
        Issue.record("\(reader.rawValue)/\(file.lastPathComponent): \(error)")
      }
    }
    #expect(accepted > 0 && refused > 0, "\(accepted) files accepted, \(refused) refused")
  }

  @Test("stays small, and has a folder for each reader and no other")
  func size() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path)
      .filter { !$0.hasPrefix(".") }
    #expect(Set(folders) == Set(FuzzReader.allCases.map(\.rawValue)))
    for reader in FuzzReader.allCases {
      let sizes = try Self.files(of: reader).map {
        try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      }
      #expect(sizes.count <= 200 && sizes.reduce(0, +) <= 200_000, "\(reader.rawValue)")
    }
  }

  private static func files(of reader: FuzzReader) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: corpus.appendingPathComponent(reader.rawValue), includingPropertiesForKeys: nil
    ).filter { !$0.lastPathComponent.hasPrefix(".") }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }
}
