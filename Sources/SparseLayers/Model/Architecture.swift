internal import SparseCore

/// A network without its arrays, as JSON in a model file.
struct Architecture: Codable {
  var inputSize: Int
  var backbone: [LayerDescription]
  var branches: [BranchDescription]
  /// True for the first part of a larger network, else not there.
  var handsOver: Bool?
  /// The output task of the larger network, where the last branch has another.
  var outputTask: String?

  enum CodingKeys: String, CodingKey {
    case backbone, branches
    case inputSize = "inputs"
    case handsOver = "hands_over"
    case outputTask = "output_task"
  }

  struct BranchDescription: Codable {
    var name: String
    var position: Int
    var task: String
    var lossWeight: Float
    var layers: [LayerDescription]

    enum CodingKeys: String, CodingKey {
      case name, position, task, layers
      case lossWeight = "loss_weight"
    }
  }

  init(_ network: Network) {
    inputSize = network.inputSize
    handsOver = network.handsOver ? true : nil
    outputTask = network.outputTask == network.branches.last?.task ? nil : network.outputTask
    backbone = network.backbone.map(\.description)
    branches = network.branches.map {
      BranchDescription(
        name: $0.name, position: $0.position, task: $0.task, lossWeight: $0.lossWeight,
        layers: $0.layers.map(\.description))
    }
  }

  /// The network with layers that `makeLayer` finds by their names.
  func network(
    _ makeLayer: (LayerDescription, _ name: String) throws -> any Layer
  ) throws -> Network {
    // Branches of one name would make the same layers again and again.
    var names: Set<String> = []
    func layers(_ descriptions: [LayerDescription], _ prefix: String) throws -> [any Layer] {
      try descriptions.enumerated().map { index, description in
        let name = "\(prefix).\(index)"
        guard names.insert(name).inserted else {
          throw SparseError(
            .corruptFile,
            "two layers are called '\(name)'; branches need different names, and none 'backbone'.")
        }
        return try makeLayer(description, name)
      }
    }
    return try Network(
      inputSize: inputSize, backbone: layers(backbone, "backbone"),
      branches: branches.map {
        Branch(
          name: $0.name, position: $0.position, layers: try layers($0.layers, $0.name),
          task: $0.task, lossWeight: $0.lossWeight)
      }, handsOver: handsOver ?? false, outputTask: outputTask)
  }
}
