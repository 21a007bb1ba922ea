import SparseCore
import Testing

@Suite("Tiles") struct TilesTests {
  @Test(
    "give back the samples that were laid into them", arguments: [0, 1, 7, 8, 9, 17], [1, 3, 8, 20])
  func roundTrip(samples: Int, width: Int) {
    let shape = Tiles.Shape(samples: samples, width: width)
    let tiles = Tiles(features: 3, capacity: shape.lanes)
    tiles.buffer.fill(with: .nan)
    let values = (0..<samples * 3).map(Float.init)
    tiles.load(values, shape: shape)
    #expect(tiles.values(shape: shape) == values)
    #expect(shape.count == (samples + width - 1) / width)
    // All lanes were written: padding is 0, so no NaN is left.
    #expect(tiles.buffer.values.allSatisfy { $0.isFinite })
  }

  @Test("are feature-major, with the samples of a feature side by side")
  func layout() {
    let shape = Tiles.Shape(samples: 3, width: 2)
    let tiles = Tiles(features: 2, capacity: shape.lanes)
    tiles.load([1, 2, 3, 4, 5, 6], shape: shape)
    #expect(tiles.buffer.values == [1, 3, 2, 4, 5, 0, 6, 0])
    let last = tiles.tile(1, of: shape)
    #expect(last.samples == 1 && last.offset == 4 && last[1, 0] == 6)
  }

  @Test("are refused outside their batch")
  func outside() async {
    await #expect(processExitsWith: .failure) {
      let tiles = Tiles(features: 2, capacity: 4)
      _ = tiles.tile(2, of: Tiles.Shape(samples: 4, width: 2))
    }
    await #expect(processExitsWith: .failure) {
      let tiles = Tiles(features: 2, capacity: 4)
      _ = tiles.tile(0, of: Tiles.Shape(samples: 5, width: 5))
    }
  }
}
